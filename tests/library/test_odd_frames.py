"""Frames of every make: a right answer, or a refusal of one line; never a crash."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assay
from assay.errors import AssayError, Invalid
from assay.library.tables import table

N = 300
THIRDS = N // 3

POLARS = {
    "decimal": pl.Series([Decimal(i) / 7 for i in range(N)], dtype=pl.Decimal(20, 4)),
    "duration": pl.Series([dt.timedelta(seconds=i) for i in range(N)]),
    "time": pl.Series([dt.time(i % 24, i % 60) for i in range(N)]),
    "list": pl.Series([[i, i + 1] for i in range(N)]),
    "array": pl.Series([[i, i + 1] for i in range(N)], dtype=pl.Array(pl.Int64, 2)),
    "struct": pl.Series([{"a": i, "b": "c"} for i in range(N)]),
    "category": pl.Series(["a", "b", "c"] * THIRDS, dtype=pl.Categorical),
    "enum": pl.Series(["a", "b", "c"] * THIRDS, dtype=pl.Enum(["a", "b", "c", "d"])),
    "object": pl.Series([(1, 2) if i % 2 else {3} for i in range(N)], dtype=pl.Object),
    "nothing": pl.Series([None] * N),
    "bytes": pl.Series([bytes([i % 256]) for i in range(N)]),
    "zoned": pl.Series([3_600_000_000 * i for i in range(N)]).cast(pl.Datetime("us", "Europe/Berlin")),
    "far dates": pl.Series([10**15 * i for i in range(N)]).cast(pl.Datetime("us")),
    "unsigned": pl.Series([2**63 + i for i in range(N)], dtype=pl.UInt64),
    "128 bits": pl.Series([2**100 + i for i in range(N)], dtype=pl.Int128),
    "huge whole numbers as text": pl.Series([str(2**200 + i) for i in range(N)]),
    "flags as text": pl.Series(["True", "False", "TRUE"] * THIRDS),
    "NaN and null": pl.Series([float("nan"), None, 1.0] * THIRDS),
    "infinite": pl.Series([float("inf"), -float("inf"), 1.0] * THIRDS),
    "numbers and text": pl.Series(["1", "2", "a"] * THIRDS),
    "as large as doubles go": pl.Series([1e308 * (-1) ** i for i in range(N)]),
    "as small as doubles go": pl.Series([5e-324 * i for i in range(N)]),
}

PANDAS = {
    "numbers in pairs": pd.DataFrame(
        np.arange(2 * N).reshape(N, 2), columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    ),
    "numbered columns": pd.DataFrame(np.arange(2 * N).reshape(N, 2)),
    "objects of many types": pd.DataFrame({"x": [1, "a", None, 2.5, True, dt.date(2026, 1, 1)] * (N // 6)}),
    "times as objects": pd.DataFrame({"x": pd.date_range("2026-01-01", periods=N).astype(object)}),
    "durations": pd.DataFrame({"x": pd.to_timedelta(range(N), unit="s")}),
    "periods": pd.DataFrame({"x": pd.period_range("2026-01", periods=N, freq="D")}),
    "intervals": pd.DataFrame({"x": pd.cut(np.arange(N), 5)}),
    "sparse": pd.DataFrame({"x": pd.arrays.SparseArray([0, 0, 1] * THIRDS)}),
    "complex": pd.DataFrame({"x": np.arange(N) + 1j}),
    "huge whole numbers": pd.DataFrame({"x": [2**70 + i for i in range(N)]}),
    "unsigned with gaps": pd.DataFrame({"x": pd.array([2**64 - 1, None] * (N // 2), dtype="UInt64")}),
    "half precision": pd.DataFrame({"x": np.arange(N).astype("float16")}),
    "the ends of time": pd.DataFrame({"x": pd.Series([pd.Timestamp.min, pd.Timestamp.max] * (N // 2))}),
    "no time at all": pd.DataFrame({"x": [pd.NaT] * N}),
    "no value at all": pd.DataFrame({"x": [pd.NA] * N}),
    "no row": pd.DataFrame({"x": []}),
}


def answers(baseline, current, folder, **given) -> assay.Comparison:
    """The comparison, having been asked for everything that it can give."""
    found = assay.compare(baseline, current, **given)
    assert found.verdict.reasons
    assert str(found)
    assert found.to_json()
    assert found.to_frame().height == len(found.columns)
    found.to_html(folder / "page.html")
    return found


@pytest.mark.parametrize("name", POLARS)
def test_a_polars_column_of_any_type_is_compared(name: str, tmp_path) -> None:
    frame = pl.DataFrame({"x": POLARS[name], "": range(N)})
    assert answers(frame, frame, tmp_path).verdict.status == "passing"
    # Whatever it is compared with.
    other = pl.DataFrame({"x": [f"a{i % 7}" for i in range(N)], "": range(N)})
    answers(frame, other, tmp_path, multivariate=False)
    answers(other, frame, tmp_path, multivariate=False)
    assert assay.profile(frame).to_frame().height == 2


@pytest.mark.parametrize("name", PANDAS)
def test_a_pandas_frame_of_any_type_is_compared(name: str, tmp_path) -> None:
    frame = PANDAS[name]
    assert answers(frame, frame, tmp_path).verdict.status in {"passing", "unknown"}
    assert str(assay.profile(frame))


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame(np.zeros((3, 2)), columns=["a", "a"]), "two columns named 'a'"),
        (pd.DataFrame({1: [1], "1": [1]}), "two columns named '1'"),
        (pd.Series([1, 2]), "is a Series"),
        (pl.Series([1, 2]), "is a Series"),
        (np.zeros((3, 2)), "is a ndarray"),
        ([{"x": 1}], "is a list"),
    ],
)
def test_what_is_no_table_is_refused(frame, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        assay.profile(frame)


def test_pandas_and_polars_read_nested_values_alike() -> None:
    values = [[1, 2], None, [3]]
    one, other = table(pd.DataFrame({"x": values}), "baseline"), pl.DataFrame({"x": values})
    assert one["x"].to_list() == other["x"].to_list()


def test_times_of_pandas_keep_their_moment_in_every_unit() -> None:
    moment = pd.Timestamp("2026-11-23 10:31:31")
    for unit in ("s", "ms", "us", "ns"):
        found = table(pd.DataFrame({"x": pd.Series([moment, pd.NaT]).dt.as_unit(unit)}), "baseline")["x"]
        assert found.to_list() == [moment.to_pydatetime(), None]


VALUES = {
    pl.Float64: st.floats(allow_nan=True, allow_infinity=True),
    pl.Int64: st.integers(-(2**63), 2**63 - 1),
    pl.String: st.text(max_size=6) | st.sampled_from(["1", "nan", "NA", "true", "2026-01-01", "1e400"]),
    pl.Boolean: st.booleans(),
    pl.Datetime("us"): st.datetimes(),
    pl.List(pl.Int64): st.lists(st.integers(0, 3), max_size=2),
    pl.Duration("us"): st.timedeltas(min_value=dt.timedelta(-9_999), max_value=dt.timedelta(9_999)),
}
NAMES = ["a", "b", "", "x y", "é"]


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.sampled_from([0, 1, 9, 10, 30]))
    columns = {}
    for name in draw(st.sets(st.sampled_from(NAMES))):
        kind = draw(st.sampled_from(list(VALUES)))
        values = draw(st.lists(st.none() | VALUES[kind], min_size=min(rows, 6), max_size=min(rows, 6)))
        columns[name] = pl.Series([values[i % len(values)] for i in range(rows)], dtype=kind)
    return pl.DataFrame(columns)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(frames(), frames(), st.sampled_from([None, *NAMES]), st.sampled_from([None, *NAMES]), st.booleans())
def test_any_two_frames_are_compared_or_refused_in_one_line(
    tmp_path_factory, baseline, current, target: str | None, weight: str | None, multivariate: bool
) -> None:
    refused = ""
    try:
        folder = tmp_path_factory.mktemp("page")
        answers(baseline, current, folder, target=target, weight=weight, multivariate=multivariate)
    except AssayError as refusal:
        refused = str(refusal)
    assert "\n" not in refused
