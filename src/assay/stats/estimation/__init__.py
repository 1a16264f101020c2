"""Accuracy before any actual is known: estimated from what the holdout showed.

See docs/methods/estimated_accuracy.md.
"""

from assay.stats.estimation.binary import (
    EXPECTED_METRICS,
    ExpectedAccuracy,
    ExpectedCounts,
    accuracy_error,
    estimated_accuracy,
)
from assay.stats.estimation.calibration_map import CalibrationMap, CalibrationMaps

__all__ = [
    "EXPECTED_METRICS",
    "CalibrationMap",
    "CalibrationMaps",
    "ExpectedAccuracy",
    "ExpectedCounts",
    "accuracy_error",
    "estimated_accuracy",
]
