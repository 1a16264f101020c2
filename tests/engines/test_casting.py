import datetime as dt
import math
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.engines.casting import NO_NUMBER, cast, cast_column, dates, numbers, texts, times
from assay.errors import Invalid
from assay.records.models import Feature, FeatureKind
from assay.records.times import parse_time


def column(*values, **more):
    return pl.Series("x", values, **more)


def test_values_that_cannot_be_read_become_missing_and_are_counted():
    frame = pl.DataFrame(
        {"n": ["1", "two", None, "4"], "d": ["2026-01-01", "soon", "later", ""], "c": ["a", "", "b", "c"]}
    )
    features = [
        Feature("n", FeatureKind.NUMERIC),
        Feature("d", FeatureKind.DATE),
        Feature("c", FeatureKind.CATEGORICAL),
        Feature("absent", FeatureKind.NUMERIC),
    ]
    found, unreadable = cast(frame, features)
    assert found.columns == ["n", "d", "c"]
    assert found["n"].to_list() == [1.0, None, None, 4.0]
    assert found["c"].to_list() == ["a", None, "b", "c"]
    assert unreadable == {"n": 1, "d": 2}


def test_no_features_give_no_columns():
    found, unreadable = cast(pl.DataFrame({"a": [1]}), [])
    assert (found.columns, unreadable) == ([], {})


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("-0.5", -0.5),
        ("+5", 5.0),
        (".5", 0.5),
        ("1e308", 1e308),
        ("-1e308", -1e308),
        ("1e400", math.inf),
        ("-1e400", -math.inf),
        ("1e-400", 0.0),
        ("inf", math.inf),
        ("-inf", -math.inf),
        ("Infinity", math.inf),
        ("0.1", 0.1),
        ("9007199254740993", 9007199254740992.0),
    ],
)
def test_text_is_read_as_the_nearest_number(text, number):
    found, lost = numbers(column(text))
    assert (found.to_list(), lost) == ([number], 0)


@pytest.mark.parametrize("text", sorted(NO_NUMBER | {"NAN", "-nan"}))
def test_words_for_no_value_are_missing_and_not_unreadable(text):
    found, lost = numbers(column(text))
    assert (found.to_list(), lost) == ([None], 0)


@pytest.mark.parametrize("text", ["x", "1,5", "1_000", "0x10", "true", "1 2", "--1", "$5", "5%"])
def test_other_text_is_no_number_and_is_counted(text):
    found, lost = numbers(column("1", text))
    assert (found.to_list(), lost) == ([1.0, None], 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (column(1, None), [1.0, None]),
        (column(1.5, math.nan, math.inf), [1.5, None, math.inf]),
        (column(True, False, None), [1.0, 0.0, None]),
        (column(Decimal("1.50"), None), [1.5, None]),
        (column(2**63, dtype=pl.UInt64), [2.0**63]),
        (column(0.1, dtype=pl.Float32), [float(pl.Series([0.1], dtype=pl.Float32)[0])]),
        (column(dt.date(1970, 1, 2)), [86400.0]),
        (column(dt.timedelta(minutes=1)), [60.0]),
        (column(None, None), [None, None]),
    ],
)
def test_typed_columns_become_numbers(values, expected):
    found, lost = numbers(values)
    assert (found.dtype, found.to_list(), lost) == (pl.Float64, expected, 0)


@pytest.mark.parametrize(
    "values",
    [column(dt.time(1, 2)), column([1, 2]), column({"a": 1}), column(b"\xff"), column("a", dtype=pl.Categorical)],
)
def test_typed_columns_that_hold_no_numbers_are_counted(values):
    found, lost = numbers(values)
    assert (found.to_list(), lost) == ([None], 1)


@examples(100)
@given(st.lists(st.floats(allow_nan=False) | st.none()))
def test_the_text_of_a_number_is_read_back_to_the_bit(values):
    written = pl.Series("x", [None if v is None else repr(v) for v in values], dtype=pl.String)
    assert numbers(written)[0].to_list() == values


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23",
        " 2026-11-23 ",
        "2026-11-23T10:31",
        "2026-11-23T10:31Z",
        "2026-11-23 10:31:31",
        "2026-11-23T10:31:31.5Z",
        "2026-11-23 10:31:31.123456+0000",
        "2026-11-23T10:31:31.123456789Z",
        "2026-11-23T10:31:31+02:00",
        "2026-11-23T10:31:31-0530",
        "2026-11-23 10:31:31+02",
        "2026-11-23T10:31:31.25-05",
        "2026-11-23 10:31+02",
        "0001-01-01",
        "9999-12-31T23:59:59.999999Z",
    ],
)
def test_a_column_reads_a_time_as_a_single_time_is_read(text):
    found, lost = times(column(text))
    assert (found.to_list(), lost) == ([parse_time(text)], 0)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-02-30", "2026-13-01", "11/23/2026", "2026-11-23T25:00:00", "1700000000", "10:31", "2026"],
)
def test_what_is_no_time_is_missing_and_counted(text):
    found, lost = times(column(text, "2026-01-01"))
    assert found.to_list() == [None, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    assert lost == 1
    if text != "2026":
        with pytest.raises(Invalid):
            parse_time(text)


@pytest.mark.parametrize("text", ["", "NA", "null", None])
def test_words_for_no_value_are_no_unreadable_times(text):
    found, lost = times(column(text, dtype=pl.String))
    assert (found.to_list(), lost) == ([None], 0)


def test_one_column_may_mix_the_shapes_of_times():
    found, lost = times(
        column("2026-01-01", "2026-01-01 00:00:00+00", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00Z")
    )
    assert found.n_unique() == 1
    assert lost == 0


ZONES = [None, "UTC", "America/New_York"]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", ZONES)
def test_typed_times_keep_their_moment(unit, zone):
    moment = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
    values = column(moment).dt.cast_time_unit(unit)
    values = values.dt.convert_time_zone(zone) if zone else values.dt.replace_time_zone(None)
    found, lost = times(values)
    assert (found.dtype, found.to_list(), lost) == (pl.Datetime("us", "UTC"), [moment], 0)


def test_dates_are_seconds_since_1970():
    found, lost = dates(column("1970-01-02", "1969-12-31T23:59:59.5Z", None))
    assert (found.to_list(), lost) == ([86400.0, -0.5, None], 0)
    assert dates(column(dt.date(1970, 1, 2)))[0].to_list() == [86400.0]


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (column(" a ", "", "NA", None), [" a ", None, "NA", None]),
        (column(1.0, -0.0, 2.5, 1e300, math.nan, math.inf), ["1", "0", "2.5", "1e+300", None, "inf"]),
        (column(2.0**53 - 1, -(2.0**53) + 1), ["9007199254740991", "-9007199254740991"]),
        (column(0.5, 3.0, dtype=pl.Float32), ["0.5", "3"]),
        (column(1, None), ["1", None]),
        (column(2**63, dtype=pl.UInt64), ["9223372036854775808"]),
        (column(True, False, None), ["true", "false", None]),
        (column("b", "a", dtype=pl.Categorical), ["b", "a"]),
        (column(dt.date(2026, 1, 2)), ["2026-01-02"]),
        (column(dt.time(1, 2)), ["01:02:00"]),
        (column(dt.timedelta(days=1)), ["P1D"]),
        (column(b"ok", b"\xff\x00", None), ["ok", "ff00", None]),
        (column([1, 2], [], None), ["[1,2]", "[]", None]),
        (column({"a": 1, "b": "é"}, None), ['{"a":1,"b":"é"}', None]),
        (column("a", 1, None, dtype=pl.Object), ["a", "1", None]),
        (column(None, None), [None, None]),
    ],
)
def test_every_type_has_an_exact_text(values, expected):
    found = texts(values)
    assert (found.name, found.dtype, found.to_list()) == ("x", pl.String, expected)


def test_a_table_from_json_has_the_levels_of_the_same_table_from_csv():
    assert texts(column(1.0, 2.5, None)).to_list() == texts(column("1", "2.5", "")).to_list()


def test_binary_features_ignore_letter_case():
    for values in (column("TRUE", "False"), column(True, False)):
        assert cast_column(values, FeatureKind.BINARY)[0].to_list() == ["true", "false"]


@pytest.mark.parametrize("kind", [FeatureKind.CATEGORICAL, FeatureKind.TEXT])
def test_words_for_no_value_are_levels_of_a_category(kind):
    found, lost = cast_column(column("NA", "none", "nan"), kind)
    assert (found.to_list(), lost) == (["NA", "none", "nan"], 0)


@pytest.mark.parametrize("unit", ["ms", "us"])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
@pytest.mark.parametrize("wild", [2**62, -(2**62), 2**63 - 1, -(2**63)])
def test_moments_outside_the_calendar_are_unreadable_in_every_unit(unit, zone, wild):
    values = pl.Series("t", [wild, 1, None]).cast(pl.Datetime(unit, zone))
    assert numbers(values)[0].to_list() == [None, {"ms": 1e-3, "us": 1e-6}[unit], None]
    assert numbers(values)[1] == 1
    assert [text is None for text in texts(values)] == [True, False, True]


@pytest.mark.parametrize(("unit", "per_second"), [("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_long_durations_keep_their_seconds(unit, per_second):
    values = pl.Series("t", [2**62, 5]).cast(pl.Duration(unit))
    assert numbers(values)[0].to_list() == pytest.approx([2**62 / per_second, 5 / per_second], rel=1e-15)
