"""Figures of many batches in a row."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from assay.client.shapes import Json, Shape

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series(Shape, Generic[T]):
    """One figure of many batches.

    Attributes
    ----------
    metric : str or None
    baselines : tuple of dict
        The same figure of the baseline, as the API gives it.
    points : tuple
        One a batch (and a feature, for drift), in the server's order.
    """

    metric: str | None = None
    baselines: tuple[Json, ...] = ()
    points: tuple[T, ...] = ()
