"""Accuracy before any actual is known."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from assay.errors import BinsMismatch, FormatUnreadable, Invalid
from assay.stats.accuracy.binary import BINARY_METRICS, BinaryAccuracy
from assay.stats.estimation import EXPECTED_METRICS, CalibrationMap, ExpectedAccuracy, accuracy_error

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def of(score: object, threshold: float = 0.5, **options: object) -> ExpectedAccuracy:
    return ExpectedAccuracy.of(score, threshold=threshold, **options)


def value(name: str, rows: ExpectedAccuracy) -> float | None:
    return EXPECTED_METRICS[name](rows).value


@pytest.mark.parametrize("name", EXPECTED_METRICS)
def test_no_rows_leave_every_metric_undefined_with_a_reason(name: str) -> None:
    estimate = EXPECTED_METRICS[name](ExpectedAccuracy.empty(0.5))
    assert (estimate.value, estimate.n, estimate.reason) == (None, 0, "there are no rows")


def test_expected_counts_by_hand() -> None:
    counts = of([0.9, 0.6, 0.2]).counts
    assert counts.true_positive == pytest.approx(1.5)
    assert counts.false_positive == pytest.approx(0.5)
    assert counts.false_negative == pytest.approx(0.2)
    assert counts.true_negative == pytest.approx(0.8)


def test_metrics_by_hand() -> None:
    rows = of([0.9, 0.6, 0.2])
    expected = {
        "Accuracy": 2.3 / 3,
        "TPR": 1.5 / 1.7,
        "FPR": 0.5 / 1.3,
        "TNR": 0.8 / 1.3,
        "PPV": 0.75,
        "NPV": 0.8,
        "F1": 3.0 / 3.7,
        "Balanced Accuracy": (1.5 / 1.7 + 0.8 / 1.3) / 2,
        "Brier": (0.09 + 0.24 + 0.16) / 3,
    }
    assert {name: value(name, rows) for name in expected} == pytest.approx(expected)
    # Positives 0.9, 0.6, 0.2 against negatives 0.1, 0.4, 0.8; a row is tied with itself.
    area = (0.9 * (0.8 + 0.4 + 0.05) + 0.6 * (0.8 + 0.2) + 0.2 * 0.4) / (1.7 * 1.3)
    assert value("AUC", rows) == pytest.approx(area)
    assert value("Gini Norm", rows) == pytest.approx(2 * area - 1)


def test_error_of_the_accuracy_by_hand() -> None:
    assert accuracy_error(of([0.5] * 4)) == pytest.approx(0.25)
    assert accuracy_error(ExpectedAccuracy.empty(0.5)) is None


def test_certain_rows_leave_nothing_to_rank() -> None:
    estimate = EXPECTED_METRICS["AUC"](of([1.0, 1.0]))
    assert (estimate.value, estimate.reason) == (None, "all rows are certain to be of one class")
    assert EXPECTED_METRICS["Gini Norm"](of([1.0])).value is None
    assert EXPECTED_METRICS["Balanced Accuracy"](of([1.0])).value is None


@given(SCORES)
def test_expected_metrics_are_those_of_every_row_split_in_two(score: list[float]) -> None:
    both, weights = np.repeat([True, False], len(score)), np.array([*score, *(1 - s for s in score)])
    split = BinaryAccuracy.of(both, np.array(score * 2), threshold=0.5, weights=weights)
    found = of(score)
    for name in EXPECTED_METRICS:
        want = BINARY_METRICS[name](split).value
        if want is not None and value(name, found) is not None:
            assert value(name, found) == pytest.approx(want, rel=1e-9, abs=1e-12), name


def test_calibrated_scores_foretell_what_then_happens() -> None:
    random = np.random.default_rng(0)
    score = random.beta(2, 3, 20_000)
    actual = random.random(20_000) < score
    expected, realised = of(score), BinaryAccuracy.of(actual, score, threshold=0.5)
    for name in EXPECTED_METRICS:
        assert value(name, expected) == pytest.approx(BINARY_METRICS[name](realised).value, abs=0.02), name
    estimate = EXPECTED_METRICS["Accuracy"](expected)
    assert estimate.low <= BINARY_METRICS["Accuracy"](realised).value <= estimate.high


def test_the_score_decides_what_is_predicted_and_the_chance_what_is_expected() -> None:
    rows = of([0.6, 0.6], chance=[0.1, 0.3])
    assert rows.counts.true_positive == pytest.approx(0.4)
    assert rows.counts.true_negative == 0.0
    assert value("LogLoss", rows) == pytest.approx(-(0.4 * math.log(0.6) + 1.6 * math.log(0.4)) / 2)


def test_rows_that_cannot_be_used_are_left_out_and_counted() -> None:
    rows = of([0.5, math.nan, 0.2], chance=[0.5, 0.5, math.inf])
    assert (rows.n, rows.excluded) == (1, 2)


def test_whole_weights_are_the_same_as_repeated_rows() -> None:
    score, weights = np.array([0.9, 0.6, 0.2, 0.2]), np.array([2, 0, 3, 1])
    weighted, repeated = of(score, weights=weights), of(np.repeat(score, weights))
    for name in EXPECTED_METRICS:
        assert value(name, weighted) == pytest.approx(value(name, repeated), rel=1e-12), name
    assert accuracy_error(of(score, weights=[2] * 4)) == pytest.approx(accuracy_error(of(score)))


def test_different_thresholds_do_not_merge() -> None:
    with pytest.raises(BinsMismatch, match=r"threshold 0\.5 cannot be merged .* 0\.4"):
        ExpectedAccuracy.empty(0.5).merge(ExpectedAccuracy.empty(0.4))


def test_any_split_gives_every_metric_of_the_whole() -> None:
    score = np.random.default_rng(0).random(300)
    parts = functools.reduce(ExpectedAccuracy.merge, (of(score[i : i + 70]) for i in range(0, 300, 70)))
    for name in EXPECTED_METRICS:
        assert value(name, parts) == pytest.approx(value(name, of(score)), rel=1e-12), name


@pytest.mark.parametrize("n", [0, 1, 20])
def test_stored_counts_read_back_equal(n: int) -> None:
    rows = of(np.random.default_rng(0).random(n))
    assert ExpectedAccuracy.from_bytes(rows.to_bytes()) == rows


# ------------------------------------------------------------------ calibration


def test_calibration_without_rows_is_refused() -> None:
    with pytest.raises(Invalid, match="needs rows with an actual and a score"):
        CalibrationMap.of([], [])
    with pytest.raises(Invalid):
        CalibrationMap.of([True], [math.nan])


def test_calibration_by_hand() -> None:
    # 0.2 and 0.3 are in the wrong order and share their mean.
    learned = CalibrationMap.of([False, True, False, True], [0.1, 0.2, 0.3, 0.4])
    assert learned.apply([0.1, 0.2, 0.25, 0.3, 0.4]).tolist() == [0.0, 0.5, 0.5, 0.5, 1.0]


def test_one_row_calibrates_everything_to_its_outcome() -> None:
    assert CalibrationMap.of([True], [0.3]).apply([0.0, 1.0]).tolist() == [1.0, 1.0]


def test_beyond_the_known_scores_the_nearest_chance_holds() -> None:
    learned = CalibrationMap.of([False, True, True, False, True], [0.3, 0.3, 0.6, 0.6, 0.7])
    assert learned.apply([0.0, 0.99]).tolist() == [0.5, 1.0]


# scikit-learn takes scores that are almost equal for equal, so these are well apart.
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 16).map(lambda k: k / 16), st.floats(0.1, 5)), min_size=1, max_size=40
    )
)
def test_calibration_agrees_with_scikit_learn(rows: list[tuple[bool, float, float]]) -> None:
    actual, score, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    expected = IsotonicRegression(out_of_bounds="clip").fit(score, actual, sample_weight=weights)
    found = CalibrationMap.of(actual, score, weights=weights)
    assert found.apply(score) == pytest.approx(expected.predict(score), abs=1e-9)
    assert (np.diff(found.chances) >= 0).all()


def test_a_calibration_map_keeps_corners_only() -> None:
    learned = CalibrationMap.of([False] * 500 + [True] * 500, np.linspace(0, 1, 1000))
    assert learned.scores.size == 4
    assert CalibrationMap.from_bytes(learned.to_bytes()) == learned


def test_a_stored_map_is_not_taken_for_counts() -> None:
    with pytest.raises(FormatUnreadable):
        ExpectedAccuracy.from_bytes(CalibrationMap.of([True], [0.3]).to_bytes())
