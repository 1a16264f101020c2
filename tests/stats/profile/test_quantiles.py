import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.stats.profile.quantiles import RELATIVE_ERROR, LogBuckets, bucket_ends

NORMAL = st.floats(1e-300, 1.7e308).flatmap(lambda v: st.sampled_from([v, -v])) | st.sampled_from([0.0, -0.0])


@given(st.lists(NORMAL, min_size=1, max_size=80), st.floats(0, 1))
def test_a_quantile_is_within_the_stated_error_of_the_order_statistic(values: list[float], q: float) -> None:
    ordered = np.sort(values)
    exact = ordered[max(1, math.ceil(q * ordered.size)) - 1]
    assert abs(LogBuckets.of(np.array(values)).quantile(q) - exact) <= RELATIVE_ERROR * abs(exact)


@given(st.lists(NORMAL, min_size=1, max_size=80), st.floats(0, 1))
def test_a_linear_quantile_is_within_the_stated_error_of_numpys(values: list[float], q: float) -> None:
    ordered = np.sort(values)
    place = q * (ordered.size - 1)
    left, right = ordered[math.floor(place)], ordered[math.ceil(place)]
    exact = left * (1 - (place - math.floor(place))) + right * (place - math.floor(place))
    error = abs(LogBuckets.of(np.array(values)).linear_quantile(q) - exact)
    assert error <= RELATIVE_ERROR * max(abs(left), abs(right)) * (1 + 1e-9)


def test_linear_quantiles_agree_with_numpy_on_many_values() -> None:
    values = np.random.default_rng(0).lognormal(3, 1.5, 20_000)
    buckets = LogBuckets.of(values)
    for q in (0.01, 0.25, 0.5, 0.9, 0.99, 0.999):
        assert buckets.linear_quantile(q) == pytest.approx(np.quantile(values, q), rel=RELATIVE_ERROR, abs=0)


@given(st.lists(NORMAL, max_size=60))
def test_every_value_lies_between_the_ends_of_its_bucket(values: list[float]) -> None:
    for value in values:
        buckets = LogBuckets.of(np.array([value]))
        (low,), (high,) = bucket_ends(buckets.keys)
        assert low <= value <= high


def test_keys_ascend_with_the_values() -> None:
    values = np.array([-1e300, -2.0, -1.5, -1e-300, 0.0, 1e-300, 1.0, 1.5, 1e300])
    buckets = LogBuckets.of(values[::-1])
    assert (np.diff(buckets.keys) > 0).all()
    assert buckets.counts.tolist() == [1] * 9


def test_no_values_have_no_quantile() -> None:
    for buckets in (LogBuckets.empty(), LogBuckets.of(np.array([math.nan, math.inf]))):
        assert (buckets.total, buckets.quantile(0.5), buckets.linear_quantile(0.5)) == (0, None, None)


def test_zeros_and_the_smallest_doubles_read_as_zero() -> None:
    buckets = LogBuckets.of(np.array([0.0, -0.0, 5e-324, -1e-310]))
    assert (buckets.keys.tolist(), buckets.counts.tolist(), buckets.quantile(0.5)) == ([0], [4], 0.0)


def test_the_largest_double_keeps_a_finite_quantile() -> None:
    assert LogBuckets.of(np.array([1.79e308])).quantile(1.0) == pytest.approx(1.79e308, rel=RELATIVE_ERROR)


def test_merging_many_equals_merging_one_by_one() -> None:
    rng = np.random.default_rng(0)
    parts = [LogBuckets.of(rng.normal(size=n)) for n in (0, 1, 500, 30)]
    one_by_one = parts[0].merge(parts[1]).merge(parts[2]).merge(parts[3])
    assert LogBuckets.merge_all(parts) == one_by_one
    assert one_by_one.total == 531
