import polars as pl
import pytest

from assay.errors import BinsMismatch
from assay.stats.profile.bins import LevelBins
from assay.stats.profile.categorical import CategoricalColumn


def column(values: list[str | None], baseline: list[str | None], top: int = 25) -> CategoricalColumn:
    bins = LevelBins.of(pl.Series(baseline, dtype=pl.String), top=top)
    return CategoricalColumn.of(pl.Series(values, dtype=pl.String), bins)


def test_other_holds_rare_and_new_levels_and_new_ones_are_counted_apart() -> None:
    profile = column(["a", "c", "z", "z", None], ["a", "a", "b", "b", "c"], top=2)
    assert profile.cells().tolist() == [1, 0, 3, 1]
    assert profile.cells_with_new_level().tolist() == [1, 0, 1, 2, 1]
    assert (profile.new_level_rows, profile.missing, profile.rows) == (2, 1, 5)


def test_levels_are_compared_as_exact_strings() -> None:
    baseline = ["1", "1.0", "é", "e\u0301", " a", "a", "A", ""]
    profile = column(baseline, baseline)
    assert profile.cells().tolist() == [1] * 8 + [0, 0]
    assert profile.new_level_rows == 0


@pytest.mark.parametrize(("values", "missing"), [([], 0), ([None, None], 2)])
def test_a_column_without_levels_has_missing_rows_only(values: list[None], missing: int) -> None:
    profile = column(values, ["a", "b"])
    assert profile.cells().tolist() == [0, 0, 0, missing]
    assert (profile.rows, profile.new_level_rows) == (missing, 0)


def test_no_rows_are_the_empty_profile() -> None:
    assert column([], ["a"]) == CategoricalColumn.empty(LevelBins.of(pl.Series(["a"])))


def test_a_baseline_without_levels_finds_every_level_new() -> None:
    profile = column(["a", None], [None])
    assert (profile.cells().tolist(), profile.new_level_rows) == ([1, 1], 1)


def test_one_level_is_one_cell() -> None:
    assert column(["only"] * 20, ["only"] * 100).cells().tolist() == [20, 0, 0]


def test_a_boolean_column_has_the_levels_true_and_false() -> None:
    bins = LevelBins.of(pl.Series([True, True, False, None]))
    assert bins.levels == ("true", "false")
    assert CategoricalColumn.of(pl.Series([False, None]), bins).cells().tolist() == [0, 1, 0, 1]


def test_categories_and_enums_are_read_as_their_text() -> None:
    bins = LevelBins.of(pl.Series(["b", "a", "b"]))
    for dtype in (pl.Categorical, pl.Enum(["a", "b", "c"])):
        profile = CategoricalColumn.of(pl.Series(["a", "b", "c"], dtype=dtype), bins)
        assert (profile.cells().tolist(), profile.new_level_rows) == ([1, 1, 1, 0], 1)


def test_whole_numbers_are_read_as_they_are_written() -> None:
    assert CategoricalColumn.of(pl.Series([1, 2, None]), LevelBins.of(pl.Series(["1", "1", "2"]))).cells().tolist() == [
        1,
        1,
        0,
        1,
    ]


def test_many_distinct_levels_are_all_counted() -> None:
    ids = [f"id-{i}" for i in range(5000)]
    profile = column([*ids, "unheard of"], ids)
    assert profile.counts[:25].tolist() == [1] * 25
    assert (profile.counts[-1], profile.new_level_rows) == (4976, 1)


def test_profiles_over_other_levels_do_not_merge() -> None:
    with pytest.raises(BinsMismatch, match="different levels"):
        column(["a"], ["a"]).merge(column(["a"], ["b"]))
