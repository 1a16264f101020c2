"""Names of new levels: exact while few, and exact for those kept when many."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assay.stats.drift.unseen import KEPT_LEVELS, UnseenLevels
from assay.stats.profile.bins import LevelBins

BINS = LevelBins.of(pl.Series(["a", "a", "b", "c"]), top=2)


def test_known_levels_and_gaps_are_not_unseen() -> None:
    found = UnseenLevels.of(pl.Series(["a", "b", "c", None, "d", "", "d"]), BINS)
    assert dict(found.counts) == {"d": 2, "": 1}
    assert found.by_rows() == [("d", 2), ("", 1)]
    assert found.complete


@given(st.lists(st.lists(st.integers(0, 200), max_size=120), max_size=5))
def test_every_count_kept_is_exact_and_no_row_is_lost(chunks: list[list[int]]) -> None:
    parts = UnseenLevels.empty(BINS)
    for chunk in chunks:
        parts = parts.merge(UnseenLevels.of(pl.Series([f"new {i}" for i in chunk], dtype=pl.String), BINS))
    rows = [f"new {i}" for chunk in chunks for i in chunk]
    assert len(parts.counts) == min(KEPT_LEVELS, len(set(rows)))
    assert all(parts.counts[level] == rows.count(level) for level in parts.counts)
    assert sum(parts.counts.values()) + parts.others == len(rows)
