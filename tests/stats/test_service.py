"""Figures of service health."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Invalid
from assay.stats.service import ErrorCounts, Load, consumers, slow_requests, time_quantile

TIMES = st.lists(st.floats(0, 1e7), min_size=1, max_size=50)


def test_no_requests_have_no_figures() -> None:
    assert time_quantile([]) is None
    assert slow_requests([], 1000) == 0
    assert ErrorCounts.empty().user_error_rate.reason == "there are no requests"
    assert ErrorCounts.empty().server_error_rate.value is None
    assert (Load.of([]).median, Load.of([]).peak) == (None, None)
    assert consumers([]) == 0


def test_times_that_were_not_reported_do_not_count() -> None:
    assert time_quantile([math.nan, 3.0]) == 3.0
    assert time_quantile([math.nan]) is None
    assert slow_requests([math.nan, 3.0], 2.0) == 1


@given(TIMES, st.floats(0, 1))
def test_quantile_agrees_with_numpy(times: list[float], q: float) -> None:
    assert time_quantile(times, q) == float(np.quantile(times, q))


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_quantile_outside_zero_and_one_is_refused_in_words(q: float) -> None:
    with pytest.raises(Invalid, match="expected a number from 0 to 1"):
        time_quantile([1.0], q)


def test_a_request_at_the_threshold_is_not_slow() -> None:
    assert slow_requests([1000.0, 1000.1], 1000.0) == 1


def test_error_rates_have_both_denominators() -> None:
    counts = ErrorCounts.of_statuses([200, 200, 404, 422, 500])
    assert counts.user_error_rate.value == 0.4
    assert counts.server_error_rate.value == 0.2
    assert counts.server_error_rate_of_well_formed.value == 1 / 3
    assert counts.server_error_rate_of_well_formed.n == 3


def test_only_wrong_requests_leave_the_server_without_a_rate() -> None:
    rate = ErrorCounts.of_statuses([400, 404]).server_error_rate_of_well_formed
    assert rate.value is None
    assert rate.reason == "there are no well-formed requests"


def test_load_counts_empty_minutes() -> None:
    load = Load.of([0.0, 10.0, 59.9, 60.0, 240.0])
    assert load.minutes == 5
    assert load.busy == (1, 1, 3)
    assert (load.median, load.peak) == (1.0, 3)


def test_load_of_an_even_number_of_minutes_takes_the_middle_of_two() -> None:
    assert Load.of([0.0, 60.0, 61.0], start=0, end=120).median == 1.5


def test_load_of_a_period_without_requests_is_zero_not_unknown() -> None:
    load = Load.of([], start=0, end=600)
    assert (load.minutes, load.median, load.peak) == (10, 0.0, 0)


def test_load_leaves_out_requests_outside_the_period() -> None:
    assert Load.of([-1.0, 0.0, 119.0, 120.0], start=0, end=120).busy == (1, 1)


def test_every_minute_a_period_touches_counts() -> None:
    assert Load.of([], start=59, end=61).minutes == 2
    assert Load.of([], start=0, end=60).minutes == 1
    assert Load.of([], start=60, end=0).minutes == 0


def test_a_period_of_centuries_needs_no_list_of_its_minutes() -> None:
    load = Load.of([0.0, 1e10])
    assert load.minutes == 166_666_667
    assert (load.median, load.peak) == (0.0, 1)


@given(st.lists(st.integers(0, 20 * 60 - 1), min_size=1, max_size=80))
def test_load_agrees_with_a_list_of_all_minutes(seconds: list[int]) -> None:
    minutes = [second // 60 for second in seconds]
    all_minutes = [minutes.count(m) for m in range(min(minutes), max(minutes) + 1)]
    load = Load.of(seconds)
    assert (load.median, load.peak) == (np.median(all_minutes), max(all_minutes))


def test_unknown_callers_do_not_count() -> None:
    assert consumers(["a", None, "b", "a"]) == 2
