import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.stats.drift.fisher import fisher_exact


@given(st.integers(1, 60), st.integers(1, 4000), st.data())
def test_both_p_values_are_scipys(n: int, m: int, data: st.DataObject) -> None:
    current, baseline = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    table = [[current, n - current], [baseline, m - baseline]]
    for alternative in ("two-sided", "greater"):
        expected = float(stats.fisher_exact(table, alternative=alternative).pvalue)
        assert fisher_exact(current, n, baseline, m, alternative=alternative) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("current", "n", "baseline", "m"),
    [(50, 5_000, 100, 10_000), (120, 5_000, 100, 10_000), (3, 30, 100, 10_000), (9_000, 90_000, 50_000, 10**6)],
)
def test_large_tables_are_scipys_too(current: int, n: int, baseline: int, m: int) -> None:
    expected = float(stats.fisher_exact([[current, n - current], [baseline, m - baseline]]).pvalue)
    assert fisher_exact(current, n, baseline, m) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("current", "baseline"), [(0, 0), (30, 70)])
def test_margins_that_leave_one_table_say_nothing(current: int, baseline: int) -> None:
    assert fisher_exact(current, 30, baseline, 70) == 1.0


def test_a_chance_below_the_smallest_double_is_zero_and_not_an_error() -> None:
    assert fisher_exact(10**6, 10**6, 0, 10**6) == 0.0
