"""What a comparison says of clean, drifted, odd and empty tables."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2
from sklearn.metrics import f1_score, roc_auc_score
from tests.http import reference

import assay
from assay.errors import Invalid
from assay.library.charts import Bar


def by_name(result: assay.Comparison) -> dict[str, assay.FeatureComparison]:
    return {one.name: one for one in result.features}


def test_clean_rows_pass(baseline, clean) -> None:
    result = assay.compare(baseline, clean, target="late", prediction="p")
    assert result.verdict.status == "passing"
    assert {one.status for one in result.columns} == {"no evidence"}
    # The middle one of the five: ten bins, three checks, five features, power 0.8.
    bar = chi2.isf(0.01 / (3 * 5), 9)
    noncentrality = brentq(lambda x: ncx2.sf(bar, 9, x) - 0.8, 1.0, 100.0)
    shown = noncentrality * (1 / 4_000 + 1 / 1_000)
    assert result.verdict.reasons == (
        f"Looked at 5 features in 1,000 rows. In most a PSI of {shown:.2g} would have shown.",
    )
    assert not result.domain.big


def test_drifted_features_come_first_with_their_causes(baseline, shifted) -> None:
    result = assay.compare(baseline, shifted, multivariate=False)
    assert result.verdict.status == "failing"
    assert [one.name for one in result.features[:2]] == ["temp", "carrier"] or [
        one.name for one in result.features[:2]
    ] == ["carrier", "temp"]
    found = by_name(result)
    assert found["temp"].causes[0].words == "shift of location +1.9 sd"
    assert found["carrier"].causes[0].code == "level_renamed"
    assert found["carrier"].causes[0].evidence["new"] == "Delta"
    assert found["hour"].status == "no evidence"
    assert found["hour"].causes == ()


def test_unimportant_drift_only_warns(baseline, shifted) -> None:
    result = assay.compare(baseline, shifted, importance={"hour": 10, "temp": 2, "carrier": 1}, multivariate=False)
    assert result.verdict.status == "warning"
    assert [one.name for one in result.features[:2]] == ["temp", "carrier"]
    assert by_name(result)["temp"].importance == 0.2


def test_accuracy_is_compared_where_outcomes_are_known(baseline, clean) -> None:
    worse = clean.with_columns(pl.col("late").shuffle(seed=1))
    result = assay.compare(baseline, worse, target="late", prediction="p", multivariate=False)
    area = next(one for one in result.accuracy if one.metric == "AUC")
    assert area.current == pytest.approx(roc_auc_score(worse["late"], worse["p"]), abs=1e-12)
    assert area.degraded
    assert area.low < area.current < area.high
    assert result.verdict.status == "failing"
    assert result.verdict.reasons[0].startswith("AUC fell to 0.4")


def test_accuracy_of_numbers_is_their_error() -> None:
    g = np.random.default_rng(0)
    y = g.normal(size=2_000)
    said = y + g.normal(size=2_000) * 0.5
    frame = pl.DataFrame({"x": g.normal(size=2_000), "y": y, "said": said})
    result = assay.compare(frame, frame.head(900), target="y", prediction="said", multivariate=False)
    assert result.accuracy[0].metric == "RMSE"
    assert result.accuracy[0].baseline == pytest.approx(np.sqrt(np.mean((said - y) ** 2)), rel=1e-12)


def test_text_where_numbers_were_is_a_change_of_type(baseline, clean) -> None:
    odd = clean.with_columns(pl.format("{}F", pl.col("hour")).alias("hour"))
    cause = by_name(assay.compare(baseline, odd, multivariate=False))["hour"].causes[0]
    assert cause.code == "type_change"
    assert "F'" in cause.words


def test_numbers_where_levels_were_are_a_change_of_type(baseline, clean) -> None:
    odd = clean.with_columns(pl.col("carrier").replace_strict({"AA": 1, "UA": 2, "DL": 3}))
    assert by_name(assay.compare(baseline, odd, multivariate=False))["carrier"].causes[0].code == "type_change"


def test_whole_numbers_written_as_floats_are_the_same_levels() -> None:
    then = pl.DataFrame({"code": ["1", "2", "x"] * 400})
    now = pl.DataFrame({"code": [1.0, 2.0, 1.0, 2.0] * 100})
    found = assay.compare(then, now, multivariate=False).features[0]
    assert all(cause.code not in {"type_change", "new_level"} for cause in found.causes)


def test_dates_move_by_days(baseline, clean) -> None:
    later = clean.with_columns(pl.col("when") + pl.duration(days=180))
    assert "dates moved by +1" in by_name(assay.compare(baseline, later, multivariate=False))["when"].words


def test_copied_rows_are_noted(baseline, clean) -> None:
    twice = pl.concat([clean.head(300)] * 3)
    result = assay.compare(baseline, twice, multivariate=False)
    assert any("copies of another row" in note for note in result.notes)


def test_columns_of_one_side_are_noted(baseline, clean) -> None:
    result = assay.compare(baseline.with_columns(extra=1), clean.with_columns(more=1), multivariate=False)
    assert result.notes == ("1 column only in the baseline: 'extra'", "1 column only in current: 'more'")


def stories(rows: int, common: str) -> pl.Series:
    """Free text: every third row has ``common``, all have a word of their own."""
    told = [f"a story that nobody tells twice, number {i} {common if i % 3 == 0 else 'calm'}" for i in range(rows)]
    return pl.Series("story", told)


def test_free_text_is_compared_by_its_words(baseline, clean) -> None:
    then = baseline.with_columns(stories(baseline.height, "storm"))
    same = assay.compare(then, clean.with_columns(stories(clean.height, "storm")))
    assert by_name(same)["story"].status == "no evidence"
    assert same.verdict.status == "passing"
    changed = assay.compare(then, clean.with_columns(stories(clean.height, "snow")), multivariate=False)
    found = by_name(changed)["story"]
    assert (found.kind, found.status, found.interval) == ("Text", "drifted", None)
    assert found.words == "word 'storm' in 0 % of the rows, 33.4 % in the baseline"
    # PSI of the mentions: words of the baseline by rows, rows without any of them, missing rows.
    cells = reference.word_cells(then["story"].to_list(), stories(clean.height, "snow").to_list())
    assert found.psi == pytest.approx(reference.distances(*cells)["psi"], rel=1e-9)
    assert found.chart.bars[0] == Bar("storm", 1334, 0)
    assert found.chart.shares[0] == (1334 / 4000, 0.0)


def test_numbers_where_texts_were_are_a_change_of_type(baseline, clean) -> None:
    then = baseline.with_columns(stories(baseline.height, "storm"))
    odd = clean.with_columns(story=pl.int_range(pl.len()))
    cause = by_name(assay.compare(then, odd, multivariate=False))["story"].causes[0]
    assert cause.words == "text in the baseline, numeric now: 100 % of the values cannot be read, such as '0'"


def test_a_feature_whose_importance_is_not_given_counts_as_important(baseline, shifted) -> None:
    result = assay.compare(baseline, shifted, importance={"hour": 1.0, "temp": 0.1}, multivariate=False)
    found = by_name(result)
    assert (found["temp"].important, found["carrier"].important) == (False, True)
    assert result.verdict.status == "failing"
    assert result.verdict.reasons[0].startswith("'carrier'")
    assert result.verdict.reasons[0].endswith("importance not known)")
    nobody_cares = dict.fromkeys(found, 0.0)
    assert assay.compare(baseline, shifted, importance=nobody_cares, multivariate=False).verdict.status == "warning"


def test_predicted_classes_have_accuracy_too(baseline, clean) -> None:
    g = np.random.default_rng(3)

    def scored(frame: pl.DataFrame, wrong: float) -> pl.DataFrame:
        actual = g.choice(["late", "on time", "early"], frame.height)
        said = np.where(g.random(frame.height) < wrong, g.choice(["late", "on time", "early"], frame.height), actual)
        return frame.with_columns(pl.Series("actual", actual), pl.Series("said", said))

    then, now = scored(baseline, 0.2), scored(clean, 0.5)
    result = assay.compare(then, now, target="actual", prediction="said", multivariate=False)
    found = {one.metric: one for one in result.accuracy}
    assert set(found) == {"Accuracy", "Balanced Accuracy", "Macro F1"}
    assert found["Accuracy"].current == pytest.approx((now["actual"] == now["said"]).mean(), abs=1e-12)
    assert found["Macro F1"].baseline == pytest.approx(f1_score(then["actual"], then["said"], average="macro"))
    assert found["Accuracy"].degraded
    assert result.verdict.reasons[0].startswith("Accuracy fell to 0.")


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_too_few_rows_are_unknown_and_never_passing(baseline, clean, rows: int) -> None:
    result = assay.compare(baseline, clean.head(rows))
    assert result.verdict.status == "unknown"
    assert str(result).startswith("Unknown.")


def test_nasty_columns_do_not_break_it(tmp_path) -> None:
    n = 200
    frame = pl.DataFrame(
        {
            "none": pl.Series([None] * n, dtype=pl.Float64),
            "same": [5] * n,
            "inf": [float("inf"), -float("inf"), float("nan"), 1.0] * (n // 4),
            "tiny": [1e-300 * i for i in range(n)],
            "offset": [1e9 + i % 7 for i in range(n)],
            "id": [f"user-{i}" for i in range(n)],
            "<b>&\"'": ["<script>alert(1)</script>", " ", "", "nan"] * (n // 4),
            "flag": [True, None] * (n // 2),
        }
    )
    for current in (frame, frame.tail(50), frame.head(0), frame.with_columns(pl.lit(None).alias("same"))):
        result = assay.compare(frame, current)
        assert json.loads(result.to_json())["rows"] == current.height
        assert result.to_frame().height == len(result.columns)
        page = result.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
        assert "<script" not in page
        assert str(result)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target": "nothing"}, "The target 'nothing' is in neither table"),
        ({"importance": {"nothing": 1}}, "importance names 'nothing'"),
        ({"alpha": 0.0}, "alpha is 0.0"),
    ],
)
def test_names_and_options_that_cannot_be_used_are_refused(baseline, clean, arguments, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        assay.compare(baseline, clean, **arguments)


def test_tables_without_a_common_column_are_refused(baseline) -> None:
    with pytest.raises(Invalid, match="no column in common"):
        assay.compare(baseline, pl.DataFrame({"z": [1]}))


def test_the_result_is_plain_data(baseline, shifted) -> None:
    result = assay.compare(baseline, shifted, target="late", prediction="p")
    again = json.loads(result.to_json())
    assert again["verdict"]["status"] == "failing"
    assert {one["name"] for one in again["features"]} == set(by_name(result))
    assert again["features"][0]["causes"][0]["code"]
    assert 0.5 < again["domain_classifier"]["auc"] <= 1.0
    frame = result.to_frame()
    assert frame.height == len(result.columns)
    assert frame.filter(pl.col("name") == "temp")["cause"].item() == "shift_of_location"


def test_the_table_is_80_columns_wide(baseline, shifted) -> None:
    wide = {name: f"a very long column name, so long that it does not fit: {name}" for name in baseline.columns}
    result = assay.compare(baseline.rename(wide), shifted.rename(wide))
    assert max(map(len, str(result).splitlines())) <= 80


def test_the_same_tables_give_the_same_answer(baseline, shifted) -> None:
    one, other = (assay.compare(baseline, shifted).to_json() for _ in range(2))
    assert one == other


def test_a_profile_reads_like_a_table(baseline) -> None:
    found = assay.profile(baseline)
    assert found.rows == 4_000
    assert found.to_frame().height == 7
    assert found.to_dict()["columns"]["carrier"]["most_frequent"] == "AA"
    assert max(map(len, str(found).splitlines())) <= 80


def test_importing_assay_is_cheap() -> None:
    code = (
        "import sys, assay; assert not {'polars', 'numpy', 'scipy'} & set(sys.modules); assert 'compare' in dir(assay)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_refused_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = assay.nothing


def test_neither_the_order_of_rows_nor_that_of_columns_matters(baseline, shifted) -> None:
    then, now = baseline.head(900), shifted.head(300)
    expected = assay.compare(then, now, target="late", prediction="p").to_dict()
    mixed = assay.compare(
        then.sample(fraction=1.0, shuffle=True, seed=1).select(reversed(then.columns)),
        now.sample(fraction=1.0, shuffle=True, seed=2),
        target="late",
        prediction="p",
    ).to_dict()
    for part in ("verdict", "domain_classifier", "reconstruction_error", "notes"):
        assert mixed[part] == expected[part], part
    assert [(one["name"], one["status"], one["psi"]) for one in mixed["features"]] == [
        (one["name"], one["status"], one["psi"]) for one in expected["features"]
    ]
    for one, other in zip(mixed["accuracy"], expected["accuracy"], strict=True):
        assert one["current"] == pytest.approx(other["current"], rel=1e-12)
