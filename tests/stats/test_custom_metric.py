from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.errors import BinsMismatch
from assay.stats.custom_metric import CategoryCounts, Latest, WeightedSum

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
VALUES = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("values", "sizes", "total", "average"),
    [
        ([], [], None, None),
        ([4.0], [1], 4.0, 4.0),
        ([1.0, 3.0], [1, 1], 4.0, 2.0),
        ([1.0, 3.0], [3, 1], 4.0, 1.5),  # (3 + 3) / 4
        ([1.0, 100.0], [5, 0], 101.0, 1.0),  # a sample of nobody weighs nothing, and is a value all the same
        ([7.0], [0], 7.0, None),
        ([-2.0, 2.0], [1, 1], 0.0, 0.0),
    ],
)
def test_sum_and_average_are_those_computed_by_hand(values, sizes, total, average):
    found = WeightedSum.of(values, sizes)
    assert (found.sum, found.average) == (total, average)
    assert (found.n, found.sample_size) == (len(values), sum(sizes))


@examples(150)
@given(st.lists(st.tuples(VALUES, st.integers(1, 10**9)), min_size=1, max_size=30))
def test_the_average_is_numpys_and_lies_among_the_values(rows):
    values, sizes = (np.array(column) for column in zip(*rows, strict=True))
    average = WeightedSum.of(values, sizes).average
    assert average == pytest.approx(np.average(values, weights=sizes), rel=1e-9, abs=1e-6)
    assert values.min() - 1e-6 <= average <= values.max() + 1e-6


@examples(100)
@given(st.lists(VALUES, min_size=1, max_size=30), st.integers(1, 1000))
def test_equal_samples_give_the_plain_mean_whatever_their_size(values, size):
    found = WeightedSum.of(values, [size] * len(values))
    assert found.average == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("values", [[1e308, 1e308], [-1e308, -1e308], [1e308, 1e308, -1e308, -1e308]])
def test_what_no_number_can_hold_is_unknown(values):
    found = WeightedSum.of(values, [1] * len(values))
    assert found.average is None
    assert found.sum in (None, 0.0)
    parts = WeightedSum.of(values[:2], [1, 1]).merge(WeightedSum.of([-v for v in values[:2]], [1, 1]))
    assert (parts.sum, parts.average) == (None, None)


def test_the_last_value_is_that_of_the_latest_moment_and_brings_its_own_sample():
    orders = [(NOON, 1), (NOON + timedelta(hours=1), 2), (NOON - timedelta(days=1), 3)]
    last = Latest.of([1.0, 2.0, 3.0], [10, 20, 30], orders)
    assert (last.value, last.sample_size) == (2.0, 20)


def test_of_values_at_one_moment_the_one_that_came_last_counts():
    assert Latest.of([1.0, 2.0], [1, 1], [(NOON, 8), (NOON, 7)]).value == 1.0


def test_there_is_no_last_value_of_none():
    assert Latest.of([], [], []) == Latest.empty() == Latest(None, None, 0)


def test_categories_are_counted_by_hand():
    found = CategoryCounts.of(["late", "ok", None, "late", "OK"], [1, 2, 4, 8, 16], ("ok", "late", "lost"))
    assert (found.counts, found.unknown, found.sample_size) == ((2, 9, 0), 20, 31)


def test_counts_of_other_categories_are_not_added():
    one, other = CategoryCounts.empty(("a", "b")), CategoryCounts.empty(("b", "a"))
    with pytest.raises(BinsMismatch, match="cannot be added"):
        one.merge(other)
