"""Each fault, planted in seeded data, is named first; clean data has no cause."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from assay.stats.causes import Cause, CauseCode, Clues, TypeReading, causes
from assay.stats.causes.units import NAMED
from assay.stats.drift.unseen import UnseenLevels
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn, WordBins
from assay.stats.repeats import Repeats

M = 10_000
SIZES = (500, 5_000)

NORMAL = lambda g, n: g.normal(50.0, 10.0, n)  # noqa: E731
FAMILIES = {
    "normal": NORMAL,
    "lognormal": lambda g, n: g.lognormal(3.0, 0.6, n),
    "exponential": lambda g, n: g.exponential(20.0, n),
    "counts": lambda g, n: g.poisson(6.0, n).astype(float),
    "uniform": lambda g, n: g.uniform(10.0, 90.0, n),
    "offset": lambda g, n: 1e9 + g.normal(0.0, 10.0, n),
    "centred": lambda g, n: g.normal(0.0, 3.0, n),
    "zero-inflated": lambda g, n: np.where(g.random(n) < 0.6, 0.0, g.exponential(5.0, n)),
}
UNITS = ["normal", "lognormal", "exponential", "uniform"]
CITIES = np.array(["Rome", "Paris", "Oslo", "Bern", "Lima"])
SHARES = [0.4, 0.25, 0.2, 0.1, 0.05]


def numeric(baseline: np.ndarray, current: np.ndarray, clues: Clues | None = None) -> tuple[Cause, ...]:
    one, other = pl.Series(baseline), pl.Series(current)
    bins = NumericBins.of(one)
    return causes(NumericColumn.of(one, bins), NumericColumn.of(other, bins), clues)


def categorical(baseline: list, current: list, *, names: bool = True, clues: Clues | None = None) -> tuple[Cause, ...]:
    one, other = pl.Series(baseline, dtype=pl.String), pl.Series(current, dtype=pl.String)
    bins = LevelBins.of(one)
    known = clues or Clues(unseen=UnseenLevels.of(other, bins) if names else None)
    return causes(CategoricalColumn.of(one, bins), CategoricalColumn.of(other, bins), known)


def cities(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(CITIES, n, p=SHARES)


def first(found: tuple[Cause, ...]) -> CauseCode | None:
    return found[0].code if found else None


@pytest.mark.parametrize(("n", "allowed"), [(30, 2), (500, 0), (5_000, 0)])
def test_clean_numbers_have_no_cause(n: int, allowed: int) -> None:
    # Some five tests at 0.001 on each of 160 columns: sizes that matter are rare only when rows are many.
    named = [
        (family, seed)
        for place, (family, draw) in enumerate(FAMILIES.items())
        for seed in range(20)
        for g in [np.random.default_rng([place, seed])]
        if numeric(draw(g, M), draw(g, n))
    ]
    assert len(named) <= allowed, named


@pytest.mark.parametrize("n", [30, 500, 5_000])
def test_clean_levels_have_no_cause(n: int) -> None:
    for seed in range(40):
        assert categorical(list(cities(seed, M)), list(cities(seed + 1_000, n))) == ()


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("family", UNITS)
@pytest.mark.parametrize("factor", [10.0, 100.0, 1000.0, 0.1, 0.01, 0.001, 1e6, 60.0])
def test_a_power_of_ten_is_a_change_of_unit(family: str, n: int, factor: float) -> None:
    g = np.random.default_rng(1)
    found = numeric(FAMILIES[family](g, M), FAMILIES[family](g, n) * factor)
    assert first(found) is CauseCode.UNIT_OR_SCALE_CHANGE
    # 60 is not told from 57.3 (radians to degrees) by 500 rows; powers of ten have no near neighbour.
    assert found[0].evidence["factor"] == pytest.approx(factor, rel=0.06 if factor == 60.0 else 1e-9)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("family", ["normal", "lognormal", "uniform"])
@pytest.mark.parametrize("unit", [u for u in NAMED if u.change.factor > 0], ids=lambda u: u.name)
def test_a_pair_of_units_is_a_change_of_unit(family: str, n: int, unit) -> None:
    g = np.random.default_rng(2)
    found = numeric(FAMILIES[family](g, M), unit.change.of(FAMILIES[family](g, n)))
    if unit.change.factor == 1.0 or abs(np.log(unit.change.factor)) > np.log(2) or n > 1_000:
        assert first(found) is CauseCode.UNIT_OR_SCALE_CHANGE, found


def test_units_that_have_a_name_are_named() -> None:
    g = np.random.default_rng(3)
    fahrenheit = g.normal(60.0, 18.0, M)
    found = numeric(fahrenheit, (g.normal(60.0, 18.0, 3_000) - 32) / 1.8)
    assert found[0].words == "values fit the baseline's after x 0.5556 - 17.78 (Fahrenheit to Celsius)"
    assert len(found) == 1


def test_a_free_factor_is_found() -> None:
    g = np.random.default_rng(4)
    found = numeric(g.lognormal(3.0, 0.4, M), g.lognormal(3.0, 0.4, 2_000) * 1.7)
    assert first(found) is CauseCode.UNIT_OR_SCALE_CHANGE
    assert found[0].evidence["factor"] == pytest.approx(1.7, rel=0.06)


def test_a_shift_no_population_makes_is_a_change_of_unit() -> None:
    g = np.random.default_rng(5)
    found = numeric(g.normal(50.0, 2.0, M), g.normal(50.0, 2.0, 1_000) + 37.0)
    assert first(found) is CauseCode.UNIT_OR_SCALE_CHANGE


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("size", [0.5, 1.0, 1.9, -1.0])
@pytest.mark.parametrize("family", ["normal", "uniform", "centred", "offset"])
def test_a_moved_mean_is_a_shift_of_location(family: str, n: int, size: float) -> None:
    g = np.random.default_rng(6)
    baseline = FAMILIES[family](g, M)
    found = numeric(baseline, FAMILIES[family](g, n) + size * baseline.std())
    assert first(found) is CauseCode.SHIFT_OF_LOCATION, found
    assert found[0].evidence["shift_sd"] == pytest.approx(size, abs=0.15)


def test_the_words_of_a_shift() -> None:
    g = np.random.default_rng(7)
    assert numeric(g.normal(0, 1, M), g.normal(1.9, 1, 5_000))[0].words == "shift of location +1.9 sd"


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("ratio", [2.0, 0.5, 1.6])
@pytest.mark.parametrize("family", ["normal", "centred", "offset"])
def test_a_stretched_column_is_a_shift_of_spread(family: str, n: int, ratio: float) -> None:
    g = np.random.default_rng(8)
    baseline = FAMILIES[family](g, M)
    found = numeric(baseline, (FAMILIES[family](g, n) - baseline.mean()) * ratio + baseline.mean())
    assert first(found) is CauseCode.SHIFT_OF_SPREAD, found
    assert found[0].evidence["ratio"] == pytest.approx(ratio, rel=0.1)


@pytest.mark.parametrize("n", SIZES)
def test_two_humps_with_mean_and_spread_kept_are_a_shift_of_shape(n: int) -> None:
    g = np.random.default_rng(9)
    humps = 50 + 10 * (g.choice([-1, 1], n) * 0.9 + g.normal(0, np.sqrt(1 - 0.81), n))
    assert first(numeric(g.normal(50, 10, M), humps)) is CauseCode.SHIFT_OF_SHAPE


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("family", ["normal", "uniform", "centred", "counts", "offset"])
@pytest.mark.parametrize("share", [0.02, 0.05])
def test_a_few_wild_values_are_outliers(family: str, n: int, share: float) -> None:
    g = np.random.default_rng(10)
    baseline, current = FAMILIES[family](g, M), FAMILIES[family](g, n)
    current[: int(share * n)] += 40 * baseline.std()
    found = numeric(baseline, current)
    assert first(found) is CauseCode.OUTLIERS, found
    assert found[0].evidence["share"] == pytest.approx(share, abs=0.005)


def test_infinities_are_outliers() -> None:
    g = np.random.default_rng(11)
    current = NORMAL(g, 1_000)
    current[:30] = np.inf
    assert first(numeric(NORMAL(g, M), current)) is CauseCode.OUTLIERS


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("family", FAMILIES)
def test_gaps_are_more_missing(family: str, n: int) -> None:
    g = np.random.default_rng(12)
    baseline, current = FAMILIES[family](g, M), FAMILIES[family](g, n)
    baseline[:100], current[: round(0.082 * n)] = np.nan, np.nan
    found = numeric(baseline, current)
    assert [cause.words for cause in found] == ["missing rose from 1.0 % to 8.2 %"]
    assert first(found) is CauseCode.MORE_MISSING


def test_gaps_that_were_filled_are_less_missing() -> None:
    g = np.random.default_rng(13)
    baseline = NORMAL(g, M)
    baseline[:2_000] = np.nan
    assert first(numeric(baseline, NORMAL(g, 1_000))) is CauseCode.LESS_MISSING


@pytest.mark.parametrize("family", FAMILIES)
def test_one_value_throughout_is_a_constant_column(family: str) -> None:
    g = np.random.default_rng(14)
    baseline = FAMILIES[family](g, M)
    found = numeric(baseline, np.full(200, np.median(baseline)))
    assert first(found) is CauseCode.CONSTANT_COLUMN
    assert first(numeric(baseline, np.zeros(200))) is CauseCode.CONSTANT_COLUMN


def test_text_among_numbers_is_a_change_of_type() -> None:
    g = np.random.default_rng(15)
    current = NORMAL(g, 500)
    current[:400] = np.nan
    clues = Clues(reading=TypeReading("Numeric", "Categorical", 400, "12,5"))
    found = numeric(NORMAL(g, M), current, clues)
    assert [cause.code for cause in found] == [CauseCode.TYPE_CHANGE]
    assert "80.0 %" in found[0].words
    assert "'12,5'" in found[0].words


def test_numbers_among_levels_are_a_change_of_type() -> None:
    clues = Clues(reading=TypeReading("Categorical", "Numeric", 500, "3"))
    found = categorical(list(cities(16, M)), [str(i % 7) for i in range(500)], clues=clues)
    assert first(found) is CauseCode.TYPE_CHANGE


def test_copied_rows_are_named_where_rows_are_given() -> None:
    g = np.random.default_rng(17)
    baseline = pl.DataFrame({"x": NORMAL(g, M), "y": g.normal(size=M)})
    current = pl.DataFrame({"x": NORMAL(g, 1_000), "y": g.normal(size=1_000)})
    copied = pl.concat([current[:500], current[:5], *[current[:1]] * 495])
    clues = Clues(repeats=Repeats.between(baseline, copied))
    found = numeric(baseline["x"].to_numpy(), copied["x"].to_numpy(), clues)
    assert first(found) is CauseCode.DUPLICATED_ROWS
    assert found[0].words == "50.0 % of the rows are copies of another row (0 % in the baseline)"


def test_few_values_repeat_rows_by_nature() -> None:
    frame = pl.DataFrame({"x": [i % 5 for i in range(2_000)]})
    assert numeric(frame["x"].to_numpy(), frame["x"].to_numpy(), Clues(repeats=Repeats.between(frame, frame))) == ()


@pytest.mark.parametrize("n", [100, *SIZES])
@pytest.mark.parametrize("old", ["Rome", "Paris", "Oslo"])
@pytest.mark.parametrize("names", [True, False])
def test_a_level_with_another_name_is_renamed(n: int, old: str, names: bool) -> None:
    current = np.where(cities(19, n) == old, "Atlantis", cities(19, n))
    found = categorical(list(cities(18, M)), list(current), names=names)
    assert [cause.code for cause in found] == [CauseCode.LEVEL_RENAMED]
    assert found[0].evidence["old"] == old
    assert found[0].evidence["new"] == ("Atlantis" if names else None)


def test_levels_in_another_case_are_renamed_each_to_its_own() -> None:
    current = [city.upper() for city in cities(20, 1_000)]
    found = categorical(list(cities(21, M)), current)
    assert [cause.code for cause in found] == [CauseCode.LEVEL_RENAMED]
    assert found[0].words.startswith("'Rome' is now 'ROME', 'Paris' is now 'PARIS', 'Oslo' is now 'OSLO'")
    assert found[0].evidence["levels"] == 5


@pytest.mark.parametrize("n", SIZES)
def test_a_level_from_nowhere_is_a_new_level(n: int) -> None:
    current = cities(22, n)
    current[: n // 8] = "Atlantis"[:5]
    found = categorical(list(cities(23, M)), list(current))
    assert first(found) is CauseCode.NEW_LEVEL
    assert found[0].words == f"new level 'Atlan' in {100 * (n // 8) / n:.1f} % of the rows"


@pytest.mark.parametrize("n", SIZES)
def test_levels_in_other_shares_are_a_shift_of_shape(n: int) -> None:
    current = np.random.default_rng(24).choice(CITIES, n, p=[0.2, 0.25, 0.4, 0.1, 0.05])
    found = categorical(list(cities(25, M)), list(current))
    assert [cause.code for cause in found] == [CauseCode.SHIFT_OF_SHAPE]


def test_one_level_throughout_is_a_constant_column() -> None:
    assert first(categorical(list(cities(26, M)), ["Oslo"] * 50)) is CauseCode.CONSTANT_COLUMN
    assert first(categorical(["x"] * 100, ["x"] * 50)) is None


@pytest.mark.parametrize("rows", [[], [1.0], [float("nan")] * 50])
def test_no_rows_one_row_and_gaps_do_not_break_it(rows: list[float]) -> None:
    g = np.random.default_rng(27)
    found = numeric(NORMAL(g, 100), np.array(rows, dtype=float))
    assert first(found) is (CauseCode.MORE_MISSING if len(rows) > 9 else None)
    assert numeric(np.array(rows, dtype=float), NORMAL(g, 100)) is not None


def test_one_level_that_the_baseline_never_had_is_a_constant_column_too() -> None:
    found = categorical(cities(0, M).tolist(), ["unknown"] * 200)
    assert [cause.code for cause in found] == [CauseCode.CONSTANT_COLUMN]
    assert found[0].words == "constant: every value is 'unknown', which the baseline never had"
    assert found[0].evidence["rows"] == 200
    # A baseline of hardly anything else has that level renamed, and one of nothing else has a new one.
    assert first(categorical(["a"] * 997 + ["b"] * 3, ["A"] * 200)) is CauseCode.LEVEL_RENAMED
    assert first(categorical(["a"] * 1_000, ["A"] * 200)) is not CauseCode.CONSTANT_COLUMN


def test_spreads_at_the_ends_of_a_double_are_compared_without_a_fault() -> None:
    huge = np.resize([1.7e308, -1.7e308], M)
    tiny = np.resize([np.inf, -np.inf, 1.0, 2.0], 300)
    assert CauseCode.SHIFT_OF_SPREAD not in {cause.code for cause in numeric(huge, tiny)}
    assert numeric(tiny, huge[:300])


def test_infinite_values_are_outliers_without_a_farthest_one() -> None:
    x = np.random.default_rng(0).normal(0.0, 1.0, M)
    found = numeric(x, np.append(x[:950], [np.inf] * 50))
    assert found[0].words == "outliers: 5.0 % of the values lie far outside the baseline's range (50 infinite)"


def test_a_constant_baseline_that_moves_is_a_shift() -> None:
    assert first(numeric(np.full(1_000, 5.0), np.full(100, 7.0))) is CauseCode.SHIFT_OF_LOCATION


def test_a_constant_baseline_that_varies_now_is_told_by_its_values() -> None:
    (found,) = numeric(np.full(1_000, 5.0), np.linspace(2.0, 8.0, 101))
    assert found.code is CauseCode.SHIFT_OF_SHAPE
    assert found.words == "another shape: values from 2 to 8, where the baseline's are all 5"
    assert (found.evidence["low"], found.evidence["high"]) == (2.0, 8.0)
    assert (found.evidence["baseline_low"], found.evidence["baseline_high"]) == (5.0, 5.0)


def test_a_nearly_constant_baseline_has_no_share_of_all_values_that_moved() -> None:
    then = np.append(np.full(990, 5.0), np.linspace(1.0, 4.0, 10))
    for found in numeric(then, np.append(np.full(60, 5.0), np.linspace(1.0, 4.0, 40))):
        assert "all values" not in found.words


def test_tiny_and_huge_values_do_not_break_it() -> None:
    g = np.random.default_rng(28)
    tiny, huge = g.normal(size=500) * 1e-300, g.normal(size=500) * 1e300
    for baseline in (tiny, huge):
        for current in (tiny, huge):
            assert numeric(baseline, current) is not None


def notes(then: list[str | None], now: list[str | None]) -> tuple[Cause, ...]:
    one, other = (pl.Series(rows, dtype=pl.String) for rows in (then, now))
    bins = WordBins.of(one)
    return causes(TextColumn.of(one, bins), TextColumn.of(other, bins))


def test_a_word_that_became_more_frequent_is_named_with_both_shares() -> None:
    (cause,) = notes(["plane is late"] * 300 + ["plane is here"] * 700, ["plane is late"] * 60 + ["plane is here"] * 40)
    assert cause.code is CauseCode.SHIFT_OF_SHAPE
    assert cause.words in {
        "word 'late' in 60.0 % of the rows, 30.0 % in the baseline; 2 words changed",
        "word 'here' in 40.0 % of the rows, 70.0 % in the baseline; 2 words changed",
    }
    assert notes(["a b", "c d"] * 200, ["c d", "a b"] * 30) == ()


def test_one_text_in_every_row_is_a_constant_column() -> None:
    then = [f"note {i} of the {'late' if i % 2 else 'early'} plane" for i in range(400)]
    (cause,) = notes(then, ["note 1 of the late plane"] * 40)
    assert (cause.code, cause.words) == (
        CauseCode.CONSTANT_COLUMN,
        "constant: every text is the same (400 different ones in the baseline)",
    )
    # The baseline is nearly constant itself.
    assert all(
        c.code is not CauseCode.CONSTANT_COLUMN for c in notes(["no remark"] * 399 + ["late"], ["no remark"] * 40)
    )


def test_of_zeros_and_ones_the_share_is_named() -> None:
    then, now = pl.Series([0.0, 1.0] * 500), pl.Series([0.0, 1.0, 1.0, 1.0] * 50)
    bins = NumericBins.of(then)
    (cause,) = causes(NumericColumn.of(then, bins), NumericColumn.of(now, bins))
    assert (cause.code, cause.words) == (CauseCode.SHIFT_OF_SHAPE, "share of 1 rose from 50.0 % to 75.0 %")
    assert cause.evidence["p"] == pytest.approx(stats.fisher_exact([[150, 50], [500, 500]]).pvalue)
    same = pl.Series([1.0, 0.0] * 60)
    assert causes(NumericColumn.of(then, bins), NumericColumn.of(same, bins)) == ()
