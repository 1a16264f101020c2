"""Accuracy of a multiclass model."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from assay.errors import BinsMismatch, FormatUnreadable
from assay.stats.accuracy.binary import BinaryAccuracy
from assay.stats.accuracy.multiclass import MULTICLASS_METRICS, MulticlassAccuracy, auc_by_class, macro_auc
from assay.stats.intervals import wilson

CLASSES = ("a", "b", "c")
ROWS = st.lists(st.tuples(st.integers(0, 2), *[st.integers(1, 5)] * 3), min_size=1, max_size=40)


def of(actual: object, chances: object, classes: tuple[str, ...] = CLASSES, **options: object) -> MulticlassAccuracy:
    return MulticlassAccuracy.of(actual, chances, classes=classes, **options)


def of_rows(rows: list[tuple[int, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Actual positions and probabilities with many ties, from small whole numbers."""
    table = np.array(rows, dtype=float)
    return table[:, 0].astype(int), table[:, 1:] / table[:, 1:].sum(axis=1, keepdims=True)


def value(name: str, rows: MulticlassAccuracy) -> float | None:
    return MULTICLASS_METRICS[name](rows).value


@pytest.mark.parametrize("name", MULTICLASS_METRICS)
def test_no_rows_leave_every_metric_undefined_with_a_reason(name: str) -> None:
    estimate = MULTICLASS_METRICS[name](MulticlassAccuracy.empty(CLASSES))
    assert (estimate.value, estimate.n, estimate.reason) == (None, 0, "there are no rows")


def test_metrics_by_hand() -> None:
    rows = of([0, 0, 1, 2], [[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.1, 0.8, 0.1], [0.25, 0.25, 0.5]])
    assert rows.table.rows.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert value("Accuracy", rows) == 0.75
    assert value("Balanced Accuracy", rows) == pytest.approx((0.5 + 1 + 1) / 3)
    assert value("LogLoss", rows) == pytest.approx(-math.log(0.8 * 0.2 * 0.8 * 0.5) / 4)
    assert value("Macro F1", rows) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert value("Brier", rows) == pytest.approx((0.06 + 1.04 + 0.06 + 0.375) / 4)
    entropy = -(0.5 * math.log(0.5) + 2 * 0.25 * math.log(0.25))
    assert value("FVE Multinomial", rows) == pytest.approx(1 - value("LogLoss", rows) / entropy)


def test_of_equal_probabilities_the_first_class_is_predicted() -> None:
    assert of([0], [[0.2, 0.4, 0.4]]).predicted_counts == {"a": 0, "b": 1, "c": 0}


def test_counts_by_class_are_whole_rows_even_when_weighted() -> None:
    rows = of([0, 1], [[0.8, 0.1, 0.1]] * 2, weights=[0.5, 2.5])
    assert rows.actual_counts == {"a": 1, "b": 1, "c": 0}
    assert rows.predicted_counts == {"a": 2, "b": 0, "c": 0}
    assert value("Accuracy", rows) == pytest.approx(0.5 / 3)


def test_one_class_only_leaves_ranking_undefined() -> None:
    rows = of([1, 1], [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    assert {name for name in MULTICLASS_METRICS if value(name, rows) is None} == {"AUC", "FVE Multinomial", "MCC"}
    assert MULTICLASS_METRICS["AUC"](rows).reason == "all rows are of one class"


def test_an_absent_class_is_left_out_of_the_averages() -> None:
    random = np.random.default_rng(0)
    actual, chances = random.integers(0, 2, 60), random.dirichlet([1, 1, 1], 60)
    rows = of(actual, chances)
    areas = auc_by_class(rows)
    assert areas["c"].reason == "the class never occurs"
    assert macro_auc(rows).value == pytest.approx((areas["a"].value + areas["b"].value) / 2)
    assert value("Balanced Accuracy", rows) == pytest.approx(
        metrics.recall_score(actual, chances.argmax(1), labels=[0, 1], average="macro")
    )


def test_a_class_that_always_occurs_has_nothing_to_be_ranked_against() -> None:
    assert auc_by_class(of([0], [[0.5, 0.3, 0.2]]))["a"].reason == "no other class occurs"


@given(ROWS)
def test_metrics_agree_with_scikit_learn(rows: list[tuple[int, ...]]) -> None:
    actual, chances = of_rows([*rows, (0, 1, 2, 3), (1, 3, 1, 1), (2, 1, 1, 2)])
    found, predicted = of(actual, chances), chances.argmax(axis=1)
    expected = {
        "Accuracy": metrics.accuracy_score(actual, predicted),
        "Balanced Accuracy": metrics.balanced_accuracy_score(actual, predicted),
        "Macro F1": metrics.f1_score(actual, predicted, labels=[0, 1, 2], average="macro", zero_division=0),
        "LogLoss": metrics.log_loss(actual, chances, labels=[0, 1, 2]),
        "AUC": metrics.roc_auc_score(actual, chances, multi_class="ovr", average="weighted"),
    }
    for name, want in expected.items():
        assert value(name, found) == pytest.approx(want, rel=1e-10), name
    assert macro_auc(found).value == pytest.approx(
        metrics.roc_auc_score(actual, chances, multi_class="ovr", average="macro"), rel=1e-10
    )
    if value("MCC", found) is not None:
        assert value("MCC", found) == pytest.approx(metrics.matthews_corrcoef(actual, predicted), abs=1e-12)


@given(ROWS)
def test_two_classes_agree_with_the_binary_accuracy(rows: list[tuple[int, ...]]) -> None:
    actual, chances = of_rows([(a % 2, p, q) for a, p, q, _ in rows])
    two = of(actual, chances, classes=("no", "yes"))
    binary = BinaryAccuracy.of(actual == 1, chances[:, 1], threshold=0.5 + 1e-12)
    assert two.n == binary.n
    assert two.log_loss.mean == pytest.approx(binary.log_loss.mean, rel=1e-10)
    assert two.scores[1] == binary.scores.__class__.of(
        actual == 1, chances[:, 1], np.ones(len(rows)), limit=two.scores[1].limit
    )


def test_accuracy_carries_wilsons_interval() -> None:
    estimate = MULTICLASS_METRICS["Accuracy"](of([0, 0, 1], [[0.8, 0.1, 0.1]] * 3))
    assert (estimate.low, estimate.high) == pytest.approx(wilson(2, 3))


def test_balanced_accuracy_keeps_an_interval_with_width_when_perfect() -> None:
    estimate = MULTICLASS_METRICS["Balanced Accuracy"](of([0, 1], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]]))
    assert estimate.value == estimate.high == 1.0
    assert estimate.low < 1.0


def test_probabilities_of_zero_and_one_on_the_wrong_side_cost_a_finite_loss() -> None:
    assert value("LogLoss", of([0], [[0.0, 1.0, 0.0]])) == pytest.approx(-math.log(1e-15))


def test_rows_that_cannot_be_used_are_left_out_and_counted() -> None:
    rows = of([0, 3, -1, 1], [[0.8, 0.1, 0.1]] * 3 + [[0.5, math.nan, 0.5]])
    assert (rows.n, rows.excluded) == (1, 3)


def test_accuracy_over_different_classes_does_not_merge() -> None:
    with pytest.raises(BinsMismatch, match="cannot be merged with accuracy over"):
        MulticlassAccuracy.empty(CLASSES).merge(MulticlassAccuracy.empty(("a", "c", "b")))


def test_many_classes_share_the_memory_for_exact_scores() -> None:
    assert MulticlassAccuracy.empty(tuple(map(str, range(50)))).scores[0].limit == 2_000
    assert MulticlassAccuracy.empty(tuple(map(str, range(500)))).scores[0].limit == 1_000


def test_beyond_the_limit_the_stated_bound_holds() -> None:
    random = np.random.default_rng(0)
    chances = random.dirichlet([1, 1, 1], 40_000)
    actual = (random.random((40_000, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    estimate = MULTICLASS_METRICS["AUC"](of(actual, chances))
    assert 0 < estimate.bound < 0.01
    expected = metrics.roc_auc_score(actual, chances, multi_class="ovr", average="weighted")
    assert abs(estimate.value - expected) <= estimate.bound


def test_any_split_gives_every_metric_of_the_whole() -> None:
    random = np.random.default_rng(0)
    actual, chances = random.integers(0, 3, 500), random.dirichlet([1, 1, 1], 500)
    whole = of(actual, chances)
    parts = functools.reduce(
        MulticlassAccuracy.merge, (of(actual[i : i + 90], chances[i : i + 90]) for i in range(0, 500, 90))
    )
    assert parts.scores == whole.scores
    for name in MULTICLASS_METRICS:
        assert value(name, parts) == pytest.approx(value(name, whole), rel=1e-12), name


@pytest.mark.parametrize("n", [0, 1, 30])
def test_stored_accuracy_reads_back_equal(n: int) -> None:
    random = np.random.default_rng(0)
    rows = of(random.integers(0, 3, n), random.dirichlet([1, 1, 1], n), weights=random.random(n))
    assert MulticlassAccuracy.from_bytes(rows.to_bytes()) == rows


def test_other_bytes_are_refused_in_words() -> None:
    with pytest.raises(FormatUnreadable, match="binary accuracy where a multiclass accuracy was expected"):
        MulticlassAccuracy.from_bytes(BinaryAccuracy.empty(0.5).to_bytes())
