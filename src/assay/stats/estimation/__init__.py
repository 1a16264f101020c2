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
from assay.stats.estimation.loss_model import EXPECTED_LOSS_METRICS, ExpectedLoss, LossModel
from assay.stats.estimation.multiclass import EXPECTED_MULTICLASS_METRICS, ExpectedMulticlass, MulticlassMaps
from assay.stats.estimation.trust import Trust, estimate_against_truth

__all__ = [
    "EXPECTED_LOSS_METRICS",
    "EXPECTED_METRICS",
    "EXPECTED_MULTICLASS_METRICS",
    "CalibrationMap",
    "CalibrationMaps",
    "ExpectedAccuracy",
    "ExpectedCounts",
    "ExpectedLoss",
    "ExpectedMulticlass",
    "LossModel",
    "MulticlassMaps",
    "Trust",
    "accuracy_error",
    "estimate_against_truth",
    "estimated_accuracy",
]
