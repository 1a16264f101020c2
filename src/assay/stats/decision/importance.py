"""How important features are, and whose drift fails a batch. See docs/methods/importance.md."""

import math
from collections.abc import Mapping

from assay.errors import Invalid

IMPORTANT = 0.5
"""From which a feature is important, unless told otherwise."""


def scaled_importance(importance: Mapping[str, float]) -> dict[str, float]:
    """Importance in [0, 1], 1 for the most important feature; a negative one, which is noise, counts as 0.

    Parameters
    ----------
    importance : mapping of str to float
        By feature, on any scale, such as the loss of accuracy when the feature is shuffled.

    Raises
    ------
    Invalid
        When one is not a finite number.

    Examples
    --------
    >>> scaled_importance({"age": 4.0, "city": 1.0, "id": -0.1})
    {'age': 1.0, 'city': 0.25, 'id': 0.0}
    >>> scaled_importance({"age": 0.0})
    {'age': 0.0}
    """
    require_finite(importance)
    top = max(importance.values(), default=0.0)
    return {name: max(0.0, value / top) if top > 0.0 else 0.0 for name, value in importance.items()}


def is_important(importance: float | None, threshold: float = IMPORTANT) -> bool:
    """Whether drift of a feature fails a batch: at or above the threshold, or not known to be below it.

    Examples
    --------
    >>> is_important(0.7), is_important(0.2), is_important(None)
    (True, False, True)
    """
    return importance is None or importance >= threshold


def require_finite(importance: Mapping[str, float]) -> None:
    """Refuse importances that are no finite numbers.

    Raises
    ------
    Invalid
        Naming the first one.
    """
    for name, value in importance.items():
        if not math.isfinite(value):
            raise Invalid(f"importance of {name!r}: found {value}, expected a finite number.")
