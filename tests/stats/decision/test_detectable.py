import numpy as np
import pytest
from scipy import stats

from assay.stats.decision import smallest_detectable_psi


@pytest.mark.parametrize(("cells", "n", "psi"), [(7, 30, 1.2), (11, 100, 0.42), (11, 500, 0.087), (11, 5_000, 0.012)])
def test_the_figures_for_two_hundred_features(cells: int, n: int, psi: float) -> None:
    found = smallest_detectable_psi(cells, 10_000, n, level=0.01 / (4 * 200))
    assert found == pytest.approx(psi, rel=0.07)


@pytest.mark.parametrize("cells", [2, 7, 11, 27])
@pytest.mark.parametrize("level", [0.01, 1.25e-5])
def test_the_test_has_four_fifths_power_there(cells: int, level: float) -> None:
    m, n = 10_000, 300
    noncentrality = smallest_detectable_psi(cells, m, n, level=level) * m * n / (m + n)
    power = stats.ncx2.sf(stats.chi2.isf(level, cells - 1), cells - 1, noncentrality)
    assert power == pytest.approx(0.8, abs=1e-6)


def test_the_power_is_there_when_tried() -> None:
    # A shift of exactly this PSI between two cells, 4,000 times; four standard errors are 0.025.
    n, m, level = 2_000, 10**7, 0.001
    wanted = smallest_detectable_psi(2, m, n, level=level)
    moved = np.sqrt(wanted) / 2
    current = np.random.default_rng(0).binomial(n, 0.5 + moved, 4_000)
    statistic = 4 * (current - n / 2) ** 2 / n
    assert np.mean(statistic >= stats.chi2.isf(level, 1)) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("cells", "m", "n"), [(1, 10, 10), (0, 10, 10), (5, 0, 10), (5, 10, 0)])
def test_nothing_to_test_is_null(cells: int, m: int, n: int) -> None:
    assert smallest_detectable_psi(cells, m, n, level=0.01) is None
