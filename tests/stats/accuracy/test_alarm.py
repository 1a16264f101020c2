"""A loss of accuracy is an alarm when it is real and big."""

import math

import numpy as np
import pytest
from scipy import stats

from assay.errors import Invalid
from assay.stats.accuracy import HIGHER_IS_BETTER, METRICS, BinaryAccuracy
from assay.stats.accuracy.alarm import AccuracyRule, AccuracyStatus, accuracy_change
from assay.stats.estimate import Estimate
from assay.stats.intervals import Z95


def around(value: float, error: float, n: int = 1000) -> Estimate:
    """An estimate with this standard error on both sides."""
    return Estimate(value, n, value - Z95 * error, value + Z95 * error)


def test_z_and_p_by_hand() -> None:
    change = accuracy_change("Accuracy", around(0.70, 0.03), around(0.80, 0.04))
    assert change.z == pytest.approx(0.10 / 0.05)
    assert change.p == pytest.approx(stats.norm.sf(2.0))
    assert (change.worse_by, change.worse_percent) == pytest.approx((0.10, 12.5))
    assert (change.real, change.big, change.status) == (False, True, AccuracyStatus.PASSING)


@pytest.mark.parametrize(
    ("metric", "value", "status"),
    [("AUC", 0.6, "failing"), ("AUC", 1.0, "passing"), ("LogLoss", 0.6, "passing"), ("LogLoss", 1.0, "failing")],
)
def test_the_metric_says_which_way_is_worse(metric: str, value: float, status: str) -> None:
    assert accuracy_change(metric, around(value, 0.01), around(0.8, 0.01)).status == status


@pytest.mark.parametrize(("value", "status"), [(-3.0, "failing"), (3.0, "failing"), (-0.1, "passing")])
def test_mean_error_is_worse_the_further_it_is_from_zero(value: float, status: str) -> None:
    assert accuracy_change("Mean Error", around(value, 0.1), around(1.0, 0.1)).status == status


def test_a_real_but_small_loss_passes() -> None:
    change = accuracy_change("AUC", around(0.79, 1e-4), around(0.80, 1e-4))
    assert (change.real, change.big, change.status) == (True, False, AccuracyStatus.PASSING)


def test_a_warning_step_lies_below_failing() -> None:
    rule = AccuracyRule(warning=1.0)
    assert accuracy_change("AUC", around(0.79, 1e-4), around(0.80, 1e-4), rule).status is AccuracyStatus.WARNING
    assert accuracy_change("AUC", around(0.70, 1e-4), around(0.80, 1e-4), rule).status is AccuracyStatus.FAILING


def test_thresholds_may_be_in_the_unit_of_the_metric() -> None:
    rule = AccuracyRule(measurement="value", failing=0.5)
    assert accuracy_change("RMSE", around(10.4, 0.01), around(10, 0.01), rule).status is AccuracyStatus.PASSING
    assert accuracy_change("RMSE", around(10.6, 0.01), around(10, 0.01), rule).status is AccuracyStatus.FAILING


def test_percent_of_zero_is_unknown_and_says_what_to_do() -> None:
    change = accuracy_change("R Squared", around(-0.5, 0.01), around(0.0, 0.01))
    assert change.status is AccuracyStatus.UNKNOWN
    assert "measure by value" in change.reason
    rule = AccuracyRule(measurement="value", failing=0.1)
    assert accuracy_change("R Squared", around(-0.5, 0.01), around(0.0, 0.01), rule).status is AccuracyStatus.FAILING


def test_without_a_value_the_status_is_unknown_with_the_reason() -> None:
    nothing = Estimate.undefined("there are no rows")
    assert accuracy_change("AUC", nothing, around(0.8, 0.1)).reason == "there are no rows"
    change = accuracy_change("AUC", around(0.8, 0.1), nothing)
    assert (change.status, change.p) == (AccuracyStatus.UNKNOWN, None)
    assert change.reason == "the baseline has no value: there are no rows"


def test_a_big_loss_without_a_standard_error_is_unknown_and_a_gain_passes() -> None:
    change = accuracy_change("ECE", Estimate(0.5, 1000), Estimate(0.1, 1000))
    assert (change.status, change.p) == (AccuracyStatus.UNKNOWN, None)
    assert accuracy_change("ECE", Estimate(0.1, 1000), Estimate(0.5, 1000)).status is AccuracyStatus.PASSING


def test_few_rows_have_no_verdict() -> None:
    change = accuracy_change("AUC", around(0.1, 1e-4, n=9), around(0.8, 1e-4))
    assert (change.status, change.reason) == (AccuracyStatus.UNKNOWN, "9 rows are too few, 10 are needed")


def test_the_error_of_a_skewed_interval_is_taken_from_the_side_that_faces_the_other_value() -> None:
    current, baseline = Estimate(0.9, 100, 0.5, 0.92), Estimate(0.99, 100, 0.97, 1.0)
    change = accuracy_change("Accuracy", current, baseline)
    assert change.z == pytest.approx(0.09 / (math.hypot(0.02, 0.02) / Z95))


def test_equal_values_are_no_loss() -> None:
    change = accuracy_change("AUC", around(0.8, 0.01), around(0.8, 0.01))
    assert (change.z, change.p, change.status) == (0.0, 0.5, AccuracyStatus.PASSING)


@pytest.mark.parametrize("options", [{"alpha": 0.0}, {"alpha": 1.5}, {"measurement": "both"}, {"failing": -1.0}])
def test_a_rule_that_makes_no_sense_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        AccuracyRule(**options)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(Invalid, match="Whether more is better is not known of 'Luck'"):
        accuracy_change("Luck", around(0.5, 0.1), around(0.5, 0.1))


def test_every_metric_can_be_judged() -> None:
    known = {name for metrics in METRICS.values() for name in metrics}
    assert known <= {*HIGHER_IS_BETTER, "Mean Error"}


def test_clean_batches_are_rarely_called_real() -> None:
    random = np.random.default_rng(0)

    def rows(n: int) -> BinaryAccuracy:
        score = random.random(n)
        return BinaryAccuracy.of(random.random(n) < score, score, threshold=0.5)

    names = ("AUC", "Accuracy", "F1", "LogLoss", "Area Under PR Curve", "Max MCC", "FVE Binomial")
    metrics = METRICS["Binary"]
    real = 0
    for _ in range(100):
        one, other = rows(1000), rows(200)
        real += sum(bool(accuracy_change(name, metrics[name](other), metrics[name](one)).real) for name in names)
    # 700 looks at alpha 0.01; those of one batch go together, hence the room.
    assert real <= 25
