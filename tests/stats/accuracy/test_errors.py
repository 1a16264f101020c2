"""Standard errors by the delta method agree with resampled rows."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import special

from assay.stats.accuracy import METRICS, Accuracy, BinaryAccuracy, MulticlassAccuracy, RegressionAccuracy
from assay.stats.accuracy.class_table import ClassTable, matthews
from assay.stats.accuracy.comoments import Comoments
from assay.stats.accuracy.confusion import Confusion
from assay.stats.accuracy.confusion import matthews as matthews_of_two

ROWS, RESAMPLES = 1500, 200
CLASSES = ("a", "b", "c")


def binary() -> Callable[[np.ndarray], Accuracy]:
    random = np.random.default_rng(1)
    truth = random.normal(-1, 1.2, ROWS)
    actual, score = random.random(ROWS) < special.expit(truth), special.expit(1.3 * truth).round(2)
    return lambda rows: BinaryAccuracy.of(actual[rows], score[rows], threshold=0.5)


def multiclass() -> Callable[[np.ndarray], Accuracy]:
    random = np.random.default_rng(2)
    logits = random.normal([0.5, 0.0, -0.5], 1.2, (ROWS, 3))
    actual = (random.random((ROWS, 1)) > np.cumsum(special.softmax(logits, axis=1), axis=1)[:, :2]).sum(axis=1)
    given = special.softmax(1.3 * logits, axis=1)
    return lambda rows: MulticlassAccuracy.of(actual[rows], given[rows], classes=CLASSES)


def regression() -> Callable[[np.ndarray], Accuracy]:
    random = np.random.default_rng(3)
    predicted = random.gamma(2, 10, ROWS) + 1
    actual = predicted * random.gamma(3, 1 / 3, ROWS)
    return lambda rows: RegressionAccuracy.of(actual[rows], predicted[rows])


# The bootstrap knows a standard error to 5 %; the bound allows four times that.
@pytest.mark.parametrize(
    ("kind", "of", "names"),
    [
        ("Binary", binary, ("Kolmogorov-Smirnov", "Max MCC", "Area Under PR Curve", "FVE Binomial", "AUC", "MCC")),
        ("Multiclass", multiclass, ("Macro F1", "MCC", "FVE Multinomial", "Balanced Accuracy")),
        ("Regression", regression, ("R Squared", "FVE Poisson", "FVE Gamma", "FVE Tweedie", "RMSE")),
    ],
)
def test_errors_agree_with_the_bootstrap(kind: str, of: Callable[..., object], names: tuple[str, ...]) -> None:
    rows_of, random = of(), np.random.default_rng(0)
    whole = rows_of(np.arange(ROWS))
    parts = [rows_of(random.integers(ROWS, size=ROWS)) for _ in range(RESAMPLES)]
    for name in names:
        metric = METRICS[kind][name]
        resampled = np.std([metric(part).value for part in parts], ddof=1)
        assert metric(whole).standard_error == pytest.approx(resampled, rel=0.2), name


def test_the_multiclass_auc_interval_is_not_too_narrow() -> None:
    rows_of, random = multiclass(), np.random.default_rng(0)
    metric = METRICS["Multiclass"]["AUC"]
    resampled = np.std([metric(rows_of(random.integers(ROWS, size=ROWS))).value for _ in range(RESAMPLES)])
    assert resampled <= metric(rows_of(np.arange(ROWS))).standard_error <= 1.6 * resampled


def test_matthews_of_two_classes_has_the_error_of_phi() -> None:
    random = np.random.default_rng(0)
    actual = random.random(300) < 0.4
    predicted = actual ^ (random.random(300) < 0.2)
    table = matthews(ClassTable.of(2, actual.astype(int), predicted.astype(int), np.ones(300)))
    phi = matthews_of_two(Confusion.of(actual, predicted, np.ones(300)))
    assert (table.value, table.low, table.high) == pytest.approx((phi.value, phi.low, phi.high), rel=1e-9)


@pytest.mark.parametrize(
    ("kind", "name", "rows"),
    [
        ("Multiclass", "Macro F1", MulticlassAccuracy.of([0, 1], [[0.9, 0.1], [0.1, 0.9]], classes=("a", "b"))),
        ("Multiclass", "MCC", MulticlassAccuracy.of([0, 1], [[0.9, 0.1], [0.1, 0.9]], classes=("a", "b"))),
        ("Binary", "Max MCC", BinaryAccuracy.of([True, False], [0.9, 0.1], threshold=0.5)),
        ("Binary", "Area Under PR Curve", BinaryAccuracy.of([True, False], [0.9, 0.1], threshold=0.5)),
        ("Regression", "R Squared", RegressionAccuracy.of([1.0, 2.0, 4.0], [1.0, 2.0, 4.0])),
        # So far from 0 in its own unit that squares share all their digits.
        ("Regression", "R Squared", RegressionAccuracy.of([1e9, 1e9 + 1, 1e9 + 3], [1e9, 1e9 + 2, 1e9 + 3])),
    ],
)
def test_where_no_error_is_to_be_had_there_is_a_value_and_no_interval(kind: str, name: str, rows: Accuracy) -> None:
    found = METRICS[kind][name](rows)
    assert found.value is not None
    assert (found.low, found.high) == (None, None)


def test_perfect_scores_still_have_an_interval_of_their_distance() -> None:
    found = METRICS["Binary"]["Kolmogorov-Smirnov"](
        BinaryAccuracy.of([True] * 9 + [False] * 9, [1] * 9 + [0] * 9, threshold=1)
    )
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.4 < found.low < 0.9


def test_comoments_of_numbers_beyond_a_double_have_no_variance() -> None:
    assert Comoments.of(np.array([[1e300, 1.0], [-1e300, 2.0]]), np.ones(2)).variance([1.0, 1.0]) is None
    assert Comoments.empty(2).variance([1.0, 1.0]) is None
