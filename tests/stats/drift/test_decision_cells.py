import math

import numpy as np
import polars as pl
import pytest

from assay.errors import BinsMismatch
from assay.stats.drift.decision_cells import cells_to_test, decision_bins, decision_cells
from assay.stats.drift.homogeneity import chi_square
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn

BASELINE = [float(i) for i in range(1000)]


def numeric(current: list[float | None], baseline: list[float] = BASELINE) -> tuple[NumericColumn, NumericColumn]:
    bins = NumericBins.of(pl.Series(baseline, dtype=pl.Float64))
    return tuple(NumericColumn.of(pl.Series(rows, dtype=pl.Float64), bins) for rows in (baseline, current))


def categorical(baseline: list[str | None], current: list[str | None]) -> tuple[CategoricalColumn, CategoricalColumn]:
    bins = LevelBins.of(pl.Series(baseline, dtype=pl.String))
    return tuple(CategoricalColumn.of(pl.Series(rows, dtype=pl.String), bins) for rows in (baseline, current))


@pytest.mark.parametrize(("values", "bins"), [(0, 2), (14, 2), (15, 3), (49, 9), (50, 10), (10**6, 10)])
def test_a_fifth_of_the_values_gives_the_bins_from_two_to_ten(values: int, bins: int) -> None:
    assert decision_bins(values) == bins


def test_missing_rows_are_a_cell_but_do_not_count_towards_the_bins() -> None:
    cells = decision_cells(*numeric([5.0] * 20 + [None] * 80))
    assert cells.bins == 4
    assert cells.current.tolist() == [20, 0, 0, 0, 80]
    assert cells.baseline.tolist() == [250, 250, 250, 250, 0]


def test_cells_empty_on_both_sides_are_dropped() -> None:
    assert decision_cells(*numeric([5.0] * 20)).baseline.size == 4


def test_infinities_are_values() -> None:
    assert decision_cells(*numeric([math.inf] * 10)).current.tolist() == [0, 10]


@pytest.mark.parametrize("current", [[], [5.0] * 9, [None] * 100, [5.0] * 9 + [None] * 100])
def test_fewer_than_ten_values_are_not_tested(current: list[float | None]) -> None:
    assert decision_cells(*numeric(current)) is None


def test_one_cell_is_not_tested() -> None:
    assert decision_cells(*numeric([7.0] * 50, [5.0] * 50)) is None
    assert decision_cells(*numeric([7.0] * 50, [])) is None
    assert decision_cells(*categorical(["only"] * 100, ["only"] * 20)) is None


def test_levels_expected_fewer_than_five_times_share_a_cell_with_new_and_missing() -> None:
    baseline = ["a"] * 50 + ["b"] * 25 + ["c"] * 20 + [None] * 5
    cells = decision_cells(*categorical(baseline, ["a"] * 10 + ["c"] * 6 + ["new"] * 3 + [None]))
    # Of 20 rows a should come 10 times, b 5 times, c 4 times.
    assert cells.baseline.tolist() == [50, 25, 25]
    assert cells.current.tolist() == [10, 0, 10]
    assert cells.bins is None


def test_all_levels_too_rare_are_one_cell_and_not_tested() -> None:
    assert decision_cells(*categorical(["a", "b"] * 50, ["a"] * 3)) is None


@pytest.mark.parametrize(("baseline", "current"), [([], ["a"]), (["a", "b"], [])])
def test_no_rows_are_not_tested(baseline: list[str], current: list[str]) -> None:
    assert decision_cells(*categorical(baseline, current)) is None


def test_the_cells_depend_on_how_many_rows_there_are_and_not_on_their_values() -> None:
    sizes = {decision_cells(*numeric([value] * 30)).baseline.size for value in (-5.0, 3.0, 500.0, 1e9)}
    assert sizes == {6}


def test_other_bins_are_refused() -> None:
    with pytest.raises(BinsMismatch):
        decision_cells(numeric([1.0])[0], numeric([1.0], [1.0, 2.0])[1])
    with pytest.raises(BinsMismatch):
        decision_cells(numeric([1.0])[0], categorical(["a"], ["a"])[1])


def test_levels_that_chance_has_picked_are_tested_in_one_cell() -> None:
    # One level has 300 rows; 35 have 21 to 19: which of these are among the 25 kept is chance.
    rows = ["first"] * 300 + [f"l{i:02}" for i in range(35) for _ in range(20 + (i % 3) - 1)]
    column = pl.Series([*rows, None], dtype=pl.String)
    bins = LevelBins.of(column)
    one = CategoricalColumn.of(column, bins)
    assert len(bins.levels) == 25
    assert decision_cells(one, one).baseline.size == 27  # the kept levels, the other ones, the missing row
    assert cells_to_test(one, one).baseline.tolist() == [300, len(rows) - 300 + 1]


def test_where_every_level_is_kept_all_decision_cells_are_tested() -> None:
    column = pl.Series([f"l{i % 25}" for i in range(1_000)])
    one = CategoricalColumn.of(column, LevelBins.of(column))
    assert cells_to_test(one, one).baseline.tolist() == decision_cells(one, one).baseline.tolist()


def test_a_clean_batch_of_a_flat_column_is_not_marked() -> None:
    # Over all kept levels nearly every one of these would be marked.
    random = np.random.default_rng(0)
    marked = 0
    for _ in range(20):
        then, now = (pl.Series(random.integers(0, 300, 3_000)).cast(pl.String) for _ in range(2))
        bins = LevelBins.of(then)
        pair = CategoricalColumn.of(then, bins), CategoricalColumn.of(now, bins)
        cells, tested = decision_cells(*pair), cells_to_test(*pair)
        marked += chi_square(cells.baseline, cells.current).p < 0.01
        assert tested is None or chi_square(tested.baseline, tested.current).p > 1e-4
    assert marked > 15
