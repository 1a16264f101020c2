"""LORD++ over a stream of tests."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.stats.decision.online_fdr import LONGEST_STREAM, lord_plus_plus


def literal_levels(p_values: list[float], q: float, w0: float) -> list[float]:
    """The published formula, term by term."""
    gamma = np.array([math.log(max(j, 2)) / (j * math.exp(math.sqrt(math.log(j)))) for j in range(1, 10_001)])
    gamma /= gamma.sum()
    levels: list[float] = []
    rejected: list[int] = []
    for t, p in enumerate(p_values, start=1):
        level = gamma[t - 1] * w0
        for k, tau in enumerate(rejected):
            level += (q if k else q - w0) * gamma[t - tau - 1]
        levels.append(level)
        if p <= level:
            rejected.append(t)
    return levels


def test_no_test_rejects_nothing() -> None:
    stream = lord_plus_plus([])
    assert (stream.levels, stream.rejected) == ((), ())


def test_first_level_is_the_first_share_of_the_starting_budget() -> None:
    (level,) = lord_plus_plus([0.5], q=0.1, w0=0.02).levels
    assert level == pytest.approx(literal_levels([0.5], 0.1, 0.02)[0], rel=1e-12)


def test_quiet_stream_spends_less_and_less_after_the_second_test() -> None:
    levels = lord_plus_plus([1.0] * 50).levels
    assert all(later < earlier for earlier, later in itertools.pairwise(levels[2:]))


def test_a_rejection_raises_the_levels_that_follow() -> None:
    quiet, stirred = lord_plus_plus([1.0, 1.0, 1.0]), lord_plus_plus([1.0, 0.0, 1.0])
    assert stirred.rejected == (1,)
    assert stirred.levels[:2] == quiet.levels[:2]
    assert stirred.levels[2] > quiet.levels[2]


@given(st.lists(st.floats(0, 1) | st.sampled_from([0.0, 1e-9, 1e-4]), max_size=40), st.sampled_from([0.01, 0.05, 0.2]))
@settings(deadline=None)
def test_levels_agree_with_the_published_formula(p_values: list[float], q: float) -> None:
    assert lord_plus_plus(p_values, q=q).levels == pytest.approx(literal_levels(p_values, q, q / 2), rel=1e-12)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_a_level_depends_on_earlier_tests_only(p_values: list[float]) -> None:
    whole, start = lord_plus_plus(p_values), lord_plus_plus(p_values[:-1])
    assert whole.levels[:-1] == start.levels


def test_a_stream_longer_than_the_budget_gets_levels_of_zero_and_no_error() -> None:
    stream = lord_plus_plus([1.0] * (LONGEST_STREAM + 2))
    assert len(stream.levels) == LONGEST_STREAM + 2
    assert stream.levels[-1] == 0.0


def test_clean_streams_rarely_carry_a_rejection() -> None:
    random = np.random.default_rng(0)
    streams = [lord_plus_plus(random.random(200).tolist()) for _ in range(200)]
    # The false discovery rate of a clean stream is the chance of any rejection: at most q = 0.05, plus noise.
    assert sum(bool(stream.rejected) for stream in streams) <= 20
