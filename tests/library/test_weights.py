"""Weighted tables: the weighted distribution, the rows it is worth, and no change where weights are equal."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import assay
from assay.errors import Invalid


def weighed(frame: pl.DataFrame, weights) -> pl.DataFrame:
    return frame.with_columns(w=pl.Series(weights))


@pytest.mark.parametrize("weight", [1, 0.3, 7])
def test_equal_weights_change_no_number(baseline, shifted, weight: float) -> None:
    plain = assay.compare(baseline, shifted, target="late", prediction="p", multivariate=False)
    found = assay.compare(
        weighed(baseline, [weight] * baseline.height),
        weighed(shifted, [2 * weight] * shifted.height),
        target="late",
        prediction="p",
        weight="w",
        multivariate=False,
    )
    one, other = plain.to_dict(), found.to_dict()
    assert other.pop("worth") == {"baseline": 4_000, "current": 1_000}
    assert one.pop("worth") is None
    assert len(other.pop("notes")) == len(one.pop("notes")) + 1
    assert [one.pop("accuracy")[0]["current"]] == pytest.approx([other.pop("accuracy")[0]["current"]])
    assert one == other


def test_a_sample_that_is_weighted_back_to_its_population_has_not_drifted() -> None:
    g = np.random.default_rng(0)
    population = pl.DataFrame({"x": g.normal(size=20_000), "kind": g.choice(["a", "b"], 20_000, p=[0.8, 0.2])})
    chance = np.where((population["x"] > 0.5).to_numpy(), 0.5, 0.05)
    taken = g.random(20_000) < chance
    sample = weighed(population, 1 / chance).filter(pl.Series(taken))
    assert assay.compare(population, sample.drop("w"), multivariate=False).verdict.status == "failing"
    found = assay.compare(population, sample, weight="w", multivariate=False)
    assert found.verdict.status == "passing"
    w = sample["w"].to_numpy()
    assert found.worth == (20_000, round(w.sum() ** 2 / (w * w).sum()))


def test_weighted_shares_are_exact_to_one_row_of_those_the_weights_are_worth() -> None:
    g = np.random.default_rng(1)
    values, w = g.exponential(size=3_000), g.gamma(0.7, size=3_000)
    rows = weighed(pl.DataFrame({"x": np.where(g.random(3_000) < 0.1, np.nan, values)}), w).fill_nan(None)
    found = assay.profile(rows, weight="w").profile
    column = found.columns["x"]
    assert found.rows == round(w.sum() ** 2 / (w * w).sum())
    known = rows["x"].is_not_null().to_numpy()
    assert abs(column.missing / found.rows - w[~known].sum() / w.sum()) <= 1 / found.rows
    x = rows["x"].to_numpy()
    for upto, edge in zip(np.cumsum(column.counts)[:-1], column.bins.edges, strict=True):
        exact = w[known & (x <= edge)].sum() / w.sum()
        assert abs(upto / found.rows - exact) <= 0.5 / found.rows + 1e-12
    assert column.moments.mean == pytest.approx(np.average(x[known], weights=w[known]), abs=0.01)


def test_accuracy_takes_weights_as_they_are(baseline, clean) -> None:
    g = np.random.default_rng(2)
    now = weighed(clean, g.gamma(1.0, size=clean.height))
    found = assay.compare(baseline, now, target="late", prediction="p", weight="w", multivariate=False)
    area = next(one for one in found.accuracy if one.metric == "AUC")
    assert area.current == pytest.approx(roc_auc_score(now["late"], now["p"], sample_weight=now["w"]), abs=1e-12)


def test_rows_of_weight_zero_do_not_exist(baseline, shifted, clean) -> None:
    both = pl.concat([weighed(clean, [1.0] * clean.height), weighed(shifted, [0.0] * shifted.height)])
    found = assay.compare(baseline, both, weight="w", multivariate=False)
    assert found.verdict.status == "passing"
    assert found.worth == (4_000, 1_000)
    nothing = assay.compare(baseline, weighed(clean, [0.0] * clean.height), weight="w", multivariate=False)
    assert nothing.verdict.status == "unknown"


def test_a_clean_weighted_batch_is_hardly_ever_marked() -> None:
    # 120 batches of some 125 effective rows, ten features: at most one in a hundred, so five marks are no chance.
    g = np.random.default_rng(5)
    marked = 0
    for _ in range(120):
        then = pl.DataFrame(g.normal(size=(2_000, 10)))
        now = pl.DataFrame(g.normal(size=(250, 10))).with_columns(w=g.exponential(size=250))
        found = assay.compare(then, now, weight="w", multivariate=False)
        marked += any(one.real for one in found.features)
    assert marked <= 5


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1.0, -1.0, 1.0], "The current, weight 'w': Row 2 has weight -1.0"),
        ([1.0, None, 1.0], "The current, row 2, weight 'w': found none"),
        ([1.0, float("inf"), 1.0], "Row 2 has weight inf"),
        (["1", "2", "heavy"], "row 3, weight 'w': found 'heavy'"),
    ],
)
def test_impossible_weights_are_refused(baseline, clean, weights: list, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        assay.compare(baseline, weighed(clean.head(3), weights), weight="w")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"weight": "none"}, "The weight 'none' is in neither table"),
        ({"weight": "p", "prediction": "p"}, "'p' is named as weight and as prediction"),
        ({"target": "p", "prediction": "p"}, "both 'p'"),
    ],
)
def test_names_that_cannot_be_are_refused(baseline, clean, arguments: dict, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        assay.compare(baseline, clean, **arguments)


def test_the_result_says_that_it_is_weighted(baseline, clean) -> None:
    found = assay.compare(baseline, weighed(clean, [1.0] * 500 + [3.0] * 500), weight="w")
    assert (found.domain, found.reconstruction) == (None, None)
    assert any(note.startswith("Weighted by 'w'") for note in found.notes)
    assert "worth 800" in str(found)
