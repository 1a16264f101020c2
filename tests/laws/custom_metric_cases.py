"""How the laws build what custom metrics are put together from."""

import math
import struct
from datetime import UTC, datetime

from hypothesis import strategies as st
from tests.laws.law_case import LawCase

from assay.stats.custom_metric import CategoryCounts, Latest, WeightedSum

SIZES = st.integers(0, 1000)
VALUES = st.floats(-1e6, 1e6)
NAMES = st.sampled_from(["ok", "late", "OK", ""]) | st.none()
MOMENTS = st.datetimes(timezones=st.just(UTC)) | st.just(datetime(2026, 1, 1, tzinfo=UTC))


def close_sums(one: WeightedSum, other: WeightedSum) -> bool:
    """Counts equal; sums within the rounding of a dozen terms of at most 1e9."""
    return (
        (one.n, one.sample_size) == (other.n, other.sample_size)
        and math.isclose(one.total, other.total, abs_tol=1e-8)
        and math.isclose(one.weighted, other.weighted, abs_tol=1e-5)
    )


def latest(rows: list[tuple[float, int, datetime]]) -> Latest:
    """Rows of a store have numbers that differ; the bytes of a row stand in for one here."""
    orders = [(moment, int.from_bytes(struct.pack(">dI", value, size))) for value, size, moment in rows]
    return Latest.of([r[0] for r in rows], [r[1] for r in rows], orders)


CASES: dict[type, LawCase] = {
    WeightedSum: LawCase(
        row=st.tuples(VALUES, SIZES),
        of=lambda _, rows: WeightedSum.of([r[0] for r in rows], [r[1] for r in rows]),
        empty=lambda _: WeightedSum.empty(),
        close=close_sums,
    ),
    Latest: LawCase(
        row=st.tuples(VALUES, SIZES, MOMENTS),
        of=lambda _, rows: latest(rows),
        empty=lambda _: Latest.empty(),
        close=lambda one, other: one == other,
    ),
    CategoryCounts: LawCase(
        row=st.tuples(NAMES, SIZES),
        context=st.lists(st.sampled_from(["ok", "late", "lost"]), unique=True).map(tuple),
        of=lambda categories, rows: CategoryCounts.of([r[0] for r in rows], [r[1] for r in rows], categories),
        empty=CategoryCounts.empty,
        close=lambda one, other: one == other,
    ),
}
