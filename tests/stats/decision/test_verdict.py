import math
from dataclasses import asdict, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.stats.decision.frames import ROWS, bins_of, normal, profiles

from assay.errors import BinsMismatch, Invalid
from assay.stats.decision import (
    CheckName,
    DecisionOptions,
    Outcome,
    Status,
    StatusCounts,
    Verdict,
    decide,
    evidence,
    worst,
)
from assay.stats.decision.multiplicity import benjamini_hochberg, benjamini_yekutieli
from assay.stats.profile import Profile
from assay.stats.profile.words import WordBins

LEVELS = ["a"] * 60 + ["b"] * 30 + ["c"] * 10


def one(baseline: object, current: object, **given: object) -> Verdict:
    return decide(*profiles({"x": baseline}, {"x": current}), **given)


def moved(mean: float, rows: int = 400, columns: int = 3) -> tuple[Profile, Profile]:
    """A batch whose first feature has another mean."""
    current = normal(rows, seed=1, columns=columns)
    current["x0"] = current["x0"] + mean
    return profiles(normal(ROWS, columns=columns), current)


def test_a_clean_batch_passes() -> None:
    verdict = decide(*moved(0.0), batch_id="b")
    assert (verdict.status, verdict.alarm, verdict.drifted, verdict.reasons) == (Status.PASSING, False, (), ())
    assert {f.outcome for f in verdict.features} == {Outcome.NO_EVIDENCE}


def test_a_shifted_feature_has_drifted_and_its_verdict_says_why() -> None:
    verdict = decide(*moved(0.8), importance={"x0": 1.0, "x1": 0.1})
    feature = verdict["x0"]
    assert (verdict.status, verdict.drifted) == (Status.FAILING, ("x0",))
    assert (feature.real, feature.big, feature.important) == (True, True, True)
    assert feature.evidence.gates[0].name == "psi_bc"
    assert feature.evidence.gates[0].value == feature.evidence.psi_bc >= 0.1
    assert "x0" in verdict.reasons[0]
    assert "psi_bc" in verdict.reasons[0]


def test_real_but_small_is_shown_and_never_an_alarm() -> None:
    verdict = decide(*moved(0.2, rows=20_000), importance={"x0": 1.0})
    assert verdict["x0"].outcome is Outcome.SMALL
    assert verdict.status is Status.PASSING


def test_the_features_p_value_is_the_smallest_times_the_number_of_checks() -> None:
    found = decide(*moved(0.3))["x0"].evidence
    p = [check.p for check in found.checks if check.p is not None]
    assert found.checks_run == len(p) == 3  # nothing is missing on either side
    assert found.p == min(1.0, 3 * min(p))
    assert found.leading.p == min(p)


@pytest.mark.parametrize("name", ["benjamini_hochberg", "benjamini_yekutieli"])
def test_p_values_are_adjusted_within_the_family(name: str) -> None:
    baseline, current = moved(0.3, columns=5)
    verdict = decide(baseline, current, options=DecisionOptions(adjustment=name), families={"x0": "target"})
    adjust = {"benjamini_hochberg": benjamini_hochberg, "benjamini_yekutieli": benjamini_yekutieli}[name]
    features = [f for f in verdict.features if f.family == "features"]
    assert [f.adjusted_p for f in features] == adjust([f.evidence.p for f in features])
    assert verdict["x0"].adjusted_p == verdict["x0"].evidence.p
    assert verdict.p == min(1.0, 2 * min(f.adjusted_p for f in verdict.features))


def test_weights_by_importance_lower_the_bar_for_what_matters() -> None:
    baseline, current = moved(0.25)
    weighed = DecisionOptions(weigh_by_importance=True)
    importance = {"x0": 1.0, "x1": 0.2, "x2": 0.0}
    verdict = decide(baseline, current, options=weighed, importance=importance)
    plain = decide(baseline, current)
    p = [f.evidence.p for f in plain.features]
    # The mean importance is 0.4: weights 2.5, 0.5 and 0.
    wanted = benjamini_hochberg([min(1, p[0] / 2.5), min(1, p[1] / 0.5), 1.0])
    assert [f.adjusted_p for f in verdict.features] == pytest.approx(wanted)
    assert [f.adjusted_p for f in decide(baseline, current, options=weighed).features] == [
        f.adjusted_p for f in plain.features
    ]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, Status.FAILING),
        ({"importance": {"x1": 1.0}}, Status.FAILING),
        ({"importance": {"x0": 0.0}}, Status.WARNING),
        ({"importance": {"x0": 0.49}}, Status.WARNING),
        ({"importance": {"x0": 0.5}}, Status.FAILING),
        ({"importance": {"x0": 0.1}, "starred": ["x0"]}, Status.FAILING),
        ({"importance": {"x0": 0.1}, "families": {"x0": "target"}}, Status.FAILING),
        ({"families": {"x0": "predictions"}}, Status.FAILING),
        ({"importance": {"x0": 0.1}, "options": DecisionOptions(counts=StatusCounts(low_warning=2))}, Status.PASSING),
        ({"importance": {"x0": 0.1}, "options": DecisionOptions(counts=StatusCounts(low_failing=1))}, Status.FAILING),
        ({"options": DecisionOptions(counts=StatusCounts(high_failing=2))}, Status.WARNING),
        ({"options": DecisionOptions(counts=StatusCounts(1, None, None, None))}, Status.PASSING),
    ],
)
def test_importance_and_counts_make_the_status(given: dict, status: Status) -> None:
    assert decide(*moved(0.8), **given).status is status


def test_more_missing_rows_are_found_by_their_rate() -> None:
    current = np.random.default_rng(1).normal(size=400)
    current[:60] = math.nan
    feature = one(normal(ROWS)["x0"], current)["x"]
    assert feature.outcome is Outcome.DRIFTED
    assert feature.evidence.leading.name in {CheckName.MISSING_RATE, CheckName.HOMOGENEITY}
    assert "missing_rate" in {gate.name for gate in feature.evidence.gates}


def test_fewer_missing_rows_are_a_change_too() -> None:
    verdict = one([None, "a"] * 500, ["a"] * 400)
    gates = {gate.name: gate.value for gate in verdict["x"].evidence.gates}
    assert verdict.drifted == ("x",)
    assert gates["missing_rate"] == pytest.approx(-0.5)


def test_values_out_of_range_of_a_constant_baseline_have_drifted() -> None:
    verdict = one([5.0] * 1000, [5.0] * 50 + [6.0] * 50)
    assert verdict.drifted == ("x",)
    assert verdict["x"].evidence.leading.name is CheckName.OUT_OF_RANGE


def test_infinities_are_nothing_new_to_a_baseline_that_holds_some() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=ROWS)
    rows[: ROWS // 20] = math.inf
    current = random.normal(size=400)
    current[:20] = math.inf
    assert one(rows, current).status is Status.PASSING
    assert one(random.normal(size=ROWS), current).drifted == ("x",)


def test_new_levels_beyond_what_rare_levels_let_expect_have_drifted() -> None:
    verdict = one(LEVELS * 20, LEVELS + ["new"] * 10)
    checks = {check.name: check for check in verdict["x"].evidence.checks}
    assert verdict.drifted == ("x",)
    assert checks[CheckName.NEW_LEVEL].p < 1e-6
    assert checks[CheckName.NEW_LEVEL].rate == pytest.approx(10 / 110)


def test_a_batch_of_over_a_tenth_of_the_baseline_has_no_p_value_for_new_levels() -> None:
    check = one(LEVELS * 5, LEVELS + ["new"] * 10)["x"].evidence.checks[-1]
    assert (check.name, check.p) == (CheckName.NEW_LEVEL, None)
    assert "tenth" in check.reason
    assert check.rate == pytest.approx(10 / 110)


def test_one_feature_by_itself_is_judged_as_in_a_batch() -> None:
    baseline, current = moved(0.45, rows=60)
    for name in baseline.columns:
        alone = evidence(name, baseline.columns[name], current.columns[name], batch_id="b", tests=3)
        assert alone == decide(baseline, current, batch_id="b")[name].evidence


def test_a_thin_table_gets_an_exact_p_value() -> None:
    found = one(LEVELS * 20, ["a"] * 12 + ["b"] * 4 + ["c"] * 14)["x"].evidence
    check = found.checks[0]
    assert check.draws >= 100_000
    assert found.min_expected < 20
    # As unlikely as the limiting distribution says, to an order of magnitude.
    assert 1e-6 < check.p < 1e-3


def test_the_verdict_is_the_same_every_time_and_for_every_order() -> None:
    random = np.random.default_rng(5)
    frame, batch = normal(ROWS, columns=6), normal(40, seed=9, mean=0.7, columns=6)
    baseline, current = profiles(frame, batch)
    shuffled = random.permutation(40)
    names = list(frame)[::-1]
    _, again = profiles({n: frame[n] for n in names}, {n: batch[n][shuffled] for n in names})
    merged = Profile.of(pl.DataFrame(batch)[:13], baseline.bins).merge(
        Profile.of(pl.DataFrame(batch)[13:], baseline.bins)
    )
    stored = Profile.from_bytes(current.to_bytes(), baseline.bins)
    wanted = decide(baseline, current, batch_id="b")
    assert sum(check.draws for f in wanted.features for check in f.evidence.checks) > 0
    for same in (current, again, merged, stored):
        assert decide(baseline, same, batch_id="b") == wanted


def test_a_feature_more_changes_no_other_features_evidence() -> None:
    baseline, current = moved(0.8, columns=4)
    few, many = decide(baseline.select(["x0", "x1"]), current), decide(baseline, current)
    for name in ("x0", "x1"):
        assert few[name].evidence == many[name].evidence


def test_the_smallest_detectable_change_grows_with_features_and_shrinks_with_rows() -> None:
    small, large = decide(*moved(0.0, rows=50)), decide(*moved(0.0, rows=1000))
    alone = decide(moved(0.0, rows=50)[0].select(["x0"]), moved(0.0, rows=50)[1])
    assert large["x0"].smallest_detectable_psi < small["x0"].smallest_detectable_psi
    assert alone["x0"].smallest_detectable_psi < small["x0"].smallest_detectable_psi


NUMBERS = {
    "no rows": [],
    "one row": [1.0],
    "nine rows": [float(i) for i in range(9)],
}


@pytest.mark.parametrize("current", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize(
    "baseline", [normal(ROWS)["x0"], [5.0] * 100, [None] * 100], ids=["normal", "constant", "none"]
)
def test_too_few_rows_are_unknown(baseline: object, current: list[float]) -> None:
    baseline = pl.Series(baseline, dtype=pl.Float64)
    verdict = one(baseline, current)
    assert verdict.status is Status.UNKNOWN
    assert verdict["x"].outcome is Outcome.UNKNOWN
    assert f"{len(current)} row" in verdict.reasons[0]
    assert (verdict.p, verdict["x"].evidence.p, verdict["x"].smallest_detectable_psi) == (None, None, None)


NASTY: dict[str, tuple[object, object, Outcome]] = {
    "no baseline": (pl.Series([], dtype=pl.Float64), [1.0] * 50, Outcome.UNKNOWN),
    "nine baseline rows": ([1.0] * 9, [1.0] * 50, Outcome.UNKNOWN),
    "all missing on both sides": (pl.Series([None] * 50, dtype=pl.Float64), [None] * 50, Outcome.UNKNOWN),
    "no level on either side": (pl.Series([None] * 50, dtype=pl.String), [None] * 50, Outcome.UNKNOWN),
    "nothing arrives": ([1.0, 2.0] * 50, [None] * 50, Outcome.DRIFTED),
    "something arrives": (pl.Series([None] * 100, dtype=pl.Float64), [1.0] * 50, Outcome.DRIFTED),
    "constant on both sides": ([3.0] * 100, [3.0] * 50, Outcome.NO_EVIDENCE),
    "one level on both sides": (["a"] * 100, ["a"] * 50, Outcome.NO_EVIDENCE),
    "disjoint ranges": ([1.0, 2.0, 3.0] * 100, [9.0] * 50, Outcome.DRIFTED),
    "only infinities": ([math.inf] * 100, [math.inf] * 50, Outcome.NO_EVIDENCE),
    "infinities arrive": ([1.0, 2.0, 3.0] * 100, [math.inf, -math.inf] * 25, Outcome.DRIFTED),
    "a large offset": (1e9 + np.arange(1000) * 1e-3, 1e9 + np.arange(0, 1000, 10) * 1e-3, Outcome.NO_EVIDENCE),
    "tiny values": (np.arange(1000) * 1e-300, np.arange(0, 1000, 10) * 1e-300, Outcome.NO_EVIDENCE),
    "100,000 levels": (
        [f"l{i}" for i in range(100_000)],
        [f"l{i}" for i in range(70_000, 70_500)],
        Outcome.NO_EVIDENCE,
    ),
    "100,000 other levels": ([f"l{i % 100}" for i in range(10**5)], [f"m{i}" for i in range(5000)], Outcome.DRIFTED),
    "levels like numbers and nulls": (["1", "1.0", "nan", "null"] * 50, ["nan", "null"] * 40, Outcome.DRIFTED),
}


@pytest.mark.parametrize(("baseline", "current", "outcome"), NASTY.values(), ids=NASTY)
def test_nasty_inputs_get_a_verdict_or_a_reason(baseline: object, current: object, outcome: Outcome) -> None:
    verdict = one(baseline, current)
    feature = verdict["x"]
    assert feature.outcome is outcome
    assert (feature.evidence.reason is None) == (outcome is not Outcome.UNKNOWN)
    for check in feature.evidence.checks:
        assert (check.p is None) == (check.reason is not None)
        assert check.p is None or 0.0 <= check.p <= 1.0
    assert "nan" not in str([v for v in asdict(feature.evidence).values() if isinstance(v, float)])


VALUES = st.lists(
    st.floats(allow_nan=True, allow_infinity=True) | st.integers(-2, 2).map(float), min_size=0, max_size=60
)
STRINGS = st.lists(st.sampled_from(["a", "b", "c", "nan", "", None]), min_size=0, max_size=60)


@given(VALUES, VALUES, STRINGS, STRINGS)
def test_any_rows_get_a_verdict_or_a_reason(
    numbers: list[float], more: list[float], levels: list[str | None], others: list[str | None]
) -> None:
    bins = {
        **bins_of(pl.DataFrame({"x": pl.Series(numbers, dtype=pl.Float64)})),
        **bins_of(pl.DataFrame({"c": pl.Series(levels, dtype=pl.String)})),
    }

    def of(x: list[float], c: list[str | None]) -> Profile:
        rows = max(len(x), len(c))
        frame = {
            "x": pl.Series([*x, *[None] * (rows - len(x))], dtype=pl.Float64),
            "c": pl.Series([*c, *[None] * (rows - len(c))], dtype=pl.String),
        }
        return Profile.of(pl.DataFrame(frame), bins)

    options = DecisionOptions(fewest_draws=4_000)
    verdict = decide(of(numbers, levels), of(more, others), options=options)
    for feature in verdict.features:
        assert (feature.outcome is Outcome.UNKNOWN) == (feature.evidence.reason is not None)
        assert feature.adjusted_p is None or 0.0 <= feature.adjusted_p <= 1.0
        assert feature.smallest_detectable_psi is None or feature.smallest_detectable_psi >= 0.0


def test_a_column_that_the_batch_has_not_is_unknown() -> None:
    baseline, current = moved(0.0)
    verdict = decide(baseline, current.select(["x0"]))
    assert verdict["x1"].outcome is Outcome.UNKNOWN
    assert "no such column" in verdict["x1"].evidence.reason
    assert verdict.status is Status.PASSING


def test_no_column_is_unknown() -> None:
    verdict = decide(Profile.empty({}), Profile.empty({}))
    assert (verdict.status, verdict.p, verdict.features) == (Status.UNKNOWN, None, ())
    with pytest.raises(KeyError):
        verdict["x"]


def test_other_bins_are_refused() -> None:
    with pytest.raises(BinsMismatch):
        decide(profiles({"x": [1.0] * 20}, {})[0], profiles({"x": [1.0, 2.0] * 20}, {"x": [1.0] * 20})[1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": 0.0},
        {"alpha": 1.0},
        {"alpha": math.nan},
        {"big_psi": 0.0},
        {"big_rate": 1.5},
        {"importance_threshold": math.inf},
        {"fewest_draws": 0},
        {"adjustment": "none"},
    ],
)
def test_impossible_options_are_refused(wrong: dict) -> None:
    with pytest.raises(Invalid, match=next(iter(wrong))):
        DecisionOptions(**wrong)


def test_impossible_counts_and_importances_are_refused() -> None:
    with pytest.raises(Invalid, match="low_warning"):
        StatusCounts(low_warning=0)
    with pytest.raises(Invalid, match="importance of 'x0'"):
        decide(*moved(0.0), importance={"x0": math.nan})


def test_another_level_judges_the_same_evidence() -> None:
    verdict = decide(*moved(0.8))
    stricter = verdict.at_level(1e-40)
    assert (verdict.alarm, stricter.alarm, stricter.level) == (True, False, 1e-40)
    assert stricter.at_level(verdict.level) == verdict
    assert decide(*moved(0.8), options=replace(verdict.options, alpha=1e-40))["x0"].outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    ("statuses", "wanted"),
    [
        ([], Status.UNKNOWN),
        ([Status.UNKNOWN, Status.PASSING], Status.PASSING),
        ([Status.FAILING, Status.WARNING], Status.FAILING),
    ],
)
def test_the_worst_status_is_the_most_severe_known_one(statuses: list[Status], wanted: Status) -> None:
    assert worst(statuses) is wanted


def notes(rows: list[str | None]) -> tuple[Profile, dict[str, WordBins]]:
    frame = pl.DataFrame({"note": pl.Series(rows, dtype=pl.String)})
    bins = {"note": WordBins.of(frame["note"])}
    return Profile.of(frame, bins), bins


def test_a_text_whose_words_have_changed_has_drifted_and_the_word_is_the_reason() -> None:
    # 30 % of the texts have "late", in the batch 60 %; its two cells have a PSI of 0.3 ln(0.6/0.3) + 0.3 ln(0.7/0.4).
    baseline, bins = notes(["plane is late"] * 300 + ["plane is here"] * 700)
    rows = pl.DataFrame({"note": ["plane is late"] * 60 + ["plane is here"] * 40})
    feature = decide(baseline, Profile.of(rows, bins), batch_id="b")["note"]
    check = feature.evidence.leading
    assert check.name is CheckName.WORDS
    # "here" and "late" move together, by the same 30 points; four words are tested, and no value is missing.
    assert (check.rate, check.expected_rate) == (0.4, 0.7)
    assert feature.evidence.p == pytest.approx(4 * stats.fisher_exact([[60, 40], [300, 700]]).pvalue, rel=1e-9)
    assert feature.outcome is Outcome.DRIFTED
    (gate,) = [gate for gate in feature.evidence.gates if gate.name == "word"]
    assert gate.value == pytest.approx(0.3 * math.log(2) + 0.3 * math.log(7 / 4), abs=0.03)
    assert feature.smallest_detectable_psi is None


def test_missing_texts_are_found_by_their_rate_and_the_same_texts_pass() -> None:
    baseline, bins = notes(["plane is late", "plane is here"] * 500)
    gone = Profile.of(pl.DataFrame({"note": ["plane is late", "plane is here", None] * 60}), bins)
    assert decide(baseline, gone)["note"].evidence.leading.name in {CheckName.MISSING_RATE, CheckName.WORDS}
    assert "missing_rate" in {gate.name for gate in decide(baseline, gone)["note"].evidence.gates}
    same = Profile.of(pl.DataFrame({"note": ["plane is late", "plane is here"] * 60}), bins)
    assert decide(baseline, same)["note"].outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize("rows", [[], [""] * 20, ["one of a kind"] * 3, [None] * 20])
def test_a_text_that_nothing_can_be_said_of_is_unknown_or_quiet(rows: list[str | None]) -> None:
    baseline, bins = notes(["", "..."] * 20)
    current = Profile.of(pl.DataFrame({"note": pl.Series(rows, dtype=pl.String)}), bins)
    feature = decide(baseline, current)["note"]
    if len(rows) < 10:
        assert feature.outcome is Outcome.UNKNOWN
    else:
        assert feature.evidence.checks[0].reason == "no word is expected in 5 of 20 rows"
