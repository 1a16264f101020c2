"""Accuracy of a regression model."""

import functools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from assay.errors import FormatUnreadable
from assay.stats.accuracy.binary import BinaryAccuracy
from assay.stats.accuracy.regression import REGRESSION_METRICS, RegressionAccuracy, median_absolute_error

NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40)


def of(actual: object, predicted: object, **options: object) -> RegressionAccuracy:
    return RegressionAccuracy.of(actual, predicted, **options)


def value(name: str, rows: RegressionAccuracy) -> float | None:
    return REGRESSION_METRICS[name](rows).value


@pytest.mark.parametrize("name", REGRESSION_METRICS)
def test_no_rows_leave_every_metric_undefined_with_a_reason(name: str) -> None:
    estimate = REGRESSION_METRICS[name](RegressionAccuracy.empty())
    assert (estimate.value, estimate.n, estimate.reason) == (None, 0, "there are no rows")


def test_metrics_by_hand() -> None:
    rows = of([1.0, 2.0, 4.0], [2.0, 2.0, 2.0])  # errors 1, 0, -2
    assert {name: value(name, rows) for name in ("RMSE", "MAE", "MAD", "MAPE", "Mean Error")} == pytest.approx(
        {"RMSE": math.sqrt(5 / 3), "MAE": 1.0, "MAD": 1.0, "MAPE": 50.0, "Mean Error": -1 / 3}
    )
    assert value("R Squared", rows) == pytest.approx(1 - 5 / (14 / 3))
    assert value("RMSLE", rows) == pytest.approx(math.sqrt((math.log(3 / 2) ** 2 + math.log(3 / 5) ** 2) / 3))


def test_one_row_has_errors_but_no_variance_and_no_interval() -> None:
    rows = of([2.0], [2.5])
    assert value("RMSE", rows) == 0.5
    assert REGRESSION_METRICS["RMSE"](rows).low is None
    assert REGRESSION_METRICS["R Squared"](rows).reason == "one row has no variance"
    assert REGRESSION_METRICS["FVE Gamma"](rows).reason == "all actuals are equal"


@pytest.mark.parametrize("constant", [3.0, 0.1, 1e8 + 0.3])
def test_a_constant_actual_has_no_r_squared(constant: float) -> None:
    rows = of([constant] * 40, np.linspace(2, 4, 40))
    for name in ("R Squared", "FVE Poisson", "FVE Gamma", "FVE Tweedie"):
        assert REGRESSION_METRICS[name](rows).reason == "all actuals are equal", name


def test_zero_actuals_are_left_out_of_the_percentage_and_the_count_says_so() -> None:
    estimate = REGRESSION_METRICS["MAPE"](of([0.0, 4.0, 0.0], [1.0, 5.0, 2.0]))
    assert (estimate.value, estimate.n) == (25.0, 1)


def test_zeros_only_have_no_percentage() -> None:
    estimate = REGRESSION_METRICS["MAPE"](of([0.0, 0.0], [1.0, 2.0]))
    assert (estimate.value, estimate.reason) == (None, "every actual is zero")


@pytest.mark.parametrize(
    ("name", "actual", "predicted"),
    [
        ("RMSLE", [-1.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
        ("RMSLE", [1.0, 1.0, 1.0], [1.0, -1.5, 1.0]),
        ("Poisson Deviance", [1.0, -0.1, 1.0], [1.0, 1.0, 1.0]),
        ("Poisson Deviance", [1.0, 1.0, 1.0], [1.0, 0.0, 1.0]),
        ("Gamma Deviance", [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
        ("Tweedie Deviance", [0.0, 1.0, 1.0], [-1.0, 1.0, 1.0]),
        ("FVE Gamma", [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
    ],
)
def test_a_row_outside_the_domain_makes_the_metric_undefined_and_is_counted(
    name: str, actual: list[float], predicted: list[float]
) -> None:
    estimate = REGRESSION_METRICS[name](of(actual, predicted))
    assert estimate.value is None
    assert estimate.reason.startswith("1 of 3 rows ha")


def test_zero_actuals_are_inside_the_domain_of_poisson_and_tweedie() -> None:
    rows = of([0.0, 2.0], [1.0, 1.0])
    assert value("Poisson Deviance", rows) == pytest.approx(metrics.mean_poisson_deviance([0, 2], [1, 1]))
    assert value("Tweedie Deviance", rows) == pytest.approx(metrics.mean_tweedie_deviance([0, 2], [1, 1], power=1.5))


def test_perfect_predictions_have_no_error_and_an_interval_without_width() -> None:
    estimate = REGRESSION_METRICS["RMSE"](of([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]))
    assert (estimate.value, estimate.low, estimate.high) == (0.0, 0.0, 0.0)
    assert value("R Squared", of([1.0, 2.0], [1.0, 2.0])) == 1.0
    assert value("FVE Poisson", of([1.0, 2.0], [1.0, 2.0])) == 1.0


@given(ROWS)
def test_errors_agree_with_scikit_learn(rows: list[tuple[float, float]]) -> None:
    actual, predicted = [y for y, _ in rows], [p for _, p in rows]
    found = of(actual, predicted)
    assert value("RMSE", found) == pytest.approx(metrics.root_mean_squared_error(actual, predicted), rel=1e-12)
    assert value("MAE", found) == pytest.approx(metrics.mean_absolute_error(actual, predicted), rel=1e-12)
    if np.ptp(actual) > 0:
        assert value("R Squared", found) == pytest.approx(metrics.r2_score(actual, predicted), rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0.01, 1e6)), min_size=2, max_size=40))
def test_positive_values_agree_with_scikit_learn(rows: list[tuple[float, float]]) -> None:
    actual, predicted = [y for y, _ in rows], [p for _, p in rows]
    found = of(actual, predicted)
    assert value("MAPE", found) == pytest.approx(
        100 * metrics.mean_absolute_percentage_error(actual, predicted), rel=1e-11
    )
    assert value("RMSLE", found) == pytest.approx(
        metrics.root_mean_squared_log_error(actual, predicted), rel=1e-8, abs=1e-12
    )
    for name, power in (("Poisson", 1), ("Gamma", 2), ("Tweedie", 1.5)):
        expected = metrics.mean_tweedie_deviance(actual, predicted, power=power)
        assert value(f"{name} Deviance", found) == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(actual))
        if np.ptp(actual) > 1:
            expected = metrics.d2_tweedie_score(actual, predicted, power=power)
            assert value(f"FVE {name}", found) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(st.floats(-0.999, 1e12), st.floats(-0.999, 1e12))
def test_logarithmic_error_agrees_with_fifty_digits(y: float, p: float) -> None:
    with mp.workdps(50):
        expected = float(abs(mp.log1p(mp.mpf(p)) - mp.log1p(mp.mpf(y))))
    assert value("RMSLE", of([y], [p])) == pytest.approx(expected, rel=1e-12, abs=1e-150)


def test_an_offset_of_1e8_costs_no_digits_however_the_rows_are_split() -> None:
    random = np.random.default_rng(0)
    y = 1e8 + random.normal(0, 1, 400)
    p = y + random.normal(0, 0.1, 400)
    with mp.workdps(50):
        ys, ps = [mp.mpf(v) for v in y.tolist()], [mp.mpf(v) for v in p.tolist()]
        mean = mp.fsum(ys) / 400
        squared = mp.fsum((a - b) ** 2 for a, b in zip(ys, ps, strict=True))
        expected = float(1 - squared / mp.fsum((a - mean) ** 2 for a in ys))
        poisson = [mp.fsum(2 * (a * mp.log(a / b) - a + b) for a, b in zip(ys, ps, strict=True))]
        poisson.append(mp.fsum(2 * (a * mp.log(a / mean) - a + mean) for a in ys))
        explained = float(1 - poisson[0] / poisson[1])
    whole = of(y, p)
    parts = functools.reduce(RegressionAccuracy.merge, (of([a], [b]) for a, b in zip(y, p, strict=True)))
    for rows in (whole, parts):
        assert value("R Squared", rows) == pytest.approx(expected, rel=1e-12)
        assert value("FVE Poisson", rows) == pytest.approx(explained, rel=1e-10)


def test_rmse_interval_by_the_delta_method_by_hand() -> None:
    # squares 1, 9: mean 5, standard error sqrt(32 / 2) = 4; 1.96 * 4 / (2 sqrt 5)
    estimate = REGRESSION_METRICS["RMSE"](of([0.0, 0.0], [1.0, 3.0]))
    half = 1.959963984540054 * 4 / (2 * math.sqrt(5))
    assert (estimate.low, estimate.high) == pytest.approx((math.sqrt(5) - half, math.sqrt(5) + half))


def test_rmse_interval_does_not_fall_below_zero() -> None:
    assert REGRESSION_METRICS["RMSE"](of([0.0, 0.0], [9.0, 0.0], weights=[1.0, 20.0])).low == 0.0


def test_whole_weights_are_the_same_as_repeated_rows() -> None:
    random = np.random.default_rng(0)
    y, p, w = random.gamma(2, 2, 100), random.gamma(2, 2, 100), random.integers(0, 4, 100)
    weighted, repeated = of(y, p, weights=w), of(np.repeat(y, w), np.repeat(p, w))
    for name in REGRESSION_METRICS:
        assert value(name, weighted) == pytest.approx(value(name, repeated), rel=1e-11), name


def test_numbers_that_are_missing_or_infinite_are_left_out_and_counted() -> None:
    rows = of([1.0, math.nan, 3.0, math.inf], [1.0, 2.0, math.nan, 1.0])
    assert (rows.n, rows.excluded) == (1, 3)
    assert of([1.0, math.nan], [1.0, 1.0], weights=[1.0, 0.0]).excluded == 0


@pytest.mark.parametrize(
    ("actual", "predicted"),
    [
        ([1e308, -1e308, 2.0], [-1e308, 1e308, 3.0]),
        ([1e200, 2e200], [2e200, 1e200]),
        ([5e-324, 1e308], [1e308, 5e-324]),
        ([2.0, 2e-308], [1.0, 1e-308]),
    ],
)
def test_numbers_at_the_ends_of_a_double_give_a_finite_value_or_a_reason(
    actual: list[float], predicted: list[float]
) -> None:
    whole = of(actual, predicted)
    parts = functools.reduce(RegressionAccuracy.merge, (of([y], [p]) for y, p in zip(actual, predicted, strict=True)))
    for rows in (whole, parts):
        for name, metric in REGRESSION_METRICS.items():
            estimate = metric(rows)
            numbers = [x for x in (estimate.value, estimate.low, estimate.high) if x is not None]
            assert all(map(math.isfinite, numbers)), name
            assert (estimate.value is None) == bool(estimate.reason), name


def test_means_of_both_columns() -> None:
    rows = of([1.0, 2.0], [3.0, 5.0])
    assert (rows.mean_actual, rows.mean_predicted) == (1.5, 4.0)
    assert RegressionAccuracy.empty().mean_actual is None
    assert RegressionAccuracy.empty().mean_predicted is None


def test_median_of_the_errors() -> None:
    assert median_absolute_error([], []) is None
    assert median_absolute_error([1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 3.0, 6.0]) == 1.5


@pytest.mark.parametrize("n", [0, 1, 20])
def test_stored_accuracy_reads_back_equal(n: int) -> None:
    random = np.random.default_rng(0)
    rows = of(random.normal(1, 1, n), random.normal(1, 1, n), weights=random.random(n))
    assert RegressionAccuracy.from_bytes(rows.to_bytes()) == rows


def test_other_bytes_are_refused_in_words() -> None:
    with pytest.raises(FormatUnreadable, match="binary accuracy where a regression accuracy was expected"):
        RegressionAccuracy.from_bytes(BinaryAccuracy.empty(0.5).to_bytes())
