import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from assay.stats.decision.monte_carlo import FIRST_DRAWS, Draws, Suspect, draw_family, needs_draws, seed
from assay.stats.drift.homogeneity import chi_square


def drawn(baseline: list[int], current: list[int], draws: int, name: str = "x", batch_id: str = "b") -> Draws:
    found = Draws.of(np.array(baseline), np.array(current), name=name, batch_id=batch_id)
    found.extend(draws)
    return found


def exact_p(baseline: list[int], current: list[int]) -> float:
    """By looking at every table with the same margins."""
    both = [a + b for a, b in zip(baseline, current, strict=True)]
    n, total = sum(current), sum(both)
    bar = chi_square(np.array(baseline), np.array(current)).statistic
    share = 0
    for table in product(*(range(c + 1) for c in both)):
        if sum(table) == n:
            others = np.array(both) - np.array(table)
            if chi_square(others, np.array(table)).statistic >= bar * (1 - 1e-9):
                share += math.prod(math.comb(c, k) for c, k in zip(both, table, strict=True))
    return share / math.comb(total, n)


@pytest.mark.parametrize(
    ("baseline", "current"), [([9, 6, 3], [1, 2, 5]), ([12, 12, 1, 1], [3, 1, 2, 1]), ([20, 0], [3, 3])]
)
def test_the_p_value_is_that_of_all_tables_with_the_same_margins(baseline: list[int], current: list[int]) -> None:
    wanted = exact_p(baseline, current)
    found = drawn(baseline, current, 40_000)
    error = math.sqrt(wanted * (1 - wanted) / found.drawn)
    assert found.p == pytest.approx(wanted, abs=4.5 * error + 1 / found.drawn)


def test_two_cells_are_fishers_exact_test() -> None:
    # Equal numbers of rows on both sides: chi-square and chance order the tables alike.
    found = drawn([3, 17], [13, 7], 200_000)
    wanted = stats.fisher_exact([[3, 17], [13, 7]]).pvalue
    assert found.p == pytest.approx(wanted, rel=4.5 / math.sqrt(max(1, found.exceeding)))


def test_the_p_value_is_that_of_shuffled_rows() -> None:
    baseline, current = [30, 20, 8, 2], [2, 5, 4, 3]
    rows = np.repeat([0, 1, 2, 3, 0, 1, 2, 3], [*baseline, *current])
    bar = chi_square(np.array(baseline), np.array(current)).statistic
    random, reached, shuffles = np.random.default_rng(0), 0, 4_000
    for _ in range(shuffles):
        random.shuffle(rows)
        sides = (np.bincount(part, minlength=4) for part in (rows[:60], rows[60:]))
        reached += chi_square(*sides).statistic >= bar - 1e-9
    share = reached / shuffles
    assert drawn(baseline, current, 40_000).p == pytest.approx(share, abs=6 * math.sqrt(share / shuffles))


def test_the_draws_depend_on_the_names_of_feature_and_batch_only() -> None:
    one = drawn([50, 30, 2], [5, 9, 2], 4_000)
    assert drawn([50, 30, 2], [5, 9, 2], 4_000).exceeding == one.exceeding
    assert drawn([50, 30, 2, 0], [5, 9, 2, 0], 4_000).exceeding == one.exceeding
    assert len({seed("x", "b"), seed("xb", ""), seed("", "xb"), seed("y", "b"), seed("x", "c")}) == 5
    assert seed("\ud800", "") != seed("", "")


def test_drawing_stops_when_the_p_value_is_settled() -> None:
    found = drawn([50, 50], [5, 6], 100_000)
    assert found.drawn == FIRST_DRAWS
    assert found.settled


def far(name: str, elsewhere: float = 1.0) -> Suspect:
    """A table that hardly any draw exceeds, of a feature with four checks."""
    draws = Draws.of(np.array([500, 500, 1]), np.array([1, 16, 3]), name=name, batch_id="b")
    return Suspect(draws, checks=4, elsewhere=elsewhere)


def test_one_suspect_gets_draws_enough_to_reach_its_bar() -> None:
    alone = far("x")
    draw_family([alone], [1.0] * 199, tests=200, alpha=0.01, fewest=1_000)
    assert alone.draws.drawn >= 160_000
    assert alone.p * 200 <= 0.01


def test_many_suspects_share_the_draws() -> None:
    suspects = [far(str(i)) for i in range(40)]
    draw_family(suspects, [], tests=200, alpha=0.01, fewest=100_000)
    assert sum(one.draws.drawn for one in suspects) <= 2 * 160_000 + 40 * FIRST_DRAWS
    assert all(one.p <= 0.01 * 40 / 200 for one in suspects)


def test_marks_elsewhere_in_the_family_save_draws() -> None:
    one = far("x")
    draw_family([one], [1e-12] * 79, tests=200, alpha=0.01, fewest=1_000)
    assert one.draws.drawn == FIRST_DRAWS
    assert one.p <= 0.01 * 80 / 200


def test_what_is_real_by_another_check_needs_no_more_draws() -> None:
    one = far("x", elsewhere=1e-9)
    draw_family([one], [1.0] * 199, tests=200, alpha=0.01, fewest=100_000)
    assert (one.draws.drawn, one.p) == (FIRST_DRAWS, 4e-9)


def test_a_family_without_thin_tables_draws_nothing() -> None:
    draw_family([], [0.5], tests=200, alpha=0.01, fewest=100_000)


def test_a_billion_rows_are_drawn_too() -> None:
    found = Draws.of(np.array([10**9, 10**9, 3]), np.array([40, 60, 2]), name="x", batch_id="b")
    found.extend(4_000)
    assert found.p < 0.01


@pytest.mark.parametrize(
    ("p", "min_expected", "needed"),
    [(0.0099, 19.9, True), (0.01, 1.0, False), (0.001, 20.0, False), (1e-11, 0.9, True), (1e-11, 1.0, False)],
)
def test_draws_are_for_small_p_values_of_thin_tables(p: float, min_expected: float, needed: bool) -> None:
    assert needs_draws(p, min_expected) == needed


def test_p_values_are_uniform_when_nothing_has_drifted() -> None:
    # Seed 7; the chance that any of 300 uniform p-values breaks this bound is below 1e-6.
    random, found = np.random.default_rng(7), []
    for i in range(300):
        both = np.array([40, 25, 10, 5])
        current = random.multivariate_hypergeometric(both, 16)
        draws = Draws.of(both - current, current, name=str(i), batch_id="uniform")
        draws.extend(FIRST_DRAWS)
        found.append(draws.p)
    for level in (0.01, 0.05, 0.2, 0.5):
        expected = 300 * level
        assert sum(p <= level for p in found) <= expected + 5 * math.sqrt(expected) + 2
    assert np.mean(found) == pytest.approx(0.53, abs=0.09)  # ties lift the mean a little above one half
