import math

import mpmath
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from assay.errors import BinsMismatch, Invalid
from assay.stats.drift import (
    DISTANCES,
    dissimilarity,
    drift_score,
    hellinger,
    js_distance,
    js_distance_base2,
    js_divergence,
    kl_divergence,
    kl_reverse,
    l_infinity,
    psi,
)
from assay.stats.drift.psi_estimate import psi_bias_corrected, psi_eps, psi_interval
from assay.stats.profile.bins import LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn

COUNTS = st.integers(1, 8).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 50) | st.integers(0, 10**9), min_size=n, max_size=n)] * 2)
)
EVERY = [
    *DISTANCES.values(),
    kl_reverse,
    js_distance,
    js_distance_base2,
    l_infinity,
    psi_eps,
    psi_bias_corrected,
    psi_interval,
]
SYMMETRIC = [psi, psi_eps, dissimilarity, hellinger, js_divergence, js_distance, l_infinity]


def counts(*rows: int) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


def shares(baseline: list[int], current: list[int], add: float) -> tuple[np.ndarray, np.ndarray]:
    used = [(a + add, b + add) for a, b in zip(baseline, current, strict=True) if a + b > 0]
    p, q = np.array(used).T
    return p / p.sum(), q / q.sum()


def test_the_five_wire_names() -> None:
    assert set(DISTANCES) == {"psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence"}


@pytest.mark.parametrize(
    ("distance", "baseline", "current", "expected"),
    [
        (psi, (5, 5), (8, 2), 3 / 11 * math.log(8.5 / 2.5)),
        (psi, (10, 0), (0, 10), 2 * 10 / 11 * math.log(21)),
        (kl_divergence, (5, 5), (8, 2), 8.5 / 11 * math.log(8.5 / 5.5) + 2.5 / 11 * math.log(2.5 / 5.5)),
        (kl_reverse, (5, 5), (8, 2), 0.5 * math.log(5.5 / 8.5) + 0.5 * math.log(5.5 / 2.5)),
        (js_divergence, (1, 1), (1, 0), 0.25 * math.log(2 / 3) + 0.25 * math.log(2) + 0.5 * math.log(4 / 3)),
        (js_divergence, (4, 0), (0, 9), math.log(2)),
        (js_distance, (4, 0), (0, 9), math.sqrt(math.log(2))),
        (js_distance_base2, (4, 0), (0, 9), 1.0),
        (hellinger, (1, 0), (1, 1), math.sqrt(1 - math.sqrt(0.5))),
        (hellinger, (4, 0), (0, 9), 1.0),
        (dissimilarity, (50, 50), (75, 25), 0.25),
        (dissimilarity, (4, 0), (0, 9), 1.0),
        (l_infinity, (5, 5, 0), (5, 3, 2), 0.2),
        (psi_eps, (50, 50), (75, 25), 0.25 * math.log(3)),
        (psi_eps, (10, 0), (5, 5), 0.5 * math.log(2) + (0.5 - 1e-4) * math.log(0.5 / 1e-4)),
        (psi_bias_corrected, (5, 5), (8, 2), 3 / 11 * math.log(8.5 / 2.5) - 0.2),
    ],
)
def test_the_distance_matches_the_hand_computed_value(
    distance, baseline: tuple[int, ...], current: tuple[int, ...], expected: float
) -> None:
    assert distance(counts(*baseline), counts(*current)) == pytest.approx(expected, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("distance", EVERY)
@pytest.mark.parametrize(("baseline", "current"), [((0, 0), (3, 4)), ((3, 4), (0, 0)), ((0,), (0,)), ((), ())])
def test_no_rows_on_a_side_is_unknown_not_zero(distance, baseline: tuple[int, ...], current: tuple[int, ...]) -> None:
    assert distance(counts(*baseline), counts(*current)) is None


@given(COUNTS)
def test_psi_and_kl_match_fifty_digits(pair: tuple[list[int], list[int]]) -> None:
    baseline, current = pair
    if not (sum(baseline) and sum(current)):
        return
    used = [(mpmath.mpf(a) + 0.5, mpmath.mpf(b) + 0.5) for a, b in zip(*pair, strict=True) if a + b]
    p, q = zip(*used, strict=True)
    p, q = [v / mpmath.fsum(p) for v in p], [v / mpmath.fsum(q) for v in q]
    exact_psi = mpmath.fsum((y - x) * mpmath.log(y / x) for x, y in zip(p, q, strict=True))
    exact_kl = mpmath.fsum(y * mpmath.log(y / x) for x, y in zip(p, q, strict=True))
    assert psi(counts(*baseline), counts(*current)) == pytest.approx(float(exact_psi), rel=1e-9, abs=1e-13)
    assert kl_divergence(counts(*baseline), counts(*current)) == pytest.approx(float(exact_kl), rel=1e-9, abs=1e-13)


@given(COUNTS)
def test_the_distances_match_scipy_and_numpy(pair: tuple[list[int], list[int]]) -> None:
    baseline, current = pair
    if not (sum(baseline) and sum(current)):
        return
    a, b = counts(*baseline), counts(*current)
    p, q = shares(baseline, current, 0.5)
    assert kl_divergence(a, b) == pytest.approx(stats.entropy(q, p), rel=1e-9, abs=1e-13)
    assert kl_reverse(a, b) == pytest.approx(stats.entropy(p, q), rel=1e-9, abs=1e-13)
    p, q = shares(baseline, current, 0.0)
    # jensenshannon takes the root of a sum that rounding may leave below zero.
    assert js_divergence(a, b) == pytest.approx(np.nan_to_num(jensenshannon(p, q)) ** 2, rel=1e-9, abs=1e-13)
    assert js_distance_base2(a, b) == pytest.approx(np.nan_to_num(jensenshannon(p, q, base=2)), rel=1e-9, abs=1e-7)
    assert hellinger(a, b) == pytest.approx(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2), abs=1e-13)
    assert dissimilarity(a, b) == pytest.approx(1 - np.minimum(p, q).sum(), abs=1e-13)


@given(COUNTS)
def test_distances_are_in_their_ranges_and_zero_for_equal_shares(pair: tuple[list[int], list[int]]) -> None:
    baseline, current = (counts(*side) for side in pair)
    if not (baseline.sum() and current.sum()):
        return
    bounds = {
        hellinger: 1,
        dissimilarity: 1,
        l_infinity: 1,
        js_divergence: math.log(2),
        js_distance_base2: 1,
        psi: 1e9,
        kl_divergence: 1e9,
    }
    for distance, most in bounds.items():
        assert 0 <= distance(baseline, current) <= most * (1 + 1e-15)
        assert distance(baseline, baseline) == 0
    for distance in (hellinger, dissimilarity, l_infinity, js_divergence):
        assert distance(baseline, 3 * baseline) == pytest.approx(0, abs=1e-8)


@given(COUNTS)
def test_symmetric_distances_do_not_care_which_side_is_which(pair: tuple[list[int], list[int]]) -> None:
    baseline, current = (counts(*side) for side in pair)
    if not (baseline.sum() and current.sum()):
        return
    for distance in SYMMETRIC:
        assert distance(baseline, current) == pytest.approx(distance(current, baseline), rel=1e-12, abs=1e-15)


@given(COUNTS, st.randoms(use_true_random=False))
def test_neither_the_order_of_the_cells_nor_empty_ones_matter(pair: tuple[list[int], list[int]], random) -> None:
    if not (sum(pair[0]) and sum(pair[1])):
        return
    cells = [*zip(*pair, strict=True), (0, 0)]
    shuffled = random.sample(cells, len(cells))
    for distance in [d for d in EVERY if d is not psi_interval]:
        one = distance(*(counts(*side) for side in pair))
        other = distance(*(counts(*side) for side in zip(*shuffled, strict=True)))
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_more_cells_of_the_same_shift_never_hide_it() -> None:
    fine = psi(counts(100, 100, 100, 100), counts(200, 150, 30, 20))
    assert psi(counts(200, 200), counts(350, 50)) <= fine


def test_counts_beyond_32_bits_do_not_wrap() -> None:
    big = 2**40
    assert psi(counts(big, big), counts(3 * big, big)) == pytest.approx(0.25 * math.log(3), rel=1e-9)


def numeric(values: list[float | None], bins: NumericBins) -> NumericColumn:
    return NumericColumn.of(pl.Series(values, dtype=pl.Float64), bins)


def test_drift_score_takes_ten_bins_of_a_numeric_column_and_missing() -> None:
    rows = [float(i) for i in range(100)]
    bins = NumericBins.of(pl.Series(rows))
    score = drift_score("dissimilarity", numeric(rows, bins), numeric([5.0] * 9 + [None], bins))
    assert score == pytest.approx(0.9, rel=1e-12)


def test_drift_score_takes_every_kept_level_other_and_missing() -> None:
    bins = LevelBins.of(pl.Series(["a", "a", "b"]))
    baseline = CategoricalColumn.of(pl.Series(["a", "a", "b"]), bins)
    current = CategoricalColumn.of(pl.Series(["new", None, "a"]), bins)
    assert drift_score("dissimilarity", baseline, current) == pytest.approx(2 / 3, rel=1e-12)


def test_drift_score_refuses_an_unknown_metric_and_names_the_known_ones() -> None:
    column = numeric([1.0], NumericBins.of(pl.Series([1.0])))
    with pytest.raises(Invalid, match="no drift metric 'PSI'; choose one of psi, kl_divergence"):
        drift_score("PSI", column, column)


def test_drift_score_refuses_other_bins() -> None:
    one, other = (numeric([1.0], NumericBins.of(pl.Series(rows))) for rows in ([1.0, 2.0], [1.0, 3.0]))
    with pytest.raises(BinsMismatch):
        drift_score("psi", one, other)
    with pytest.raises(BinsMismatch):
        drift_score("psi", one, CategoricalColumn.empty(LevelBins.of(pl.Series(["a"]))))


def test_drift_of_a_column_without_rows_is_unknown() -> None:
    bins = NumericBins.of(pl.Series([1.0, 2.0]))
    for metric in DISTANCES:
        assert drift_score(metric, numeric([1.0], bins), NumericColumn.empty(bins)) is None
