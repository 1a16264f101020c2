"""Accuracy from actuals: one accumulator per target type, and every metric by its name on the wire.

See docs/methods/accuracy.md.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from assay.errors import FormatUnreadable
from assay.stats.accuracy import binary, multiclass, regression
from assay.stats.accuracy.binary import BINARY_METRICS, BinaryAccuracy
from assay.stats.accuracy.multiclass import MULTICLASS_METRICS, MulticlassAccuracy
from assay.stats.accuracy.one_against_rest import CLASS_METRICS
from assay.stats.accuracy.regression import REGRESSION_METRICS, RegressionAccuracy
from assay.stats.container import unpack
from assay.stats.estimate import Estimate

__all__ = [
    "CLASS_METRICS",
    "HIGHER_IS_BETTER",
    "METRICS",
    "Accuracy",
    "BinaryAccuracy",
    "MulticlassAccuracy",
    "RegressionAccuracy",
    "accuracy_from_bytes",
    "percent_change",
]

Accuracy = BinaryAccuracy | RegressionAccuracy | MulticlassAccuracy

METRICS: dict[str, dict[str, Callable[[Any], Estimate]]] = {
    "Binary": {**BINARY_METRICS},
    "Regression": {**REGRESSION_METRICS},
    "Multiclass": {**MULTICLASS_METRICS},
}
"""Metric by target type and name; each takes the accumulator of its target type."""

HIGHER_IS_BETTER: dict[str, bool] = {
    "AUC": True,
    "Accuracy": True,
    "Area Under PR Curve": True,
    "Balanced Accuracy": True,
    "Brier": False,
    "ECE": False,
    "F1": True,
    "FPR": False,
    "FVE Binomial": True,
    "FVE Gamma": True,
    "FVE Multinomial": True,
    "FVE Poisson": True,
    "FVE Tweedie": True,
    "Gamma Deviance": False,
    "Gini Norm": True,
    "Kolmogorov-Smirnov": True,
    "LogLoss": False,
    "MAD": False,
    "MAE": False,
    "MAPE": False,
    "MCC": True,
    "Macro F1": True,
    "Max MCC": True,
    "NPV": True,
    "PPV": True,
    "Poisson Deviance": False,
    "R Squared": True,
    "RMSE": False,
    "RMSLE": False,
    "Rate@Top10%": True,
    "Rate@Top5%": True,
    "TNR": True,
    "TPR": True,
    "Tweedie Deviance": False,
}
"""Direction of each metric. Mean Error is not here: its best value is 0, missed on either side."""


def accuracy_from_bytes(data: bytes) -> Accuracy:
    """The accumulator that one of the ``to_bytes`` stored, whatever its target type.

    Raises
    ------
    FormatUnreadable
        When the bytes are damaged, hold no accuracy, or come from a newer version.

    Examples
    --------
    >>> accuracy_from_bytes(RegressionAccuracy.empty().to_bytes()) == RegressionAccuracy.empty()
    True
    """
    for reader in _READERS.values():
        with suppress(FormatUnreadable):
            return reader.from_bytes(data)
    # Once more, for the words of the one whose kind it is: damaged, or too new.
    return next((r for kind, r in _READERS.items() if _holds(data, kind)), BinaryAccuracy).from_bytes(data)


def percent_change(value: float | None, baseline: float | None) -> float | None:
    """Change against the baseline in percent of the baseline's size; None if either is None or it is 0.

    Examples
    --------
    >>> percent_change(0.6, 0.8)
    -25.0
    >>> percent_change(-1.0, -2.0)
    50.0
    >>> percent_change(0.6, 0.0) is None
    True
    """
    if value is None or baseline is None or baseline == 0:
        return None
    return 100 * (value - baseline) / abs(baseline)


_READERS: dict[str, type[BinaryAccuracy] | type[RegressionAccuracy] | type[MulticlassAccuracy]] = {
    binary.KIND: BinaryAccuracy,
    regression.KIND: RegressionAccuracy,
    multiclass.KIND: MulticlassAccuracy,
}


def _holds(data: bytes, kind: str) -> bool:
    try:
        unpack(data, kind=kind, newest=sys.maxsize)
    except FormatUnreadable:
        return False
    return True
