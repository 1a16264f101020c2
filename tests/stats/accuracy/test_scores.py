"""Positives and negatives per score, exact or in cells."""

import functools

import numpy as np
import pytest
from scipy import special

from assay.errors import BinsMismatch
from assay.stats.accuracy.scores import EXACT_SCORES, ScoreCounts


def of(actual: list[bool], score: list[float], limit: int = EXACT_SCORES) -> ScoreCounts:
    return ScoreCounts.of(np.array(actual, dtype=bool), np.array(score), np.ones(len(score)), limit=limit)


def many(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    score = random.random(n)
    return random.random(n) < score, score


def test_no_rows_hold_no_score() -> None:
    assert ScoreCounts.empty().scores.size == 0
    assert of([], []) == ScoreCounts.empty()


def test_equal_scores_share_a_place() -> None:
    counts = of([True, False, False], [0.5, 0.25, 0.5])
    assert counts.scores.tolist() == [0.25, 0.5]
    assert counts.positives.tolist() == [0.0, 1.0]
    assert counts.negatives.tolist() == [1.0, 1.0]


def test_minus_zero_is_zero() -> None:
    counts = of([True, False], [0.0, -0.0])
    assert counts.scores.tobytes() == np.array([0.0]).tobytes()


def test_at_the_limit_scores_stay_and_above_it_they_are_in_cells() -> None:
    assert of([True] * 3, [0.1, 0.2, 0.3], limit=3).exact
    assert not of([True] * 4, [0.1, 0.2, 0.3, 0.4], limit=3).exact
    assert of([True] * 5, [0.1] * 5, limit=3).exact


def test_cells_hold_the_same_rows() -> None:
    actual, score = many(2000)
    cells = of(actual.tolist(), score.tolist(), limit=10)
    assert cells.positives.sum() == actual.sum()
    assert cells.negatives.sum() == (~actual).sum()


def test_cells_are_a_1024th_of_a_logit_wide() -> None:
    score = special.expit(np.linspace(-8, 8, 50_000))
    cells = of([True] * 50_000, score.tolist(), limit=10).scores
    assert np.diff(special.logit(cells)) == pytest.approx(1 / 1024, rel=1e-6)


def test_cells_tell_scores_near_zero_and_near_one_apart() -> None:
    score = [1e-12, 1e-11, 1e-4, 1.1e-4, 1 - 1.1e-4, 1 - 1e-4, 1 - 1e-11, 1 - 1e-12]
    assert of([True] * 8, score, limit=1).scores.size == 8


@pytest.mark.parametrize("score", [0.0, -5.0, 1e-300])
def test_scores_at_and_below_the_end_share_the_first_cell(score: float) -> None:
    assert of([True, True], [score, 0.7], limit=1).scores[0] == 0.0


def test_scores_at_and_above_one_share_the_last_cell() -> None:
    assert of([True] * 3, [1.0, 1.5, 40.0], limit=1).positives.tolist() == [3.0]


def test_collapsing_twice_changes_nothing() -> None:
    actual, score = many(500)
    cells = of(actual.tolist(), score.tolist(), limit=10)
    again = ScoreCounts.of_masses(cells.scores, cells.positives, cells.negatives, limit=10).collapsed()
    assert again.scores.tolist() == cells.scores.tolist()
    assert cells.collapsed() is cells


def test_every_cell_is_its_own_after_rounding() -> None:
    # The lower end of each cell must fall in that cell again, or merging would move rows.
    ends = special.expit(np.arange(-40 * 1024, 40 * 1024) / 1024)
    cells = of([True] * ends.size, ends.tolist(), limit=1)
    assert of([True] * cells.scores.size, cells.scores.tolist(), limit=1).scores.tolist() == cells.scores.tolist()


@pytest.mark.parametrize("limit", [5, 60, 150, 1000])
def test_any_split_of_the_rows_gives_the_same_counts(limit: int) -> None:
    actual, score = many(300)
    score = np.round(score, 2)
    whole = ScoreCounts.of(actual, score, np.ones(300), limit=limit)
    for size in (1, 7, 100, 299):
        parts = [
            ScoreCounts.of(actual[i : i + size], score[i : i + size], np.ones(actual[i : i + size].size), limit=limit)
            for i in range(0, 300, size)
        ]
        for order in (parts, parts[::-1]):
            assert functools.reduce(ScoreCounts.merge, order) == whole


def test_counts_of_different_limits_do_not_merge() -> None:
    with pytest.raises(BinsMismatch, match="exact up to 5 and up to 6"):
        ScoreCounts.empty(5).merge(ScoreCounts.empty(6))


def test_nobody_can_write_to_the_counts() -> None:
    merged = of([True], [0.5]).merge(of([False], [0.6]))
    for array in (merged.scores, merged.positives, merged.negatives):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_content_decides_equality() -> None:
    assert of([True, False], [0.1, 0.2]) == of([False, True], [0.2, 0.1])
    assert of([True, False], [0.1, 0.2]) != of([True, True], [0.1, 0.2])
    assert of([True], [0.1]) != "something else"
