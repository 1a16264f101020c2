"""Accuracy of a binary model."""

import functools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from assay.errors import BinsMismatch, FormatUnreadable
from assay.stats.accuracy.binary import BINARY_METRICS, BinaryAccuracy
from assay.stats.accuracy.regression import RegressionAccuracy

ROWS = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40)


def of(
    actual: list[bool] | np.ndarray, score: list[float] | np.ndarray, threshold: float = 0.5, **options: object
) -> BinaryAccuracy:
    return BinaryAccuracy.of(actual, score, threshold=threshold, **options)


def value(name: str, rows: BinaryAccuracy) -> float | None:
    return BINARY_METRICS[name](rows).value


@pytest.mark.parametrize("name", BINARY_METRICS)
def test_no_rows_leave_every_metric_undefined_with_a_reason(name: str) -> None:
    for rows in (BinaryAccuracy.empty(0.5), of([], [])):
        estimate = BINARY_METRICS[name](rows)
        assert estimate.value is None
        assert estimate.n == 0
        assert estimate.reason


@pytest.mark.parametrize("name", BINARY_METRICS)
@pytest.mark.parametrize("actual", [True, False])
def test_one_row_gives_a_finite_number_or_a_reason(name: str, *, actual: bool) -> None:
    for score in (0.0, 0.3, 1.0):
        estimate = BINARY_METRICS[name](of([actual], [score]))
        numbers = [x for x in (estimate.value, estimate.low, estimate.high) if x is not None]
        assert all(map(math.isfinite, numbers))
        assert (estimate.value is None) == bool(estimate.reason)


def test_metrics_that_need_both_classes_are_undefined_with_one() -> None:
    rows = of([False] * 50, np.linspace(0, 1, 50))
    undefined = {name for name in BINARY_METRICS if value(name, rows) is None}
    assert undefined == {
        "AUC",
        "Gini Norm",
        "Kolmogorov-Smirnov",
        "Max MCC",
        "Area Under PR Curve",
        "Balanced Accuracy",
        "FVE Binomial",
        "MCC",
        "TPR",
    }


def test_a_score_at_the_threshold_is_predicted_positive() -> None:
    rows = of([True, False], [0.3, 0.3 - 1e-12], threshold=0.3)
    assert rows.predicted_positive == 1
    assert rows.confusion.true_positive.rows == 1


def test_counts_and_means_by_hand() -> None:
    rows = of([True, False, True, False], [0.9, 0.8, 0.2, 0.1])
    assert (rows.n, rows.actual_positive, rows.predicted_positive) == (4, 2, 2)
    assert (rows.mean_predicted, rows.mean_actual) == (0.5, 0.5)
    assert BinaryAccuracy.empty(0.5).mean_actual is None
    assert BinaryAccuracy.empty(0.5).mean_predicted is None


def test_log_loss_by_hand_in_natural_logarithms() -> None:
    assert value("LogLoss", of([True, False], [0.5, 0.5])) == pytest.approx(math.log(2), rel=1e-14)
    assert value("LogLoss", of([True, False], [0.8, 0.4])) == pytest.approx(-math.log(0.8 * 0.6) / 2, rel=1e-14)


def test_scores_of_zero_and_one_on_the_wrong_side_cost_a_finite_loss() -> None:
    found = value("LogLoss", of([True, False, True, False], [0.0, 1.0, 1.0, 0.0]))
    # 1 - 1e-15 is 0.999000799... of 1e-15 away from 1 in doubles: each wrong row costs about 34.54.
    assert found == pytest.approx(17.269588096812893, rel=1e-12)


@given(ROWS)
def test_log_loss_agrees_with_fifty_digits(rows: list[tuple[bool, float]]) -> None:
    with mp.workdps(50):
        total = mp.mpf(0)
        for actual, score in rows:
            p = mp.mpf(min(max(score, 1e-15), 1 - 1e-15))
            total -= mp.log(p if actual else 1 - p)
        expected = float(total / len(rows))
    found = of([a for a, _ in rows], [s for _, s in rows])
    assert value("LogLoss", found) == pytest.approx(expected, rel=1e-12)


@given(ROWS)
def test_brier_agrees_with_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    actual, score = [a for a, _ in rows], [s for _, s in rows]
    expected = metrics.brier_score_loss([*actual, True, False], [*score, 1.0, 0.0])
    found = value("Brier", of([*actual, True, False], [*score, 1.0, 0.0]))
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_explained_share_is_zero_for_the_base_rate_and_one_for_the_truth() -> None:
    assert value("FVE Binomial", of([True, False, False, False], [0.25] * 4)) == pytest.approx(0, abs=1e-14)
    assert value("FVE Binomial", of([True, False], [1.0, 0.0])) == pytest.approx(1, abs=1e-13)
    assert value("FVE Binomial", of([True, False], [0.1, 0.9])) < 0


def test_whole_weights_are_the_same_as_repeated_rows() -> None:
    random = np.random.default_rng(0)
    score, weights = np.round(random.random(200), 2), random.integers(0, 4, 200)
    actual = random.random(200) < score
    weighted = of(actual, score, weights=weights)
    repeated = of(np.repeat(actual, weights), np.repeat(score, weights))
    for name in BINARY_METRICS:
        assert value(name, weighted) == pytest.approx(value(name, repeated), rel=1e-12), name


def test_rows_of_weight_zero_do_not_exist() -> None:
    with_zero = of([True, False, True], [0.9, 0.1, math.nan], weights=[1, 1, 0])
    assert with_zero == of([True, False], [0.9, 0.1])


def test_scores_that_are_missing_or_infinite_are_left_out_and_counted() -> None:
    rows = of([True, False, True, True], [0.9, math.nan, math.inf, -math.inf])
    assert (rows.n, rows.excluded) == (1, 3)
    assert rows.merge(rows).excluded == 6


def test_accuracy_at_different_thresholds_does_not_merge() -> None:
    with pytest.raises(BinsMismatch, match=r"threshold 0\.5 cannot be merged .* 0\.4"):
        BinaryAccuracy.empty(0.5).merge(BinaryAccuracy.empty(0.4))


def test_any_split_gives_every_metric_of_the_whole() -> None:
    random = np.random.default_rng(0)
    score = random.random(1000)
    actual = random.random(1000) < score
    whole = of(actual, score)
    for size in (1, 333, 999):
        parts = [of(actual[i : i + size], score[i : i + size]) for i in range(0, 1000, size)]
        together = functools.reduce(BinaryAccuracy.merge, parts)
        assert together.scores == whole.scores
        assert together.confusion == whole.confusion
        for name in BINARY_METRICS:
            assert value(name, together) == pytest.approx(value(name, whole), rel=1e-12), name


def test_metrics_at_the_threshold_stay_exact_beyond_100000_scores() -> None:
    random = np.random.default_rng(0)
    score = random.random(120_000)
    actual = random.random(120_000) < score
    rows = of(actual, score, threshold=0.4321)
    assert not rows.scores.exact
    assert value("TPR", rows) == (actual & (score >= 0.4321)).sum() / actual.sum()
    assert BINARY_METRICS["LogLoss"](rows).bound == 0.0
    assert value("LogLoss", rows) == pytest.approx(metrics.log_loss(actual, score), rel=1e-12)
    assert BINARY_METRICS["AUC"](rows).bound > 0.0


@pytest.mark.parametrize("n", [0, 1, 50])
def test_stored_accuracy_reads_back_equal(n: int) -> None:
    random = np.random.default_rng(0)
    rows = of(random.random(n) < 0.4, random.random(n), threshold=0.3, weights=random.random(n))
    assert BinaryAccuracy.from_bytes(rows.to_bytes()) == rows


def test_stored_cells_read_back_as_cells_and_merge_on() -> None:
    random = np.random.default_rng(0)
    rows = of(random.random(100_500) < 0.4, random.random(100_500))
    again = BinaryAccuracy.from_bytes(rows.to_bytes())
    assert again == rows
    assert again.merge(of([True], [0.5])) == rows.merge(of([True], [0.5]))


def test_equal_rows_are_stored_as_equal_bytes() -> None:
    assert of([True, False], [0.0, 0.5]).to_bytes() == of([True, False], [-0.0, 0.5]).to_bytes()


def test_other_bytes_are_refused_in_words() -> None:
    with pytest.raises(FormatUnreadable, match="regression accuracy where a binary accuracy was expected"):
        BinaryAccuracy.from_bytes(RegressionAccuracy.empty().to_bytes())
