import datetime as dt
import functools
import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.engines.inference import ColumnEvidence
from assay.records.models import FeatureKind

PROSE = [f"a note of several words, number {i}" for i in range(20)]


def kind_of(*chunks):
    merged = functools.reduce(ColumnEvidence.merge, map(ColumnEvidence.of, chunks), ColumnEvidence())
    return merged.kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "-1e400", "inf"], FeatureKind.NUMERIC),
        (["1", "", "NA", None], FeatureKind.NUMERIC),
        ([None, None], FeatureKind.NUMERIC),
        ([], FeatureKind.NUMERIC),
        (["true", "FALSE", ""], FeatureKind.BINARY),
        (["0", "1"], FeatureKind.NUMERIC),
        (["2026-01-01", "2026-01-01T10:00:00+02", "NA"], FeatureKind.DATE),
        (["2026-01-01", "soon"], FeatureKind.CATEGORICAL),
        (["a", "b", "a"], FeatureKind.CATEGORICAL),
        (["1", "x"], FeatureKind.CATEGORICAL),
        (PROSE, FeatureKind.TEXT),
        (PROSE[:2] * 20, FeatureKind.CATEGORICAL),
    ],
)
def test_text_is_of_the_kind_that_fits_every_value(values, kind):
    assert kind_of(pl.Series("x", values, dtype=pl.String)) is kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pl.Series([1, None]), FeatureKind.NUMERIC),
        (pl.Series([dt.timedelta(1)]), FeatureKind.NUMERIC),
        (pl.Series([True]), FeatureKind.BINARY),
        (pl.Series([dt.date(2026, 1, 1)]), FeatureKind.DATE),
        (pl.Series([dt.datetime(2026, 1, 1)]), FeatureKind.DATE),  # noqa: DTZ001
        (pl.Series([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]), FeatureKind.DATE),
        (pl.Series([dt.time(1)]), FeatureKind.CATEGORICAL),
        (pl.Series(["1", "2"], dtype=pl.Categorical), FeatureKind.CATEGORICAL),
        (pl.Series([b"a", b"\xff"]), FeatureKind.CATEGORICAL),
        (pl.Series([[1, 2], [3]]), FeatureKind.CATEGORICAL),
        (pl.Series([{"a": 1}]), FeatureKind.CATEGORICAL),
        (pl.Series([None, None]), FeatureKind.NUMERIC),
    ],
)
def test_typed_columns_have_a_kind_whatever_their_type(values, kind):
    assert kind_of(values) is kind


WORDS = st.sampled_from(["1", "2.5", "x", "y", "true", "False", "2026-01-01", "NA", "", *PROSE[:3]])


@examples(200)
@given(values=st.lists(WORDS | st.none(), max_size=30), cuts=st.lists(st.integers(0, 30), max_size=4))
def test_chunks_have_together_the_kind_of_the_whole(values, cuts):
    column = pl.Series("x", values, dtype=pl.String)
    places = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    parts = [column[a:b] for a, b in itertools.pairwise(places)]
    together = functools.reduce(ColumnEvidence.merge, map(ColumnEvidence.of, parts), ColumnEvidence())
    whole = ColumnEvidence.of(column)
    for field in ("values", "numbers", "flags", "times", "words"):
        assert getattr(together, field) == getattr(whole, field)
    assert together.distinct >= whole.distinct
    if FeatureKind.TEXT not in {together.kind, whole.kind}:
        assert together.kind is whole.kind


def test_evidence_of_nothing_changes_nothing():
    some = ColumnEvidence.of(pl.Series("x", ["1", "a"]))
    assert some.merge(ColumnEvidence()) == ColumnEvidence().merge(some) == some


def test_a_type_that_the_file_declares_decides_over_chunks_without_values():
    assert kind_of(pl.Series([None]), pl.Series([True]), pl.Series([None])) is FeatureKind.BINARY


@pytest.mark.parametrize("place", [0, 999, 1_000, 2_499])
@pytest.mark.parametrize(("value", "kind"), [("7", "Numeric"), ("true", "Binary"), ("2026-01-05", "Date")])
def test_one_value_that_does_not_fit_is_found_wherever_it_stands(value: str, kind: str, place: int) -> None:
    values = [value] * 2_500
    assert ColumnEvidence.of(pl.Series(values)).kind == kind
    values[place] = "soon"
    assert ColumnEvidence.of(pl.Series(values)).kind == "Categorical"
