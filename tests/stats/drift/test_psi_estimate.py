import math

import numpy as np
import pytest
from scipy import stats

from assay.stats.drift.psi_estimate import psi_bias_corrected, psi_expected_by_chance, psi_interval

DRAWS = 2000


def test_the_interval_of_equal_samples_by_hand() -> None:
    # psi is 0, its chance part 1/50 + 1/50, its variance twice the square of that.
    low, high = psi_interval(np.array([25, 25]), np.array([25, 25]))
    assert low == 0.0
    assert high == pytest.approx(-0.04 + stats.norm.ppf(0.975) * math.sqrt(2) * 0.04, rel=1e-12)


def test_one_cell_leaves_nothing_to_chance() -> None:
    counts = np.array([40, 0]), np.array([7, 0])
    assert psi_expected_by_chance(*counts) == 0.0
    assert psi_interval(*counts) == (0.0, 0.0)


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    counts = np.array([400, 600]), np.array([300, 100])
    narrow, wide = (psi_interval(*counts, confidence=c) for c in (0.8, 0.99))
    assert wide.low < narrow.low < psi_bias_corrected(*counts) < narrow.high < wide.high


def test_without_drift_the_corrected_index_is_zero_on_average() -> None:
    rng = np.random.default_rng(0)
    cells = np.full(10, 0.1)
    found = [psi_bias_corrected(rng.multinomial(5000, cells), rng.multinomial(200, cells)) for _ in range(DRAWS)]
    # Four standard errors of the mean, and the half rows' own small pull downwards.
    assert abs(np.mean(found)) < 4 * np.std(found) / math.sqrt(DRAWS) + 0.003


def test_the_interval_covers_the_population_index_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    p, q = np.array([0.25, 0.25, 0.25, 0.25]), np.array([0.4, 0.3, 0.2, 0.1])
    truth = float(((q - p) * np.log(q / p)).sum())
    intervals = [psi_interval(rng.multinomial(5000, p), rng.multinomial(300, q)) for _ in range(DRAWS)]
    covered = np.mean([low <= truth <= high for low, high in intervals])
    assert 0.93 <= covered <= 1.0
