"""Unit deviances, and the deviance about the values' own mean."""

import functools

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from assay.errors import BinsMismatch
from assay.stats.accuracy.deviance import DEVIANCES, Family, OwnDeviance

FAMILIES = list(DEVIANCES)
POWERS = {"poisson": 1, "gamma": 2, "tweedie": 1.5}
POSITIVE = st.floats(1e-6, 1e6)


def exact(family: Family, y: float, p: float) -> mp.mpf:
    y, p = mp.mpf(y), mp.mpf(p)
    if family == "poisson":
        return 2 * ((y * mp.log(y / p) if y else 0) - y + p)
    if family == "gamma":
        return 2 * (mp.log(p / y) + y / p - 1)
    return 4 * (mp.sqrt(y) - mp.sqrt(p)) ** 2 / mp.sqrt(p)


def deviance(family: Family, y: float, p: float) -> float:
    actual, predicted = np.array([y]), np.array([p])
    return float(DEVIANCES[family](actual, predicted, actual - predicted)[0])


@pytest.mark.parametrize("family", FAMILIES)
@given(y=POSITIVE, p=POSITIVE)
def test_unit_deviances_agree_with_fifty_digits(family: Family, y: float, p: float) -> None:
    with mp.workdps(50):
        assert deviance(family, y, p) == pytest.approx(float(exact(family, y, p)), rel=1e-11, abs=1e-300)


@pytest.mark.parametrize("family", FAMILIES)
@given(p=st.floats(1, 1e9), ulps=st.integers(1, 10_000))
def test_values_a_few_roundings_apart_keep_their_digits(family: Family, p: float, ulps: int) -> None:
    y = p * (1 + ulps * 2**-52)
    with mp.workdps(50):
        assert deviance(family, y, p) == pytest.approx(float(exact(family, y, p)), rel=1e-10, abs=1e-300)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prediction_that_is_right_costs_nothing(family: Family) -> None:
    assert deviance(family, 3.7, 3.7) == 0.0


@pytest.mark.parametrize(("family", "expected"), [("poisson", 2 * 4.0), ("tweedie", 4 * 2.0)])
def test_an_actual_of_zero_by_hand(family: Family, expected: float) -> None:
    assert deviance(family, 0.0, 4.0) == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_mean_deviance_agrees_with_scikit_learn(family: Family) -> None:
    random = np.random.default_rng(0)
    y, p = random.gamma(2, 2, 500), random.gamma(2, 2, 500)
    expected = metrics.mean_tweedie_deviance(y, p, power=POWERS[family])
    assert DEVIANCES[family](y, p, y - p).mean() == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_values_have_no_deviance(family: Family) -> None:
    assert OwnDeviance.empty(family).mean is None


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("constant", [0.1, 1 / 3, 7.0])
def test_a_constant_has_exactly_no_deviance(family: Family, constant: float) -> None:
    parts = [OwnDeviance.of(family, np.full(k, constant), np.ones(k)) for k in (1, 2, 3)]
    assert functools.reduce(OwnDeviance.merge, parts).total == 0.0
    assert OwnDeviance.of(family, np.full(6, constant), np.ones(6)).total == 0.0


@pytest.mark.parametrize("family", ["poisson", "tweedie"])
def test_zeros_only_have_no_deviance_and_merge(family: Family) -> None:
    zeros = OwnDeviance.of(family, np.zeros(3), np.ones(3))
    assert zeros.merge(zeros).total == 0.0


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_deviance_about_the_mean_is_the_same_for_every_split(family: Family, offset: float) -> None:
    random = np.random.default_rng(0)
    values = offset + random.gamma(2, 2, 300)
    with mp.workdps(50):
        mean = mp.fsum(mp.mpf(v) for v in values.tolist()) / 300
        expected = float(mp.fsum(exact(family, v, mean) for v in values.tolist()))
    for size in (300, 100, 1):
        parts = [
            OwnDeviance.of(family, values[i : i + size], np.ones(values[i : i + size].size))
            for i in range(0, 300, size)
        ]
        assert functools.reduce(OwnDeviance.merge, parts).total == pytest.approx(expected, rel=1e-9)


def test_different_families_do_not_merge() -> None:
    with pytest.raises(BinsMismatch, match="poisson deviance cannot be merged with a gamma deviance"):
        OwnDeviance.empty("poisson").merge(OwnDeviance.empty("gamma"))
