"""Metrics of ranking, exact and from cells."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from assay.stats.accuracy import ranking
from assay.stats.accuracy.ranking import Ranking
from assay.stats.accuracy.scores import EXACT_SCORES, ScoreCounts
from assay.stats.accuracy.tally import Tally
from assay.stats.estimate import Estimate
from assay.stats.intervals import Z95

# Few distinct scores, so that ties are everywhere.
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 8).map(lambda k: k / 8)), min_size=1, max_size=40)
BOTH = ROWS.map(lambda rows: [*rows, (True, 0.5), (False, 0.5), (True, 0.75), (False, 0.0)])

TWO_CLASSES: dict[str, Callable[[Ranking], Estimate]] = {
    "auc": ranking.auc,
    "gini": ranking.gini,
    "kolmogorov_smirnov": ranking.kolmogorov_smirnov,
    "max_matthews": ranking.max_matthews,
    "average_precision": ranking.average_precision,
}


def of(
    actual: list[bool] | np.ndarray,
    score: list[float] | np.ndarray,
    weights: list[float] | None = None,
    limit: int = EXACT_SCORES,
) -> Ranking:
    outcomes, scores = np.asarray(actual, dtype=bool), np.asarray(score, dtype=float)
    weighing = np.ones(scores.size) if weights is None else np.array(weights, dtype=float)
    counts = ScoreCounts.of(outcomes, scores, weighing, limit=limit)
    return Ranking(counts, Tally.of(weighing[outcomes]), Tally.of(weighing[~outcomes]))


def of_rows(rows: list[tuple[bool, float]]) -> Ranking:
    return of([a for a, _ in rows], [s for _, s in rows])


@pytest.mark.parametrize("metric", TWO_CLASSES.values(), ids=TWO_CLASSES)
@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        ([], "there are no rows"),
        ([True], "no row is actually negative"),
        ([False, False], "no row is actually positive"),
    ],
)
def test_without_both_classes_ranking_is_undefined(
    metric: Callable[[Ranking], Estimate], actual: list[bool], reason: str
) -> None:
    estimate = metric(of(actual, [0.5] * len(actual)))
    assert (estimate.value, estimate.reason, estimate.n) == (None, reason, len(actual))


def test_auc_by_hand() -> None:
    # Positives 0.8, 0.4, negatives 0.4, 0.1: pairs 1, 1, 1/2, 1.
    assert ranking.auc(of([1, 1, 0, 0], [0.8, 0.4, 0.4, 0.1])).value == 3.5 / 4


def test_constant_score_ranks_nothing() -> None:
    rows = of([1, 0] * 25, [0.3] * 50)
    assert ranking.auc(rows).value == 0.5
    assert ranking.gini(rows).value == 0.0
    assert ranking.kolmogorov_smirnov(rows).value == 0.0
    assert ranking.max_matthews(rows).value == 0.0
    assert ranking.average_precision(rows).value == 0.5
    assert ranking.rate_at_top(rows, 0.1).value == 0.5


def test_perfect_scores_reach_the_end_and_keep_an_interval() -> None:
    estimate = ranking.auc(of([0] * 20 + [1] * 30, [0.1] * 20 + [0.9] * 30))
    assert (estimate.value, estimate.low, estimate.high) == (1.0, 1 - 3 / 20, 1.0)


def test_perfectly_wrong_scores_mirror_the_perfect_ones() -> None:
    estimate = ranking.auc(of([1] * 20 + [0] * 30, [0.1] * 20 + [0.9] * 30))
    assert (estimate.value, estimate.low, estimate.high) == (0.0, 0.0, 3 / 20)
    assert ranking.gini(of([1, 0], [0.1, 0.9])).value == -1.0


def test_interval_of_perfect_scores_of_one_pair_is_everything() -> None:
    estimate = ranking.auc(of([1, 0], [0.9, 0.1]))
    assert (estimate.low, estimate.high) == (0.0, 1.0)


def brute_force_delong(rows: list[tuple[bool, float]]) -> tuple[float, float]:
    """AUC and its variance from every pair of rows."""
    x, y = [s for a, s in rows if a], [s for a, s in rows if not a]
    wins = np.array([[1.0 if u > v else 0.5 if u == v else 0.0 for v in y] for u in x])
    variance = wins.mean(axis=1).var(ddof=1) / len(x) + wins.mean(axis=0).var(ddof=1) / len(y)
    return float(wins.mean()), float(variance)


@given(BOTH)
def test_auc_and_delong_agree_with_every_pair(rows: list[tuple[bool, float]]) -> None:
    area, variance = brute_force_delong(rows)
    assert ranking.auc(of_rows(rows)).value == pytest.approx(area, rel=1e-12)
    assert ranking.delong_variance(of_rows(rows)) == pytest.approx(variance, rel=1e-10, abs=1e-15)


def test_delong_interval_by_hand() -> None:
    # Placements of positives 1, 3/4, of negatives 3/4, 1: variances 1/32 each, over 2.
    rows = of([1, 1, 0, 0], [0.8, 0.4, 0.4, 0.1])
    assert ranking.delong_variance(rows) == pytest.approx(1 / 32)
    low, high = ranking.delong_interval(rows)
    assert (low, high) == pytest.approx((0.875 - Z95 * math.sqrt(1 / 32), 1.0))


def test_one_row_in_a_class_falls_back_to_hanley_and_mcneil() -> None:
    rows = of([1, 0, 0, 0, 0], [0.5, 0.4, 0.6, 0.3, 0.2])
    assert ranking.delong_variance(rows) is None
    assert ranking.delong_interval(rows) == (None, None)
    estimate = ranking.auc(rows)
    half = Z95 * ranking.hanley_mcneil_error(0.75, 1, 4)
    assert (estimate.low, estimate.high) == pytest.approx((0.75 - half, min(1.0, 0.75 + half)))


def test_hanley_and_mcneil_by_hand() -> None:
    # A = 0.75: Q1 = 0.6, Q2 = 9/14, three rows each
    spread = 0.75 * 0.25 + 2 * (0.6 - 0.5625) + 2 * (9 / 14 - 0.5625)
    assert ranking.hanley_mcneil_error(0.75, 3, 3) == pytest.approx(math.sqrt(spread / 9), rel=1e-14)


def test_delong_interval_covers_the_true_auc_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    true_auc = 0.7602499389  # two normals one standard deviation apart: Phi(1 / sqrt 2)
    hits = 0
    for _ in range(400):
        positive, negative = random.normal(1, 1, 60), random.normal(0, 1, 80)
        rows = of([1] * 60 + [0] * 80, np.concatenate([positive, negative]))
        low, high = ranking.delong_interval(rows)
        hits += low <= true_auc <= high
    assert 0.92 <= hits / 400 <= 0.98


@given(BOTH)
def test_ranking_agrees_with_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    actual, score = np.array([a for a, _ in rows]), np.array([s for _, s in rows])
    found = {name: metric(of(actual, score)).value for name, metric in TWO_CLASSES.items()}
    fpr, tpr, _ = metrics.roc_curve(actual, score, drop_intermediate=False)
    assert found == pytest.approx(
        {
            "auc": metrics.roc_auc_score(actual, score),
            "gini": 2 * metrics.roc_auc_score(actual, score) - 1,
            "kolmogorov_smirnov": float(np.abs(tpr - fpr).max()),
            "max_matthews": max(metrics.matthews_corrcoef(actual, score >= t) for t in np.unique(score)),
            "average_precision": metrics.average_precision_score(actual, score),
        },
        rel=1e-10,
        abs=1e-12,
    )


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.floats(0.1, 5)), min_size=1, max_size=30))
def test_weighted_ranking_agrees_with_scikit_learn(rows: list[tuple[bool, int, float]]) -> None:
    rows = [*rows, (True, 3, 1.0), (False, 4, 1.0)]
    actual, score, weights = (list(column) for column in zip(*rows, strict=True))
    found = of(actual, score, weights)
    assert ranking.auc(found).value == pytest.approx(
        metrics.roc_auc_score(actual, score, sample_weight=weights), rel=1e-10
    )
    assert ranking.average_precision(found).value == pytest.approx(
        metrics.average_precision_score(actual, score, sample_weight=weights), rel=1e-10
    )


@given(BOTH)
def test_reversing_scores_mirrors_the_auc(rows: list[tuple[bool, float]]) -> None:
    forward, back = of_rows(rows), of_rows([(a, -s) for a, s in rows])
    assert ranking.auc(back).value == pytest.approx(1 - ranking.auc(forward).value, abs=1e-12)
    assert ranking.delong_variance(back) == pytest.approx(ranking.delong_variance(forward), abs=1e-12)


@given(BOTH)
def test_only_the_order_of_scores_matters(rows: list[tuple[bool, float]]) -> None:
    plain, stretched = of_rows(rows), of_rows([(a, math.exp(5 * s)) for a, s in rows])
    for metric in TWO_CLASSES.values():
        assert metric(plain) == metric(stretched)
    assert ranking.rate_at_top(plain, 0.1) == ranking.rate_at_top(stretched, 0.1)


# ------------------------------------------------------------------ the best rows


@pytest.mark.parametrize(
    ("actual", "score", "fraction", "expected"),
    [
        ([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6], 0.5, 0.5),
        ([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6], 0.10, 1.0),  # at least one place
        ([1, 1, 0, 0, 0], [0.9, 0.5, 0.5, 0.5, 0.1], 0.4, (1 + 1 / 3) / 2),  # one place among three tied
        ([0, 0, 0], [0.3, 0.2, 0.1], 0.5, 0.0),
        ([1, 1, 1], [0.3, 0.2, 0.1], 1.0, 1.0),
    ],
)
def test_rate_at_top_by_hand(actual: list[int], score: list[float], fraction: float, expected: float) -> None:
    assert ranking.rate_at_top(of(actual, score), fraction).value == pytest.approx(expected, rel=1e-14)


def test_rate_at_top_of_no_rows_is_undefined() -> None:
    assert ranking.rate_at_top(of([], []), 0.1).reason == "there are no rows"


@pytest.mark.parametrize("n", [20, 40, 60, 100, 140, 1000])
def test_five_percent_of_a_hundred_are_five_places_not_six(n: int) -> None:
    assert ranking.rate_at_top(of([1] * n, np.arange(n) / n), 0.05).n == n // 20


@given(ROWS, st.sampled_from([0.05, 0.1, 0.5]))
def test_ties_at_the_cut_give_the_mean_over_their_orders(rows: list[tuple[bool, float]], fraction: float) -> None:
    random = np.random.default_rng(0)
    places = math.ceil(fraction * len(rows) - 1e-12)
    actual, score = np.array([a for a, _ in rows]), np.array([s for _, s in rows])
    means = []
    for _ in range(200):
        order = np.lexsort((random.random(len(rows)), -score))
        means.append(actual[order[:places]].mean())
    error = np.std(means) / math.sqrt(200)
    assert ranking.rate_at_top(of_rows(rows), fraction).value == pytest.approx(np.mean(means), abs=5 * error + 1e-9)


def test_whole_weights_are_the_same_as_repeated_rows() -> None:
    actual, score, weights = [1, 0, 1, 0, 1], [0.9, 0.8, 0.7, 0.7, 0.1], [2, 3, 1, 4, 5]
    weighted, repeated = of(actual, score, weights), of(np.repeat(actual, weights), np.repeat(score, weights))
    for fraction in (0.05, 0.10, 0.3, 0.6):
        one, other = ranking.rate_at_top(weighted, fraction), ranking.rate_at_top(repeated, fraction)
        assert one.value == pytest.approx(other.value, rel=1e-14)


def test_broken_weights_take_their_fraction_of_the_weight() -> None:
    # 10 % of 5 is half a place: all in the first row.
    assert ranking.rate_at_top(of([1, 0, 0], [0.9, 0.5, 0.1], [2.5, 1.25, 1.25]), 0.1).value == 1.0


# ------------------------------------------------------------------ beyond the limit: cells


def rare(n: int = 150_000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    score = random.beta(0.3, 20, n)
    return random.random(n) < score, score


def spread(n: int = 150_000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    score = random.random(n)
    return random.random(n) < score, score


def narrow(n: int = 150_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores so close together that a cell holds thousands: the bound must grow and still hold."""
    random = np.random.default_rng(3)
    score = 0.5 + 0.001 * random.random(n)
    return random.random(n) < (score - 0.5) * 1000, score


@pytest.mark.parametrize("rows", [rare, spread, narrow])
def test_beyond_100000_scores_the_stated_bound_holds(
    rows: Callable[[], tuple[np.ndarray, np.ndarray]],
) -> None:
    actual, score = rows()
    cells, exact = of(actual, score), of(actual, score, limit=10**9)
    assert not cells.scores.exact
    assert exact.scores.exact
    top = {f"top {f}": lambda found, f=f: ranking.rate_at_top(found, f) for f in (0.05, 0.10)}
    for name, metric in {**TWO_CLASSES, **top}.items():
        approximate, true = metric(cells), metric(exact)
        assert true.bound == 0.0
        assert approximate.bound > 0.0, name
        assert abs(approximate.value - true.value) <= approximate.bound + 1e-12, name


@pytest.mark.parametrize("rows", [rare, spread])
def test_cells_hardly_cost_anything_on_ordinary_scores(
    rows: Callable[[], tuple[np.ndarray, np.ndarray]],
) -> None:
    actual, score = rows()
    estimate = ranking.auc(of(actual, score))
    assert estimate.bound < 0.003
    assert estimate.value == pytest.approx(metrics.roc_auc_score(actual, score), abs=1e-4)


@given(BOTH)
def test_the_bound_holds_on_small_tables_too(rows: list[tuple[bool, float]]) -> None:
    squeezed = [(a, 0.5 + s / 100) for a, s in rows]
    actual, score = [a for a, _ in squeezed], [s for _, s in squeezed]
    cells, exact = of(actual, score, limit=1), of(actual, score)
    for name, metric in {**TWO_CLASSES, "top": lambda found: ranking.rate_at_top(found, 0.1)}.items():
        approximate, true = metric(cells), metric(exact)
        assert abs(approximate.value - true.value) <= approximate.bound + 1e-12, name
