from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.errors import Invalid
from assay.records.buckets import MAX_BUCKETS, BucketSize, Span, asked_span, bucket_start, buckets

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SIZES = st.sampled_from(list(BucketSize))
EVERY_SIZE = pytest.mark.parametrize("size", list(BucketSize))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def edges(span, size):
    found = buckets(span, size)
    return [b.start for b in found] + [found[-1].end]


@pytest.mark.parametrize(
    ("moment", "size", "start"),
    [
        ("2026-11-26T10:59:59.999999", "PT1H", "2026-11-26T10:00"),
        ("2026-11-26T00:00", "P1D", "2026-11-26T00:00"),
        ("2026-11-22T23:59", "P7D", "2026-11-16T00:00"),  # a Sunday belongs to the week of the Monday before
        ("2026-11-23T00:00", "P7D", "2026-11-23T00:00"),
        ("2027-01-01T12:00", "P7D", "2026-12-28T00:00"),  # ISO week 53 of 2026
        ("2024-02-29T12:00", "P1M", "2024-02-01T00:00"),
    ],
)
def test_a_bucket_starts_where_the_calendar_says(moment, size, start):
    assert bucket_start(at(moment), BucketSize(size)) == at(start)


def test_a_moment_of_another_zone_is_put_into_its_bucket_of_utc():
    moment = datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert bucket_start(moment, BucketSize.MONTH) == at("2026-11-01")


@examples(200)
@given(moment=MOMENTS, size=SIZES)
def test_a_moment_lies_in_its_own_bucket_and_nowhere_else(moment, size):
    start = bucket_start(moment, size)
    length = {
        "PT1H": timedelta(hours=1),
        "P1D": timedelta(days=1),
        "P7D": timedelta(days=7),
        "P1M": timedelta(days=monthrange(start.year, start.month)[1]),
    }[size]
    assert start <= moment < start + length
    assert bucket_start(start, size) == start
    assert bucket_start(start + length, size) == start + length


@examples(150)
@given(start=MOMENTS, length=st.timedeltas(timedelta(microseconds=1), timedelta(days=400)), size=SIZES)
def test_buckets_cut_a_span_without_gap_or_overlap_at_the_calendars_edges(start, length, size):
    span = Span(start, start + length)
    found = buckets(span, size)
    assert (found[0].start, found[-1].end) == (span.start, span.end)
    assert [b.end for b in found[:-1]] == [b.start for b in found[1:]]
    assert all(b.start < b.end for b in found)
    assert all(bucket_start(b.start, size) == b.start for b in found[1:])
    assert all(bucket_start(b.end - timedelta(microseconds=1), size) == bucket_start(b.start, size) for b in found)


def test_months_have_the_calendars_lengths():
    span = Span(at("2023-12-01"), at("2024-04-01"))
    assert edges(span, BucketSize.MONTH) == [
        at(f"{month}-01") for month in ("2023-12", "2024-01", "2024-02", "2024-03", "2024-04")
    ]


def test_a_day_has_24_hours_even_where_clocks_change():
    assert len(buckets(Span(at("2026-03-29"), at("2026-03-30")), BucketSize.HOUR)) == 24


@EVERY_SIZE
def test_the_ends_of_time_are_no_obstacle(size):
    start, end = at("9999-12-31T22:30"), datetime.max.replace(tzinfo=UTC)
    assert edges(Span(start, end), size)[-1] == end
    assert bucket_start(datetime.min.replace(tzinfo=UTC), size) == datetime.min.replace(tzinfo=UTC)


def test_a_span_of_too_many_buckets_is_refused_in_words():
    start = at("2026-01-01")
    longest = Span(start, start + timedelta(hours=MAX_BUCKETS))
    assert len(buckets(longest, BucketSize.HOUR)) == MAX_BUCKETS
    too_long = Span(start, start + timedelta(hours=MAX_BUCKETS, microseconds=1))
    with pytest.raises(Invalid, match=r"more than 10,000 buckets of PT1H.*longer buckets"):
        buckets(too_long, BucketSize.HOUR)


def test_the_span_is_the_week_before_the_next_full_hour_unless_told():
    now = at("2026-11-23T10:00")
    assert asked_span(None, None, now) == Span(at("2026-11-16T11:00"), at("2026-11-23T11:00"))
    assert asked_span(None, at("2026-10-08"), now) == Span(at("2026-10-01"), at("2026-10-08"))
    assert asked_span(at("2020-01-01"), None, now) == Span(at("2020-01-01"), at("2026-11-23T11:00"))
    assert asked_span(None, at("0001-01-02"), now) == Span(at("0001-01-01"), at("0001-01-02"))


@pytest.mark.parametrize("start", ["2026-11-23T12:00", "2027-01-01"])
def test_a_span_that_does_not_end_after_it_starts_is_refused(start):
    with pytest.raises(Invalid, match=r"^start: found .*before the end"):
        asked_span(at(start), at("2026-11-23T12:00"), at("2026-11-23"))
