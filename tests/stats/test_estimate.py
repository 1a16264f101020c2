"""A number with what it rests on."""

import dataclasses

import pytest

from assay.stats.estimate import Estimate


def test_an_undefined_estimate_says_why_and_holds_no_number() -> None:
    estimate = Estimate.undefined("there are no rows", 3)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (None, None, None, 3)
    assert estimate.reason == "there are no rows"


def test_an_estimate_is_exact_unless_it_says_otherwise() -> None:
    assert Estimate(0.5, 2).bound == 0.0


def test_standard_error_is_read_off_the_interval() -> None:
    assert Estimate(0.5, 10, 0.5 - 1.959963984540054, 0.5 + 1.959963984540054).standard_error == pytest.approx(1.0)
    assert Estimate(0.5, 1).standard_error is None


def test_nobody_can_change_an_estimate() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Estimate(0.5, 2).value = 1.0
