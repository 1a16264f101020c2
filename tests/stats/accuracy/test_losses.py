"""The mean of a loss and its interval."""

import functools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.stats.accuracy.losses import LossMean, two_sum

LOSSES = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0.01, 10)), min_size=2, max_size=30)


def of(losses: list[float], weights: list[float] | None = None) -> LossMean:
    values = np.array(losses, dtype=float)
    return LossMean.of(values, np.ones(values.size) if weights is None else np.array(weights))


def test_no_rows_have_no_mean_and_say_so() -> None:
    estimate = LossMean.empty().estimate()
    assert (estimate.value, estimate.n, estimate.reason) == (None, 0, "there are no rows")
    assert of([]) == LossMean.empty()


def test_one_row_has_a_mean_and_no_interval() -> None:
    estimate = of([3.0]).estimate()
    assert (estimate.value, estimate.n, estimate.low, estimate.high) == (3.0, 1, None, None)


def test_interval_by_hand() -> None:
    # mean 4, sample variance 4, standard error 2 / sqrt 3
    estimate = of([2.0, 4.0, 6.0]).estimate()
    assert estimate.value == 4.0
    assert estimate.high == pytest.approx(4 + 1.959963984540054 * 2 / math.sqrt(3), rel=1e-14)
    assert estimate.low == pytest.approx(8 - estimate.high, rel=1e-14)


def test_scale_scales_mean_and_interval() -> None:
    plain, scaled = of([1.0, 2.0]).estimate(), of([1.0, 2.0]).estimate(scale=100)
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx(
        (100 * plain.value, 100 * plain.low, 100 * plain.high)
    )


@pytest.mark.parametrize("constant", [0.1, 1 / 3, 1e8 + 0.1])
def test_a_constant_has_exactly_no_spread_however_it_is_split(constant: float) -> None:
    whole = of([constant] * 7)
    parts = functools.reduce(LossMean.merge, [of([constant] * k) for k in (1, 2, 4)])
    assert whole.m2 == parts.m2 == 0.0
    assert whole.mean == parts.mean == constant


@given(LOSSES)
def test_mean_and_spread_agree_with_fifty_digits(rows: list[tuple[float, float]]) -> None:
    found = of([x for x, _ in rows], [w for _, w in rows])
    with mp.workdps(50):
        weight = mp.fsum(mp.mpf(w) for _, w in rows)
        mean = mp.fsum(mp.mpf(w) * mp.mpf(x) for x, w in rows) / weight
        m2 = mp.fsum(mp.mpf(w) * (mp.mpf(x) - mean) ** 2 for x, w in rows)
        scale = float(abs(mean) + mp.sqrt(m2 / weight))
        assert abs(found.mean - float(mean)) <= 1e-14 * scale + 1e-300
        assert found.m2 == pytest.approx(float(m2), rel=1e-11, abs=1e-28 * scale**2 + 1e-300)


def test_an_offset_of_1e8_costs_no_digits_in_a_thousand_merges() -> None:
    random = np.random.default_rng(0)
    values = 1e8 + random.normal(0, 1, 1000)
    parts = functools.reduce(LossMean.merge, [of([x]) for x in values.tolist()])
    with mp.workdps(50):
        mean = mp.fsum(mp.mpf(x) for x in values.tolist()) / 1000
        m2 = mp.fsum((mp.mpf(x) - mean) ** 2 for x in values.tolist())
        assert abs(mp.mpf(parts.high) + mp.mpf(parts.low) - mean) < 1e-12
        assert parts.m2 == pytest.approx(float(m2), rel=1e-12)


@given(LOSSES)
def test_whole_weights_are_the_same_as_repeated_rows(rows: list[tuple[float, float]]) -> None:
    values, weights = [x for x, _ in rows], [math.ceil(w) for _, w in rows]
    weighted, repeated = of(values, weights), of(np.repeat(values, weights).tolist())
    scale = abs(repeated.mean) + math.sqrt(repeated.m2 / repeated.rows)
    assert abs(weighted.mean - repeated.mean) <= 1e-13 * scale + 1e-300
    assert weighted.m2 == pytest.approx(repeated.m2, rel=1e-10, abs=1e-26 * scale**2 + 1e-300)


def test_weights_widen_the_interval_of_their_effective_rows() -> None:
    # Effective rows of weights 1, 3: 16 / 10 = 1.6; spread 0.75; error sqrt(0.75 / 0.6)
    found = of([0.0, 2.0], [1.0, 3.0])
    assert found.standard_error == pytest.approx(math.sqrt(0.75 / 0.6), rel=1e-14)


def test_losses_beyond_a_double_are_undefined_not_infinite() -> None:
    estimate = of([1e308, 1e308, 1.7e308]).estimate()
    assert (estimate.value, estimate.n) == (None, 3)
    assert estimate.reason == "the errors are too large for a double"


def test_stored_numbers_give_the_same_mean() -> None:
    kept = of([0.1, 0.2, 0.7], [1.0, 2.0, 0.5])
    assert LossMean.of_numbers(kept.numbers()) == kept


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_two_sum_loses_nothing(a: float, b: float) -> None:
    high, low = two_sum(a, b)
    with mp.workdps(700):
        assert mp.mpf(high) + mp.mpf(low) == mp.mpf(a) + mp.mpf(b)
