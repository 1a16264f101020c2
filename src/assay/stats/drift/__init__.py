"""Drift: distances between a baseline's profile and a batch's, tests of them, rates of what is new or missing."""

from assay.stats.drift.distances import (
    DISTANCES,
    Column,
    Distance,
    dissimilarity,
    drift_score,
    hellinger,
    js_distance,
    js_distance_base2,
    js_divergence,
    kl_divergence,
    kl_reverse,
    l_infinity,
    proportions,
    psi,
    require_same_bins,
    smoothed,
)

__all__ = [
    "DISTANCES",
    "Column",
    "Distance",
    "dissimilarity",
    "drift_score",
    "hellinger",
    "js_distance",
    "js_distance_base2",
    "js_divergence",
    "kl_divergence",
    "kl_reverse",
    "l_infinity",
    "proportions",
    "psi",
    "require_same_bins",
    "smoothed",
]
