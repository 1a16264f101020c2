import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.stats.drift.homogeneity import chi_square, g_test

COUNTS = st.integers(2, 8).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 200), min_size=n, max_size=n)] * 2))


@given(COUNTS)
def test_both_tests_match_scipy_on_the_table_of_used_cells(pair: tuple[list[int], list[int]]) -> None:
    table = np.array(pair)
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return
    for test, kind in ((chi_square, None), (g_test, "log-likelihood")):
        found = test(*(np.array(side) for side in pair))
        wanted = stats.chi2_contingency(table, correction=False, lambda_=kind)
        assert found.statistic == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-9)
        assert found.p == pytest.approx(wanted.pvalue, rel=1e-9, abs=1e-12)
        assert found.df == wanted.dof
        assert found.min_expected == pytest.approx(wanted.expected_freq.min(), rel=1e-12)


def test_chi_square_by_hand() -> None:
    # Shares 1/3 and 2/3, together 15 of 30 in each cell: four deviations of 5 from 15.
    found = chi_square(np.array([10, 20]), np.array([20, 10]))
    assert found.statistic == pytest.approx(4 * 25 / 15, rel=1e-15)
    assert (found.df, found.min_expected) == (1, 15.0)


@pytest.mark.parametrize("test", [chi_square, g_test])
def test_one_cell_cannot_differ(test) -> None:
    found = test(np.array([200, 0]), np.array([50, 0]))
    assert (found.statistic, found.df, found.p) == (0.0, 0, 1.0)


@pytest.mark.parametrize("test", [chi_square, g_test])
@pytest.mark.parametrize(("baseline", "current"), [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([], [])])
def test_no_rows_on_a_side_is_unknown(test, baseline: list[int], current: list[int]) -> None:
    assert test(np.array(baseline, dtype=np.int64), np.array(current, dtype=np.int64)) is None


def test_under_no_drift_small_p_values_are_as_rare_as_they_say() -> None:
    rng = np.random.default_rng(0)
    cells = np.full(6, 1 / 6)
    found = [chi_square(rng.multinomial(2000, cells), rng.multinomial(300, cells)).p for _ in range(2000)]
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / 2000) ** 0.5)
