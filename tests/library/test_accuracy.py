"""Which accuracy two tables have: what the columns can be, and what is said where they can be nothing."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss, roc_auc_score

import assay
from assay.errors import Invalid

N = 800


def scored(seed: int = 0) -> pl.DataFrame:
    """A flag and the probability of it."""
    g = np.random.default_rng(seed)
    p = g.random(N)
    return pl.DataFrame({"x": g.normal(size=N), "p": p, "y": g.random(N) < p})


def compared(then: pl.DataFrame, now: pl.DataFrame, **how):
    return assay.compare(then, now, **{"target": "y", "prediction": "p", "multivariate": False, **how})


def metrics(result) -> dict:
    return {one.metric: one for one in result.accuracy}


def spelled(frame: pl.DataFrame, yes: str, no: str) -> pl.DataFrame:
    return frame.with_columns(y=pl.when("y").then(pl.lit(yes)).otherwise(pl.lit(no)))


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("TRUE", "FALSE")])
def test_a_flag_is_the_same_class_however_it_is_spelled(yes: str, no: str) -> None:
    then, now = scored(0), scored(1)
    result = compared(then, spelled(now, yes, no))
    assert metrics(result)["AUC"].current == pytest.approx(roc_auc_score(now["y"], now["p"]), abs=1e-12)
    assert result.verdict.status == "passing"


def test_flags_of_one_class_on_both_sides_are_classes_still_and_no_numbers() -> None:
    only = scored(0).filter(pl.col("y"))
    found = metrics(compared(only, only))
    assert found["AUC"].current is None
    assert found["LogLoss"].current == pytest.approx(log_loss([1] * only.height, only["p"], labels=[0, 1]), rel=1e-9)


@pytest.mark.parametrize("wrong", [1.7, -0.3, float("inf"), 1e300])
def test_predictions_that_are_no_probabilities_make_accuracy_unknown(wrong: float) -> None:
    now = scored(1).with_columns(p=pl.when(pl.int_range(pl.len()) < 5).then(wrong).otherwise("p"))
    result = compared(scored(0), now)
    assert [one.current for one in result.accuracy] == [None] * 3
    assert result.accuracy[0].reason == "predictions outside [0, 1], which are no probabilities: 5"
    assert not any(one.degraded for one in result.accuracy)


def test_a_probability_that_rounding_took_past_one_counts_as_one() -> None:
    now = scored(1)
    beyond = now.with_columns(p=pl.when(pl.col("p") > 0.99).then(1.0000001).otherwise("p"))
    area = metrics(compared(scored(0), beyond))["AUC"].current
    assert area == pytest.approx(roc_auc_score(now["y"], beyond["p"]), abs=1e-12)


def test_a_class_that_the_baseline_never_had_is_not_counted_as_the_other_one() -> None:
    then, now = spelled(scored(0), "yes", "no"), spelled(scored(1), "yes", "no")
    result = compared(then, now.with_columns(y=pl.when(pl.int_range(pl.len()) < 50).then(pl.lit("?")).otherwise("y")))
    rest = now.slice(50)
    area = metrics(result)["AUC"].current
    assert area == pytest.approx(roc_auc_score(rest["y"] == "yes", rest["p"]), abs=1e-12)
    assert "Accuracy leaves out rows of current whose target is none of the baseline's classes: 50" in result.notes


def test_the_class_is_said_where_only_the_order_tells_which_the_probability_is_of() -> None:
    then = spelled(scored(0), "repaid", "default")
    notes = compared(then, then).notes
    assert notes == ("'p' is taken as the probability of 'repaid', the last of the two classes in order",)
    turned = spelled(scored(0), "late", "on time")
    [note] = compared(turned, turned).notes
    assert note.endswith("ranks the baseline's rows the other way round: perhaps it is that of 'late'")
    assert compared(scored(0), scored(0)).notes == ()


def test_predicted_flags_are_classes() -> None:
    then, now = (scored(seed).with_columns(p=pl.col("p") > 0.4) for seed in (0, 1))
    found = metrics(compared(then, now.with_columns(p=pl.col("p").cast(pl.String).str.to_titlecase())))
    assert found["Accuracy"].current == pytest.approx(accuracy_score(now["y"], now["p"]), abs=1e-12)
    assert found["Balanced Accuracy"].current == pytest.approx(balanced_accuracy_score(now["y"], now["p"]), abs=1e-12)
    assert found["Macro F1"].current == pytest.approx(f1_score(now["y"], now["p"], average="macro"), abs=1e-12)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (scored().with_columns(pl.col("p") * 100), "the baseline has predictions outside [0, 1]"),
        (scored().with_columns(p=pl.lit(None, dtype=pl.Float64)), "the baseline has no prediction"),
        (scored().with_columns(p=pl.lit("high")), "most of the baseline's predictions are none of the target's"),
        (scored().with_columns(y=pl.Series(["a", "b", "c", "d"] * (N // 4))), "the baseline's target has 4 classes"),
        (scored().drop("y"), "the baseline has no target 'y'"),
        (scored().drop("p"), "the baseline has no prediction 'p'"),
    ],
)
def test_accuracy_that_cannot_be_compared_is_said_to_be_so(then: pl.DataFrame, words: str) -> None:
    result = compared(then, scored(1))
    assert result.accuracy == ()
    assert any(words in note and note.startswith("Accuracy is not compared: ") for note in result.notes)


def test_names_for_classes_are_not_counted_in_a_table_of_all_pairs() -> None:
    many = pl.DataFrame({"x": range(50_000), "y": [f"name {i}" for i in range(50_000)]}).with_columns(p="y")
    result = compared(many, many)
    assert "Accuracy is not compared: there are 50,000 classes, more than 1,000." in result.notes


@pytest.mark.parametrize("factor", [1e-300, 1.0, 1e300])
def test_weights_count_up_to_any_factor(factor: float) -> None:
    then, now = scored(0), scored(1)
    weights = np.random.default_rng(2).integers(0, 4, N).astype(float)
    result = compared(then, now.with_columns(w=pl.Series(weights * factor)), weight="w")
    found = metrics(result)["Accuracy"]
    expected = accuracy_score(now["y"], now["p"] >= 0.5, sample_weight=weights)
    assert found.current == pytest.approx(expected, abs=1e-12)
    assert found.low < found.current < found.high


def test_columns_that_pandas_names_by_numbers_are_named_by_numbers() -> None:
    frame = pd.DataFrame({0: scored()["p"].to_numpy(), 1: scored()["y"].to_numpy(), 2: range(N)})
    result = assay.compare(frame, frame, target=1, prediction=0, importance={2: 1.0}, multivariate=False)
    assert [one.name for one in result.features] == ["2"]
    assert metrics(result)["AUC"].current == pytest.approx(roc_auc_score(frame[1], frame[0]), abs=1e-12)


def test_importance_may_be_a_series() -> None:
    then = scored()
    result = compared(then, then, importance=pd.Series({"x": np.float32(0.5)}))
    assert result.features[0].importance == 1.0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"importance": {"x": "high"}}, "importance of 'x': found 'high', expected a number."),
        ({"importance": {"x": None}}, "importance of 'x': found 'None', expected a number."),
        ({"importance": [0.3]}, "importance is a list, expected importance by feature"),
        ({"alpha": "1 %"}, "alpha: found '1 %', expected a number."),
        ({"big_psi": None}, "big_psi: found 'None', expected a number."),
    ],
)
def test_what_is_no_number_is_refused_in_one_sentence(how: dict, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        compared(scored(), scored(), **how)
    assert words in str(refusal.value)
