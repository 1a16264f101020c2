import functools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.cases import LEVELS, ODD_VALUES, TEXTS, close_profiles, frame

from assay.errors import BinsMismatch, FormatUnreadable, Invalid
from assay.stats.container import unpack
from assay.stats.profile import Layout, Profile, bins_from_bytes, bins_to_bytes, merge_all
from assay.stats.profile.bins import Bins, LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import WordBins

ROWS = st.lists(st.tuples(ODD_VALUES, LEVELS, TEXTS), max_size=12)


def rows(seed: int, n: int = 200) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": np.where(rng.random(n) < 0.1, math.nan, rng.lognormal(10, 1, n)),
            "city": rng.choice(["Ulm", "Köln", "Bonn"], n),
            "member": rng.random(n) < 0.3,
        }
    )


def bins_of(frame: pl.DataFrame) -> dict[str, Bins]:
    return {
        "x": NumericBins.of(frame["x"]),
        "city": LevelBins.of(frame["city"], top=2),
        "note": WordBins.of(frame["note"], top=2),
    }


@functools.cache
def baseline() -> dict[str, Bins]:
    frame = rows(0)
    return {
        "income": NumericBins.of(frame["income"]),
        "age": NumericBins.of(frame["age"]),
        "city": LevelBins.of(frame["city"], top=2),
        "member": LevelBins.of(frame["member"]),
    }


def test_each_column_is_profiled_over_its_own_bins() -> None:
    frame, bins = rows(1), baseline()
    profile = Profile.of(frame, bins)
    assert profile.rows == 200
    assert list(profile.columns) == ["age", "city", "income", "member"]
    for name in ("age", "income"):
        assert profile.columns[name] == NumericColumn.of(frame[name], bins[name])
    for name in ("city", "member"):
        assert profile.columns[name] == CategoricalColumn.of(frame[name], bins[name])
    assert profile.bins == bins


def test_a_column_absent_from_the_frame_is_missing_in_every_row_and_extra_ones_are_ignored() -> None:
    profile = Profile.of(rows(1).drop("age", "city").with_columns(extra=pl.lit(1)), baseline())
    for name in ("age", "city"):
        assert (profile.columns[name].missing, profile.columns[name].rows) == (200, 200)
    assert profile == Profile.of(rows(1).with_columns(age=None, city=None), baseline())
    assert "extra" not in profile.columns


def test_a_frame_without_rows_gives_the_empty_profile() -> None:
    assert Profile.of(rows(1).clear(), baseline()) == Profile.empty(baseline())
    assert Profile.of(pl.DataFrame(), baseline()) == Profile.empty(baseline())


def test_a_column_of_the_wrong_type_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="'age' holds String"):
        Profile.of(rows(1).with_columns(age=pl.lit("old")), baseline())


def test_a_profile_of_no_columns_still_counts_rows() -> None:
    profile = Profile.of(rows(1), {})
    assert (profile.rows, dict(profile.columns)) == (200, {})
    assert Profile.from_bytes(profile.to_bytes(), {}) == profile


@given(ROWS, ROWS)
def test_bytes_bring_the_same_profile_back(reference: list, current: list) -> None:
    bins = bins_of(frame(reference))
    profile = Profile.of(frame(current), bins)
    back = Profile.from_bytes(profile.to_bytes(), bins)
    assert back == profile
    assert back.to_bytes() == profile.to_bytes()
    assert back.bins == bins
    restored = bins_from_bytes(bins_to_bytes(bins))
    assert restored == bins
    assert Profile.from_bytes(profile.to_bytes(), restored) == profile


@given(st.lists(ROWS, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5))
def test_merging_all_at_once_equals_merging_one_by_one(chunks: list, stored: list[bool]) -> None:
    bins = bins_of(frame([(0.0, "a", "good"), (1.0, "b", "not good"), (2.0, "a", None), (5.0, "b", "")]))
    parts = [Profile.of(frame(chunk), bins) for chunk in chunks]
    mixed = [Profile.from_bytes(p.to_bytes(), bins) if s else p for p, s in zip(parts, stored, strict=False)]
    one_by_one = functools.reduce(Profile.merge, parts, Profile.empty(bins))
    assert close_profiles(merge_all(mixed, bins), one_by_one)


def test_merged_profiles_are_stored_and_merged_again_like_any_other() -> None:
    bins = baseline()
    halves = [merge_all([Profile.of(rows(seed), bins) for seed in seeds], bins) for seeds in ((1, 2), (3, 4))]
    stored = [Profile.from_bytes(half.to_bytes(), bins) for half in halves]
    whole = Profile.of(pl.concat([rows(seed) for seed in (1, 2, 3, 4)]), bins)
    for parts in (halves, stored):
        assert close_profiles(merge_all(parts, bins), whole)
        assert close_profiles(parts[0].merge(parts[1]), whole)


def test_no_profiles_merge_to_the_empty_one() -> None:
    assert merge_all([], baseline()) == Profile.empty(baseline())


def test_profiles_over_other_bins_do_not_merge_and_the_column_is_named() -> None:
    bins = baseline()
    other = bins | {"age": NumericBins.of(pl.Series([1, 2, 3]))}
    one, two = Profile.of(rows(1), bins), Profile.of(rows(1), other)
    for merge in (one.merge, lambda p: merge_all([one, p], bins)):
        with pytest.raises(BinsMismatch, match="Column 'age' was counted over different bins"):
            merge(two)


def test_a_column_of_another_kind_does_not_merge() -> None:
    other = baseline() | {"age": LevelBins.of(pl.Series(["old"]))}
    with pytest.raises(BinsMismatch, match="Column 'age'"):
        Profile.of(rows(1), baseline()).merge(Profile.of(rows(1).with_columns(age=pl.lit("old")), other))


def test_profiles_of_other_columns_do_not_merge_and_both_sides_are_named() -> None:
    bins = baseline()
    one = Profile.of(rows(1), bins)
    two = Profile.of(rows(1), {"years": bins["age"], **{n: bins[n] for n in ("city", "income", "member")}})
    for merge in (one.merge, lambda p: merge_all([one, p], bins)):
        with pytest.raises(BinsMismatch, match=r"only the first has \['age'\], only the second has \['years'\]"):
            merge(two)


def test_bytes_are_refused_with_other_bins() -> None:
    data = Profile.of(rows(1), baseline()).to_bytes()
    for bins in (
        {},
        baseline() | {"age": NumericBins.of(pl.Series([1, 2, 3]))},
        {("years" if name == "age" else name): b for name, b in baseline().items()},
    ):
        with pytest.raises(BinsMismatch, match="profile of 200 rows was counted over other bins"):
            Profile.from_bytes(data, bins)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(FormatUnreadable, match="stored bins where a profile was expected"):
        Profile.from_bytes(bins_to_bytes(baseline()), baseline())


def test_damage_behind_the_first_part_is_found_when_it_is_read() -> None:
    data = Profile.of(rows(1), baseline()).to_bytes()
    with pytest.raises(FormatUnreadable):
        _ = Profile.from_bytes(data[:-9], baseline()).columns["city"].distinct.estimate
    buckets = unpack(data, kind="profile").fields["buckets"]
    behind = len(data) - len(unpack(data, kind="profile").attachment) + buckets
    with pytest.raises(FormatUnreadable):
        _ = Profile.from_bytes(data[: behind - 9], baseline()).columns["age"].buckets.keys


def test_the_order_of_the_bins_does_not_matter() -> None:
    turned = dict(reversed(baseline().items()))
    assert bins_to_bytes(turned) == bins_to_bytes(baseline())
    assert Profile.of(rows(1), turned).to_bytes() == Profile.of(rows(1), baseline()).to_bytes()


def test_columns_that_were_read_cannot_be_changed() -> None:
    stored = Profile.from_bytes(Profile.of(rows(1), baseline()).to_bytes(), baseline())
    for profile in (stored, merge_all([stored, stored], baseline())):
        for name in ("age", "city"):
            with pytest.raises(ValueError, match="read-only"):
                profile.columns[name].counts[0] = 7
        with pytest.raises(ValueError, match="read-only"):
            profile.columns["age"].buckets.counts[0] = 7


def test_selected_columns_keep_the_rows() -> None:
    profile = Profile.of(rows(1), baseline())
    for whole in (profile, Profile.from_bytes(profile.to_bytes(), baseline())):
        some = whole.select(["city", "age"])
        assert (some.rows, list(some.columns)) == (200, ["age", "city"])
        assert some.columns["city"] == profile.columns["city"]
        assert some.bins == {name: baseline()[name] for name in ("age", "city")}
        with pytest.raises(BinsMismatch, match="no column 'shoe size'"):
            whole.select(["shoe size"])


def test_a_layout_serves_wherever_bins_are_asked_for() -> None:
    layout = Layout.of(baseline())
    profile = Profile.of(rows(1), layout)
    assert profile == Profile.of(rows(1), baseline())
    assert Profile.from_bytes(profile.to_bytes(), layout) == merge_all([profile], layout) == profile
    assert Layout.of(layout) is layout


def test_a_profile_over_the_same_bins_made_twice_merges() -> None:
    again = bins_from_bytes(bins_to_bytes(baseline()))
    assert Profile.of(rows(1), baseline()).merge(Profile.of(rows(2), again)).rows == 400
