"""Intervals of estimates without actuals, the several-class and the regression estimate, and their scoring."""

import math

import numpy as np
import pytest
from scipy import special

from assay.errors import BinsMismatch, FormatUnreadable, Invalid
from assay.stats.accuracy import METRICS, BinaryAccuracy, MulticlassAccuracy, RegressionAccuracy
from assay.stats.estimate import Estimate
from assay.stats.estimation import (
    EXPECTED_LOSS_METRICS,
    EXPECTED_METRICS,
    EXPECTED_MULTICLASS_METRICS,
    CalibrationMaps,
    ExpectedAccuracy,
    ExpectedLoss,
    ExpectedMulticlass,
    LossModel,
    MulticlassMaps,
    Trust,
    estimate_against_truth,
    estimated_accuracy,
)

CLASSES = ("a", "b", "c")


def scored(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    truth = random.normal(-0.5, 1.5, n)
    return random.random(n) < special.expit(truth), special.expit(2 * truth + 0.5)


def multiclass(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    logits = random.normal([0.5, 0.0, -0.5], 1.2, (n, 3))
    chances = special.softmax(logits, axis=1)
    actual = (random.random((n, 1)) > np.cumsum(chances, axis=1)[:, :2]).sum(axis=1)
    return actual, special.softmax(1.7 * logits, axis=1)


# ------------------------------------------------------------------ binary


@pytest.mark.parametrize("name", EXPECTED_METRICS)
def test_the_error_of_outcomes_is_the_spread_of_drawn_outcomes(name: str) -> None:
    random = np.random.default_rng(0)
    score = random.beta(2, 3, 2_000).round(3)
    rows = ExpectedAccuracy.of(score, threshold=0.5)
    drawn = [BinaryAccuracy.of(random.random(score.size) < score, score, threshold=0.5) for _ in range(200)]
    realised = [METRICS["Binary"][name](rows).value for rows in drawn]
    # 200 draws know a standard deviation to 5 %.
    assert EXPECTED_METRICS[name].error(rows) == pytest.approx(np.std(realised, ddof=1), rel=0.2)


def test_the_calibration_widens_the_interval_and_takes_the_optimism_off() -> None:
    random = np.random.default_rng(0)
    maps = CalibrationMaps.of(*scored(random, 500), seed=1)
    _, score = scored(random, 20_000)
    rows = ExpectedAccuracy.of(score, threshold=0.5, chance=maps.best.apply(score))
    alone, whole = EXPECTED_METRICS["AUC"](rows), estimated_accuracy(rows, maps)["AUC"]
    assert whole.estimated
    assert alone.estimated
    assert whole.value < alone.value
    assert whole.standard_error > 3 * alone.standard_error
    assert EXPECTED_METRICS["AUC"](rows, maps) == whole


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    random, trusts = np.random.default_rng(0), {name: Trust.empty() for name in EXPECTED_METRICS}
    for seed in range(60):
        maps = CalibrationMaps.of(*scored(random, 2_000), seed=seed)
        actual, score = scored(random, 2_000)
        expected = ExpectedAccuracy.of(score, threshold=0.5, chance=maps.best.apply(score))
        realised = BinaryAccuracy.of(actual, score, threshold=0.5)
        truth = {name: METRICS["Binary"][name](realised) for name in EXPECTED_METRICS}
        found = estimate_against_truth(estimated_accuracy(expected, maps), truth)
        trusts = {name: trusts[name].merge(found[name]) for name in trusts}
    # 60 chunks at 95 %: fewer than 52 inside would happen to one metric in a thousand.
    assert {name: trust.inside for name, trust in trusts.items() if trust.inside < 52} == {}


def test_the_same_seed_gives_the_same_maps_and_they_read_back() -> None:
    rows = scored(np.random.default_rng(0), 300)
    maps = CalibrationMaps.of(*rows, resamples=5, seed=7)
    assert maps == CalibrationMaps.of(*rows, resamples=5, seed=7)
    assert maps != CalibrationMaps.of(*rows, resamples=5, seed=8)
    assert CalibrationMaps.from_bytes(maps.to_bytes()) == maps


def test_no_rows_stay_undefined_under_maps_too() -> None:
    maps = CalibrationMaps.of([True, False], [0.9, 0.1], resamples=3)
    for estimate in estimated_accuracy(ExpectedAccuracy.empty(0.5), maps).values():
        assert (estimate.value, estimate.reason, estimate.estimated) == (None, "there are no rows", True)


def test_many_scores_are_joined_for_the_resampled_maps_without_changing_the_answer() -> None:
    random = np.random.default_rng(0)
    maps = CalibrationMaps.of(*scored(random, 1_000), resamples=10)
    _, score = scored(random, 5_000)
    fine, coarse = (
        estimated_accuracy(ExpectedAccuracy.of(s, threshold=0.5, chance=maps.best.apply(s)), maps)
        for s in (score, np.round(score * 900) / 900)
    )
    for name in ("AUC", "F1", "Accuracy"):
        assert fine[name].standard_error == pytest.approx(coarse[name].standard_error, rel=0.05)


# ------------------------------------------------------------------ several classes


def test_multiclass_by_hand() -> None:
    rows = ExpectedMulticlass.of([[0.7, 0.3], [0.4, 0.6]], classes=("cat", "dog"))
    found = {name: metric(rows) for name, metric in EXPECTED_MULTICLASS_METRICS.items()}
    assert found["Accuracy"].value == pytest.approx(0.65)
    many = EXPECTED_MULTICLASS_METRICS["Accuracy"](
        ExpectedMulticlass.of([[0.7, 0.3], [0.4, 0.6]] * 50, classes=("a", "b"))
    )
    assert many.standard_error == pytest.approx(math.sqrt(50 * (0.21 + 0.24)) / 100, rel=1e-5)
    assert found["Balanced Accuracy"].value == pytest.approx((0.7 / 1.1 + 0.6 / 0.9) / 2)
    entropies = [-sum(p * math.log(p) for p in row) for row in ((0.7, 0.3), (0.4, 0.6))]
    assert found["LogLoss"].value == pytest.approx(sum(entropies) / 2)
    assert found["Brier"].value == pytest.approx((2 * 0.21 + 2 * 0.24) / 2)
    assert all(estimate.estimated for estimate in found.values())


@pytest.mark.parametrize("name", [name for name in EXPECTED_MULTICLASS_METRICS if name != "AUC"])
def test_the_error_of_multiclass_outcomes_is_the_spread_of_drawn_outcomes(name: str) -> None:
    random = np.random.default_rng(0)
    chances = special.softmax(random.normal([0.5, 0.0, -0.5], 1.2, (1_000, 3)), axis=1)
    expected = EXPECTED_MULTICLASS_METRICS[name](ExpectedMulticlass.of(chances, classes=CLASSES))
    realised = []
    for _ in range(200):
        actual = (random.random((1_000, 1)) > np.cumsum(chances, axis=1)[:, :2]).sum(axis=1)
        realised.append(METRICS["Multiclass"][name](MulticlassAccuracy.of(actual, chances, classes=CLASSES)).value)
    assert expected.value == pytest.approx(np.mean(realised), abs=4 * np.std(realised) / math.sqrt(200) + 1e-3)
    assert expected.standard_error == pytest.approx(np.std(realised, ddof=1), rel=0.2)


def test_multiclass_estimates_foretell_what_then_happens() -> None:
    random = np.random.default_rng(0)
    maps = MulticlassMaps.of(*multiclass(random, 5_000), classes=CLASSES)
    actual, probabilities = multiclass(random, 5_000)
    expected = ExpectedMulticlass.of(probabilities, classes=CLASSES, maps=maps)
    realised = MulticlassAccuracy.of(actual, probabilities, classes=CLASSES)
    for name, metric in EXPECTED_MULTICLASS_METRICS.items():
        assert metric(expected).value == pytest.approx(METRICS["Multiclass"][name](realised).value, abs=0.05), name


def test_multiclass_maps_and_counts_read_back_and_refuse_strangers() -> None:
    random = np.random.default_rng(0)
    maps = MulticlassMaps.of(*multiclass(random, 200), classes=CLASSES, resamples=3)
    rows = ExpectedMulticlass.of(multiclass(random, 50)[1], classes=CLASSES, maps=maps)
    assert MulticlassMaps.from_bytes(maps.to_bytes()) == maps
    assert ExpectedMulticlass.from_bytes(rows.to_bytes()) == rows
    with pytest.raises(BinsMismatch):
        rows.merge(ExpectedMulticlass.empty(CLASSES))
    with pytest.raises(Invalid, match="are of the classes"):
        ExpectedMulticlass.of([[0.5, 0.5]], classes=("x", "y"), maps=maps)
    with pytest.raises(FormatUnreadable):
        MulticlassMaps.from_bytes(rows.to_bytes())
    with pytest.raises(Invalid, match="there are none"):
        MulticlassMaps.of([], [], classes=CLASSES)


@pytest.mark.parametrize("name", EXPECTED_MULTICLASS_METRICS)
def test_no_rows_of_several_classes_are_undefined_with_a_reason(name: str) -> None:
    found = EXPECTED_MULTICLASS_METRICS[name](ExpectedMulticlass.empty(CLASSES))
    assert (found.value, found.reason, found.estimated) == (None, "there are no rows", True)


def test_a_class_that_the_holdout_never_saw_predicted_borrows_its_other_map() -> None:
    maps = MulticlassMaps.of([0, 1], [[0.9, 0.1], [0.8, 0.2]], classes=("a", "b"), resamples=2)
    assert np.isfinite(maps.chances(np.array([[0.1, 0.9]]))[0]).all()


# ------------------------------------------------------------------ regression


def test_losses_are_estimated_by_predicted_value_and_feature() -> None:
    random = np.random.default_rng(0)

    def rows(n: int, noisy: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        predicted, feature = random.normal(0, 1, n), (random.random(n) < noisy).astype(float)
        return predicted + random.normal(0, 1 + 4 * feature), predicted, feature

    actual, predicted, feature = rows(20_000, 0.2)
    with_feature = LossModel.of(actual, predicted, feature=feature)
    without = LossModel.of(actual, predicted)
    actual, predicted, feature = rows(20_000, 0.6)
    realised = METRICS["Regression"]["MAE"](RegressionAccuracy.of(actual, predicted)).value
    found = EXPECTED_LOSS_METRICS["MAE"](ExpectedLoss.of(predicted, model=with_feature, feature=feature), with_feature)
    assert found.value == pytest.approx(realised, rel=0.03)
    # The prediction alone cannot know that noisy rows have become more.
    blind = EXPECTED_LOSS_METRICS["MAE"](ExpectedLoss.of(predicted, model=without), without)
    assert blind.value < 0.7 * realised


def test_loss_models_and_counts_read_back() -> None:
    random = np.random.default_rng(0)
    predicted, feature = random.normal(size=400), random.normal(size=400)
    model = LossModel.of(predicted + 1, predicted, feature=feature)
    rows = ExpectedLoss.of(predicted, model=model, feature=feature)
    assert LossModel.from_bytes(model.to_bytes()) == model
    assert ExpectedLoss.from_bytes(rows.to_bytes()) == rows
    found = EXPECTED_LOSS_METRICS["RMSE"](rows, model)
    assert (found.value, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))


def test_a_loss_model_refuses_what_it_cannot_do() -> None:
    with pytest.raises(Invalid, match="there are none"):
        LossModel.of([], [])
    model = LossModel.of([1.0, 2.0], [1.0, 1.0], feature=[0.0, 1.0], cells=1)
    with pytest.raises(Invalid, match="fitted with a feature"):
        ExpectedLoss.of([1.0], model=model)
    with pytest.raises(BinsMismatch):
        ExpectedLoss.empty(model).merge(ExpectedLoss.empty(LossModel.of([1.0], [1.0])))


@pytest.mark.parametrize("name", EXPECTED_LOSS_METRICS)
def test_no_rows_have_no_expected_loss(name: str) -> None:
    model = LossModel.of([1.0], [2.0])
    found = EXPECTED_LOSS_METRICS[name](ExpectedLoss.empty(model), model)
    assert (found.value, found.reason, found.estimated) == (None, "there are no rows", True)


def test_one_holdout_row_leaves_an_estimate_with_an_error_of_its_own_size() -> None:
    model = LossModel.of([1.0], [3.0])
    found = EXPECTED_LOSS_METRICS["MAE"](ExpectedLoss.of([0.0, math.nan], model=model), model)
    assert (found.value, found.n, found.low) == (2.0, 1, 0.0)
    assert found.high > 4


def test_errors_beyond_a_double_have_a_reason() -> None:
    model = LossModel.of([1e300, -1e300], [-1e300, 1e300], cells=1)
    found = EXPECTED_LOSS_METRICS["RMSE"](ExpectedLoss.of([0.0], model=model), model)
    assert (found.value, found.reason) == (None, "the errors are too large for a double")


# ------------------------------------------------------------------ trust


def test_trust_counts_only_batches_with_both() -> None:
    trust = Trust.of([(Estimate(0.5, 9), 0.75), (Estimate.undefined("x"), 0.5), (Estimate(0.5, 9), None)])
    assert (trust.batches, trust.mean_absolute_error, trust.bias, trust.coverage) == (1, 0.25, -0.25, None)
    nothing = Trust.empty()
    assert (nothing.batches, nothing.mean_absolute_error, nothing.bias, nothing.coverage) == (0, None, None, None)


def test_estimates_are_scored_for_the_metrics_that_both_sides_have() -> None:
    found = estimate_against_truth(
        {"AUC": Estimate(0.75, 9, 0.5, 1.0)}, {"AUC": Estimate(0.5, 9), "F1": Estimate(1.0, 9)}
    )
    assert (list(found), found["AUC"].coverage) == (["AUC"], 1.0)
