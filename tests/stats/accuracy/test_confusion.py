"""Rates at a fixed threshold."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from sklearn import metrics

from assay.stats.accuracy import confusion
from assay.stats.accuracy.confusion import Confusion
from assay.stats.accuracy.tally import Tally
from assay.stats.estimate import Estimate
from assay.stats.intervals import Z95, wilson

RATES: dict[str, Callable[[Confusion], Estimate]] = {
    "accuracy": confusion.accuracy,
    "true_positive_rate": confusion.true_positive_rate,
    "false_positive_rate": confusion.false_positive_rate,
    "true_negative_rate": confusion.true_negative_rate,
    "positive_predictive_value": confusion.positive_predictive_value,
    "negative_predictive_value": confusion.negative_predictive_value,
    "balanced_accuracy": confusion.balanced_accuracy,
    "f1": confusion.f1,
    "matthews": confusion.matthews,
}


def table(tp: int = 0, fp: int = 0, tn: int = 0, fn: int = 0) -> Confusion:
    return Confusion(*(Tally(k, float(k), float(k)) for k in (tp, fp, tn, fn)))


@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
def test_no_rows_have_no_rate_and_a_reason(rate: Callable[[Confusion], Estimate]) -> None:
    estimate = rate(Confusion.empty())
    assert estimate.value is None
    assert estimate.reason


def test_rates_by_hand() -> None:
    counts = table(tp=6, fp=2, tn=10, fn=2)
    values = {name: rate(counts).value for name, rate in RATES.items()}
    assert values == pytest.approx(
        {
            "accuracy": 16 / 20,
            "true_positive_rate": 6 / 8,
            "false_positive_rate": 2 / 12,
            "true_negative_rate": 10 / 12,
            "positive_predictive_value": 6 / 8,
            "negative_predictive_value": 10 / 12,
            "balanced_accuracy": (6 / 8 + 10 / 12) / 2,
            "f1": 12 / 16,
            "matthews": (6 * 10 - 2 * 2) / math.sqrt(8 * 8 * 12 * 12),
        }
    )


def test_a_rate_rests_on_the_rows_of_its_denominator() -> None:
    counts = table(tp=6, fp=2, tn=10, fn=2)
    assert confusion.true_positive_rate(counts).n == 8
    assert confusion.true_negative_rate(counts).n == 12
    assert confusion.positive_predictive_value(counts).n == 8
    assert confusion.accuracy(counts).n == 20


@pytest.mark.parametrize(
    ("counts", "undefined"),
    [
        (table(fp=3, tn=4), {"true_positive_rate", "balanced_accuracy", "matthews"}),
        (
            table(tp=3, fn=4),
            {"false_positive_rate", "true_negative_rate", "balanced_accuracy", "matthews"},
        ),
        (table(tn=3, fn=4), {"positive_predictive_value", "matthews"}),
        (table(tp=3, fp=4), {"negative_predictive_value", "matthews"}),
        (table(tn=5), {"true_positive_rate", "positive_predictive_value", "balanced_accuracy", "f1", "matthews"}),
    ],
)
def test_an_empty_denominator_is_undefined_and_nothing_else(counts: Confusion, undefined: set[str]) -> None:
    assert {name for name, rate in RATES.items() if rate(counts).value is None} == undefined


def test_reasons_name_what_is_missing() -> None:
    assert confusion.true_positive_rate(table(tn=1)).reason == "no row is actually positive"
    assert confusion.balanced_accuracy(table(tp=1)).reason == "no row is actually negative"
    assert confusion.positive_predictive_value(table(tn=1)).reason == "no row was predicted positive"
    assert confusion.matthews(table(tn=1, fn=1)).reason == "all rows are of one class, predicted or actually"


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 3)), min_size=4, max_size=40))
def test_rates_agree_with_scikit_learn(rows: list[tuple[bool, bool, int]]) -> None:
    actual, predicted = [True, False, True, False], [True, True, False, False]
    weights = [1.0, 1.0, 1.0, 1.0]
    for a, p, w in rows:
        actual.append(a), predicted.append(p), weights.append(float(w))
    counts = Confusion.of(np.array(actual), np.array(predicted), np.array(weights))
    by_sklearn = {
        "accuracy": metrics.accuracy_score,
        "true_positive_rate": metrics.recall_score,
        "positive_predictive_value": metrics.precision_score,
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "f1": metrics.f1_score,
        "matthews": metrics.matthews_corrcoef,
    }
    for name, score in by_sklearn.items():
        expected = score(actual, predicted, sample_weight=weights)
        assert RATES[name](counts).value == pytest.approx(expected, rel=1e-12, abs=1e-12), name


def test_simple_rates_carry_wilsons_interval() -> None:
    estimate = confusion.true_positive_rate(table(tp=3, fn=7, tn=5))
    assert (estimate.low, estimate.high) == pytest.approx(wilson(3, 10), rel=1e-12)


def test_weighted_rates_carry_the_interval_of_their_effective_rows() -> None:
    weights = np.array([3.0, 1.0, 1.0, 1.0])
    counts = Confusion.of(np.array([True] * 4), np.array([True, False, False, False]), weights)
    estimate = confusion.true_positive_rate(counts)
    effective = 36 / 12
    assert estimate.value == 0.5
    assert (estimate.low, estimate.high) == pytest.approx(wilson(0.5 * effective, effective), rel=1e-12)


def test_interval_of_balanced_accuracy_by_hand() -> None:
    estimate = confusion.balanced_accuracy(table(tp=8, fn=2, tn=5, fp=5))
    (low_p, high_p), (low_n, high_n) = wilson(8, 10), wilson(5, 10)
    assert estimate.low == pytest.approx(0.65 - math.hypot(0.8 - low_p, 0.5 - low_n) / 2)
    assert estimate.high == pytest.approx(0.65 + math.hypot(high_p - 0.8, high_n - 0.5) / 2)


def test_perfect_rates_keep_an_interval_with_width() -> None:
    counts = table(tp=10, tn=10)
    for name in set(RATES) - {"matthews"}:
        estimate = RATES[name](counts)
        ends = (estimate.low, estimate.high)
        assert estimate.value in ends
        assert ends[0] < ends[1]


def test_a_perfect_matthews_has_no_interval_rather_than_one_without_width() -> None:
    estimate = confusion.matthews(table(tp=10, tn=10))
    assert (estimate.value, estimate.low, estimate.high) == (1.0, None, None)


@given(st.tuples(*[st.integers(1, 200)] * 4))
def test_interval_of_matthews_is_that_of_the_delta_method(cells: tuple[int, int, int, int]) -> None:
    tp, fp, tn, fn = cells
    n = sum(cells)
    estimate = confusion.matthews(table(tp, fp, tn, fn))

    def phi(p: np.ndarray) -> float:
        a, b, c, d = p
        return (a * c - b * d) / math.sqrt((a + b) * (a + d) * (c + b) * (c + d))

    shares = np.array(cells) / n
    gradient = optimize.approx_fprime(shares, phi, 1e-8)
    variance = (shares * gradient**2).sum() - (shares * gradient).sum() ** 2
    half = Z95 * math.sqrt(max(variance, 0.0) / n)
    assert estimate.low == pytest.approx(max(-1.0, estimate.value - half), abs=1e-5)
    assert estimate.high == pytest.approx(min(1.0, estimate.value + half), abs=1e-5)


def test_interval_of_f1_holds_f1_and_stays_in_range() -> None:
    for cells in ((1, 0, 5, 0), (5, 3, 0, 2), (0, 2, 3, 1)):
        estimate = confusion.f1(table(*cells))
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
