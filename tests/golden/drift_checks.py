"""What the product says for the golden cases of drift, merging and quantiles."""

import functools
import itertools
import math

import numpy as np
import polars as pl
from tests.golden.case import Case, Check, Within

from assay.stats.arrays import IntArray
from assay.stats.drift import (
    Column,
    dissimilarity,
    hellinger,
    js_distance,
    js_distance_base2,
    js_divergence,
    kl_divergence,
    kl_reverse,
    l_infinity,
    psi,
)
from assay.stats.drift.decision_cells import decision_cells
from assay.stats.drift.homogeneity import chi_square, g_test
from assay.stats.drift.ks import EXACT_UP_TO, ks_of_values
from assay.stats.drift.psi_estimate import psi_bias_corrected, psi_eps, psi_interval
from assay.stats.drift.rates import missing_rate, new_level, out_of_range
from assay.stats.drift.transport import energy_distance_of_values, normed, wasserstein_of_values
from assay.stats.profile.bins import BIN_COUNTS, LevelBins, NumericBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.quantiles import RELATIVE_ERROR
from assay.stats.series import distinct


def numeric_drift(case: Case) -> dict[str, object]:
    """Drift of a numeric column."""
    series = {name: pl.Series(values, dtype=pl.Float64) for name, values in case.numbers().items()}
    n_bins = int(str(case.params["bins"]))
    bins = NumericBins.of(series["baseline"], bin_counts={*BIN_COUNTS, n_bins})
    baseline, current = (NumericColumn.of(series[name], bins) for name in ("baseline", "batch"))
    rows = {name: values.to_numpy() for name, values in series.items()}
    test = ks_of_values(rows["baseline"], rows["batch"])
    distance = wasserstein_of_values(rows["baseline"], rows["batch"])
    missing, outside = missing_rate(baseline, current), out_of_range(baseline, current)
    return {
        "edges": bins.coarse_edges(n_bins).tolist(),
        **_binned(baseline.cells(n_bins), current.cells(n_bins)),
        "missing_rate_baseline": missing and missing.baseline,
        "missing_rate_batch": missing and missing.current,
        "missing_fisher_p": missing and missing.p,
        "out_of_range_count": current.out_of_range,
        "out_of_range_p": outside and outside.p,
        "infinite_count": current.infinite,
        "ks_stat": test and test.statistic,
        "ks_p": test and test.p,
        "ks_p_method": "exact" if baseline.moments.n * current.moments.n <= EXACT_UP_TO else "asymp",
        "wasserstein": distance,
        "wasserstein_normed": normed(distance, baseline),
        "energy_distance": energy_distance_of_values(rows["baseline"], rows["batch"]),
        "decision": _decision(baseline, current),
        "baseline_moments": _moments(baseline),
        "batch_moments": _moments(current),
        "batch_quantiles_linear": _linear_quantiles(current, rows["batch"], case, "batch_quantiles_linear"),
        "batch_quantiles_inverted_cdf": _quantiles(current, case, "batch_quantiles_inverted_cdf"),
    }


def categorical_drift(case: Case) -> dict[str, object]:
    """Drift of a categorical column."""
    series = {name: pl.Series(values, dtype=pl.String) for name, values in case.columns().items()}
    bins = LevelBins.of(series["baseline"], top=int(str(case.params["top"])))
    baseline, current = (CategoricalColumn.of(series[name], bins) for name in ("baseline", "batch"))
    missing, new = missing_rate(baseline, current), new_level(baseline, current)
    return {
        "levels": list(bins.levels),
        **_binned(baseline.cells(), current.cells()),
        "psi_new_level_apart": psi(baseline.cells_with_new_level(), current.cells_with_new_level()),
        "new_level_rows": current.new_level_rows,
        "new_level_rate": new and new.current,
        "missing_fisher_p": missing and missing.p,
        "new_level_fisher_p_one_sided": new and new.p,
        "distinct_baseline": len(bins.levels) + len(bins.other_levels),
        "distinct_batch": distinct(series["batch"]),
        "singletons_baseline": bins.singletons,
        "decision": _decision(baseline, current),
    }


def merge(case: Case) -> dict[str, object]:
    """Moments and range of one column, profiled in every split of the case and merged in several orders."""
    (rows,) = (np.array(values, dtype=np.float64) for values in case.numbers().values())
    bins = NumericBins.of(pl.Series(rows))
    merged = [column for parts in _splits(case, rows) for column in _orders(parts, bins)]
    first = merged[0]
    for column in merged:
        assert np.array_equal(column.counts, first.counts)
        assert column.buckets == first.buckets
        assert (column.low, column.high, column.moments.n) == (first.low, first.high, first.moments.n)
    found = [_moments(column) for column in merged]
    return {name: _furthest([f[name] for f in found], case.expected[name]) for name in found[0]}


def quantiles(case: Case) -> dict[str, object]:
    """Quantiles of one column from its log buckets, and its exact range."""
    (values,) = (pl.Series(v, dtype=pl.Float64) for v in case.numbers().values())
    column = NumericColumn.of(values, NumericBins.of(values))
    rows = np.sort(values.to_numpy())
    allowed = float(str(case.params["rank_error_allowed"]))
    for q in case.expected["exact_linear"]:
        low, high = (
            np.searchsorted(rows, column.quantile(float(q)), side="left"),
            np.searchsorted(rows, column.quantile(float(q)), side="right"),
        )
        assert low / rows.size - allowed <= float(q) <= high / rows.size + allowed, f"rank of quantile {q}"
    return {
        "exact_linear": _linear_quantiles(column, rows, case, "exact_linear"),
        "distinct": distinct(values),
        "min": column.low,
        "max": column.high,
    }


CHECKS: dict[str, Check] = {
    "numeric_drift": numeric_drift,
    "categorical_drift": categorical_drift,
    "merge": merge,
    "quantiles": quantiles,
}


def _binned(baseline: IntArray, current: IntArray) -> dict[str, object]:
    test, ratio = chi_square(baseline, current), g_test(baseline, current)
    interval = psi_interval(baseline, current)
    divergence = js_divergence(baseline, current)
    return {
        "baseline_counts": baseline.tolist(),
        "batch_counts": current.tolist(),
        "psi": psi(baseline, current),
        "psi_eps": psi_eps(baseline, current),
        "psi_bc": psi_bias_corrected(baseline, current),
        "psi_ci_low": interval and interval.low,
        "psi_ci_high": interval and interval.high,
        "kl_divergence": kl_divergence(baseline, current),
        "kl_reverse": kl_reverse(baseline, current),
        "js_divergence": divergence,
        "js_divergence_bits": None if divergence is None else divergence / math.log(2),
        "js_distance": js_distance(baseline, current),
        "js_distance_base2": js_distance_base2(baseline, current),
        "hellinger": hellinger(baseline, current),
        "dissimilarity": dissimilarity(baseline, current),
        "l_infinity": l_infinity(baseline, current),
        "chi2": test and test.statistic,
        "chi2_df": test and test.df,
        "chi2_p": test and test.p,
        "g_stat": ratio and ratio.statistic,
    }


def _decision(baseline: Column, current: Column) -> dict[str, object] | None:
    cells = decision_cells(baseline, current)
    if cells is None:
        return None
    test = chi_square(cells.baseline, cells.current)
    return {
        "bins": cells.bins,
        "cells": cells.baseline.size,
        "chi2": test and test.statistic,
        "chi2_p": test and test.p,
        "psi_bc": psi_bias_corrected(cells.baseline, cells.current),
        "min_expected": test and test.min_expected,
    }


def _moments(column: NumericColumn) -> dict[str, object]:
    moments = column.moments
    return {
        "mean": moments.mean,
        "variance": moments.variance,
        "std": moments.std,
        "skewness": moments.skewness,
        "kurtosis": moments.kurtosis,
        "min": column.low,
        "max": column.high,
    }


def _quantiles(column: NumericColumn, case: Case, name: str) -> dict[str, object]:
    """Quantiles as the product gives them, within the relative error it states."""
    found = {q: column.quantile(float(q)) for q in case.expected.get(name, {})}
    return {q: v if v is None else Within(v, _bound(v)) for q, v in found.items()}


def _linear_quantiles(column: NumericColumn, rows: np.ndarray, case: Case, name: str) -> dict[str, object]:
    ordered = np.sort(rows[np.isfinite(rows)])
    found: dict[str, object] = {}
    for q in case.expected.get(name, {}):
        if float(q) in (0.0, 1.0):
            found[q] = column.quantile(float(q))
            continue
        value = column.buckets.linear_quantile(float(q))
        place = float(q) * (ordered.size - 1)
        neighbours = np.abs(ordered[[math.floor(place), math.ceil(place)]])
        found[q] = None if value is None else Within(value, _bound(neighbours.max()))
    return found


def _bound(magnitude: float) -> float:
    # The error is relative to the true value; dividing turns it into one relative to the answer.
    return abs(float(magnitude)) * RELATIVE_ERROR / (1 - RELATIVE_ERROR)


def _splits(case: Case, rows: np.ndarray) -> list[list[np.ndarray]]:
    """The case's own splits, and one row per part; the last of its splits is about the order of merging."""
    sizes = [split for split in case.params["splits"] if isinstance(split, list)]
    parts = [np.split(rows, list(itertools.accumulate(split))[:-1]) for split in sizes]
    return [*parts, np.split(rows, rows.size)]


def _orders(parts: list[np.ndarray], bins: NumericBins) -> list[NumericColumn]:
    """Chain, chain from the end, shuffled chain, and tree."""
    columns = [NumericColumn.of(pl.Series(part, dtype=pl.Float64), bins) for part in parts]
    shuffled = [columns[i] for i in np.random.default_rng(0).permutation(len(columns))]
    empty = NumericColumn.empty(bins)
    chains = [functools.reduce(NumericColumn.merge, c, empty) for c in (columns, columns[::-1], shuffled)]
    return [*chains, _tree(columns)]


def _tree(columns: list[NumericColumn]) -> NumericColumn:
    if len(columns) == 1:
        return columns[0]
    half = len(columns) // 2
    return _tree(columns[:half]).merge(_tree(columns[half:]))


def _furthest(found: list[object], want: object) -> object:
    """The value furthest from what is wanted: if it passes, all do."""
    if want is None or any(value is None for value in found):
        return next((value for value in found if value is None), found[0])
    return max(found, key=lambda value: abs(float(str(value)) - float(str(want))))
