"""Many features side by side give what each gives by itself."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.stats.bins import LevelBins, NumericBins
from assay.stats.categorical import CategoricalColumn
from assay.stats.decision.tables import Tables, categorical_cells, chi_square_of, largest_differences, numeric_cells
from assay.stats.decision_cells import decision_cells
from assay.stats.drift import psi
from assay.stats.homogeneity import chi_square
from assay.stats.ks import ks_of_cells
from assay.stats.numeric import NumericColumn
from assay.stats.psi import psi_bias_corrected

VALUES = st.floats(-5, 5) | st.integers(-2, 2).map(float) | st.sampled_from([math.inf, -math.inf, math.nan])
NUMBERS = st.lists(VALUES, min_size=1, max_size=80)
LEVELS = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=80)


def numeric(sides: tuple[list[float], list[float]]) -> tuple[NumericColumn, NumericColumn]:
    bins = NumericBins.of(pl.Series(sides[0], dtype=pl.Float64))
    one, two = (NumericColumn.of(pl.Series(side, dtype=pl.Float64), bins) for side in sides)
    return one, two


def categorical(sides: tuple[list[str | None], list[str | None]]) -> tuple[CategoricalColumn, CategoricalColumn]:
    bins = LevelBins.of(pl.Series(sides[0], dtype=pl.String), top=3)
    one, two = (CategoricalColumn.of(pl.Series(side, dtype=pl.String), bins) for side in sides)
    return one, two


def require_same(tables: Tables, pairs: list) -> None:
    for i, pair in enumerate(pairs):
        cells = decision_cells(*pair)
        if cells is None:
            assert tables.cells[i] < 2
            continue
        test = chi_square(cells.baseline, cells.current)
        assert tables.cells[i] == cells.baseline.size == test.df + 1
        assert tables.statistic[i] == pytest.approx(test.statistic, rel=1e-10, abs=1e-12)
        assert tables.p[i] == pytest.approx(test.p, rel=1e-9)
        assert tables.min_expected[i] == pytest.approx(test.min_expected, rel=1e-12)
        assert tables.psi[i] == pytest.approx(psi(cells.baseline, cells.current), rel=1e-10, abs=1e-12)
        assert tables.psi_bc[i] == pytest.approx(psi_bias_corrected(cells.baseline, cells.current), abs=1e-12)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4))
def test_numeric_features_side_by_side(rows: list[tuple[list[float], list[float]]]) -> None:
    pairs = [numeric(sides) for sides in rows]
    require_same(Tables.of(*numeric_cells(pairs)), pairs)
    differences, chances = largest_differences(pairs)
    for pair, difference, chance in zip(pairs, differences, chances, strict=True):
        test = ks_of_cells(*pair)
        if test is None:
            assert math.isnan(difference)
        else:
            assert difference == pytest.approx(test.statistic, abs=1e-12)
            assert chance == pytest.approx(test.p, rel=1e-9)


@given(st.lists(st.tuples(LEVELS, LEVELS), max_size=4))
def test_categorical_features_side_by_side(rows: list[tuple[list[str | None], list[str | None]]]) -> None:
    pairs = [categorical(sides) for sides in rows]
    require_same(Tables.of(*categorical_cells(pairs)), pairs)


def test_the_statistic_is_scipys() -> None:
    a, b = np.array([12.0, 7, 30, 0, 1]), np.array([5.0, 0, 11, 0, 4])
    used = a + b > 0
    wanted = stats.chi2_contingency(np.array([a[used], b[used]]), correction=False).statistic
    assert chi_square_of(a, b) == pytest.approx(wanted, rel=1e-12)
