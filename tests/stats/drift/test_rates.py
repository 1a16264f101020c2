import math
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.errors import BinsMismatch
from assay.stats.drift.rates import missing_rate, new_level, out_of_range
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn


def numeric(baseline: list[float | None], current: list[float | None]) -> tuple[NumericColumn, NumericColumn]:
    bins = NumericBins.of(pl.Series(baseline, dtype=pl.Float64))
    return tuple(NumericColumn.of(pl.Series(rows, dtype=pl.Float64), bins) for rows in (baseline, current))


def categorical(baseline: list[str | None], current: list[str | None]) -> tuple[CategoricalColumn, CategoricalColumn]:
    bins = LevelBins.of(pl.Series(baseline, dtype=pl.String))
    return tuple(CategoricalColumn.of(pl.Series(rows, dtype=pl.String), bins) for rows in (baseline, current))


@pytest.mark.parametrize(("a", "m", "b", "n"), [(57, 400, 66, 200), (0, 500, 0, 30), (0, 9, 3, 3), (500, 1000, 1, 1)])
def test_missing_rate_is_fishers_exact_test(a: int, m: int, b: int, n: int) -> None:
    sides = [[None] * missing + ["x"] * (rows - missing) for missing, rows in ((a, m), (b, n))]
    change = missing_rate(*categorical(*sides))
    assert (change.rows, change.baseline, change.current) == (b, a / m, b / n)
    assert change.p == pytest.approx(stats.fisher_exact([[a, m - a], [b, n - b]]).pvalue, rel=1e-12)


def test_missing_rate_without_rows_is_unknown() -> None:
    assert missing_rate(*numeric([1.0], [])) is None
    assert missing_rate(*numeric([], [1.0])) is None


@given(st.integers(2, 60), st.integers(1, 60), st.data())
def test_the_chance_of_values_out_of_range_is_exact(m: int, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    change = out_of_range(*numeric([float(i) for i in range(m)], [-1.0] * k + [1.0] * (n - k)))
    # Of all orders of m old and n new values, those with k or more new ones outside the old range, counted
    # by how many stand at either end.
    orders = sum((x + 1) * math.comb(m + n - x - 2, m - 2) for x in range(k, n + 1))
    assert change.rows == k
    assert change.p == pytest.approx(float(Fraction(orders, math.comb(m + n, n))), rel=1e-10)
    assert change.p == pytest.approx(stats.betabinom.sf(k - 1, n, 2, m - 1), rel=1e-8, abs=1e-12)


def test_infinities_are_out_of_range_and_missing_rows_are_no_values() -> None:
    change = out_of_range(*numeric([1.0, 2.0, 3.0], [math.inf, -math.inf, 2.0, None, math.nan]))
    assert (change.rows, change.current) == (2, 2 / 3)


@pytest.mark.parametrize(("baseline", "current"), [([1.0], [9.0]), ([], [9.0]), ([1.0, 2.0], []), ([1.0, 2.0], [None])])
def test_out_of_range_without_a_range_or_without_values_is_unknown(
    baseline: list[float], current: list[float | None]
) -> None:
    assert out_of_range(*numeric(baseline, current)) is None


def test_nothing_out_of_range_is_no_evidence() -> None:
    assert out_of_range(*numeric([1.0, 2.0], [1.5] * 50)).p == 1.0


def test_a_huge_batch_keeps_a_chance_between_zero_and_one() -> None:
    one, other = numeric([float(i) for i in range(10)], [])
    for rows in (1, 10**3, 10**6, 10**7):
        moved = NumericColumn(**{**vars(other), "counts": np.append(other.counts[:-1], 10**7), "above": rows})
        assert 0.0 <= out_of_range(one, moved).p <= 1.0


def test_new_levels_are_compared_with_levels_seen_once() -> None:
    baseline = ["a"] * 90 + [f"rare {i}" for i in range(10)]
    change = new_level(*categorical(baseline, ["a"] * 6 + ["new", "newer"]))
    assert (change.rows, change.baseline, change.current) == (2, 0.1, 0.25)
    assert change.p == pytest.approx(stats.fisher_exact([[2, 6], [10, 90]], alternative="greater").pvalue, rel=1e-12)


def test_new_levels_keep_their_promise_up_to_a_tenth_of_the_baselines_rows() -> None:
    baseline = ["a"] * 100
    assert new_level(*categorical(baseline, ["z"] * 10)).calibrated
    assert not new_level(*categorical(baseline, ["z"] * 11)).calibrated


def test_new_levels_without_rows_are_unknown() -> None:
    assert new_level(*categorical(["a"], [])) is None
    assert new_level(*categorical([], ["a"])) is None


def test_other_bins_are_refused() -> None:
    one, other = numeric([1.0, 2.0], [1.0])[0], numeric([1.0, 3.0], [1.0])[1]
    with pytest.raises(BinsMismatch):
        out_of_range(one, other)
