import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.cases import LEVELS, ODD_VALUES, TEXTS, frame

from assay.errors import FormatUnreadable
from assay.stats.profile import Profile, merge_all
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.distinct import Distinct
from assay.stats.profile.moments import Moments
from assay.stats.profile.quantiles import LogBuckets
from assay.stats.profile.soundness import require_sound
from assay.stats.profile.words import WordBins

BINS = {
    "x": NumericBins.of(pl.Series([1.0, 2.0, 3.0])),
    "city": LevelBins.of(pl.Series(["a", "b"])),
    "note": WordBins.of(pl.Series(["good", "not good"])),
}
ROWS = st.lists(st.tuples(ODD_VALUES, LEVELS, TEXTS), max_size=12)


@given(ROWS, ROWS, ROWS)
def test_every_profile_made_from_rows_is_sound(reference: list, one: list, other: list) -> None:
    rows = frame(reference)
    bins = {
        "x": NumericBins.of(rows["x"]),
        "city": LevelBins.of(rows["city"], top=2),
        "note": WordBins.of(rows["note"], top=2),
    }
    parts = [Profile.of(frame(chunk), bins) for chunk in (one, other)]
    require_sound(merge_all([Profile.from_bytes(p.to_bytes(), bins) for p in parts], bins))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("x", {"missing": 4}),
        ("x", {"missing": -1, "counts": np.array([4, 0, 0])}),
        ("x", {"counts": np.array([-1, 1, 2])}),
        ("x", {"below": 9}),
        ("x", {"above": -1}),
        ("x", {"positive_infinite": 1}),
        ("x", {"negative_infinite": -1}),
        ("x", {"low": None}),
        ("x", {"low": 9.0}),
        ("x", {"moments": Moments.empty(2.0)}),
        ("x", {"moments": Moments(2, 2.0, float("nan"), 1.0, 0.0, 1.0)}),
        ("x", {"moments": Moments(2, 2.0, 0.0, -1.0, 0.0, 1.0)}),
        ("x", {"buckets": LogBuckets.empty()}),
        ("x", {"buckets": LogBuckets(np.array([5, 4]), np.array([1, 1]))}),
        ("x", {"buckets": LogBuckets(np.array([4, 5]), np.array([3, -1]))}),
        ("x", {"buckets": LogBuckets(np.array([4, 2**40]), np.array([1, 1]))}),
        ("city", {"counts": np.array([3, 0, 0])}),
        ("city", {"new_level_rows": 2}),
        ("city", {"new_level_rows": -1}),
        ("city", {"distinct": Distinct.of(np.arange(3, dtype=np.uint64))}),
        ("note", {"counts": np.array([2, 1, 1])}),
        ("note", {"texts": 3}),
        ("note", {"distinct": Distinct.of(np.arange(3, dtype=np.uint64))}),
    ],
)
def test_numbers_that_contradict_each_other_are_refused_by_column(name: str, changes: dict[str, object]) -> None:
    rows = {"x": [1.0, 2.5, None], "city": ["a", "c", None], "note": ["good", "", None]}
    profile = Profile.of(pl.DataFrame(rows), BINS)
    require_sound(profile)
    columns = dict(profile.columns)
    columns[name] = dataclasses.replace(columns[name], **changes)
    with pytest.raises(FormatUnreadable, match=f"Column '{name}' of the profile"):
        require_sound(Profile(profile.rows, columns))


def test_bytes_with_arrays_of_the_wrong_size_or_kind_are_refused() -> None:
    from assay.stats.container import pack, unpack

    data = Profile.of(pl.DataFrame({"x": [1.0, 2.5, None], "city": ["a", "c", None]}), BINS).to_bytes()
    good = unpack(data, kind="profile")
    for changes in (
        {"counts": good.arrays["counts"][:-1]},
        {"counts": good.arrays["counts"].astype(np.float64)},
        {"floats": np.zeros(5)},
        {"numeric": np.zeros(0, dtype=np.int64)},
    ):
        bad = pack("profile", 1, good.fields, good.arrays | changes, attachment=good.attachment)
        with pytest.raises(FormatUnreadable, match="A stored profile's array"):
            Profile.from_bytes(bad, BINS)
    for fields in ({}, good.fields | {"rows": "3"}, good.fields | {"rows": -1}):
        with pytest.raises(FormatUnreadable, match="rows"):
            Profile.from_bytes(pack("profile", 1, fields, good.arrays, attachment=good.attachment), BINS)
    without = pack("profile", 1, good.fields, {"counts": good.arrays["counts"]})
    with pytest.raises(FormatUnreadable, match="has none numbers"):
        Profile.from_bytes(without, BINS)
