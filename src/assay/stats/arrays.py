"""The array types of the core, and how a frozen value keeps an array from being changed."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array, or a view of it, that refuses writes."""
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def same_content(one: "DataclassInstance", other: object) -> bool:
    """Whether two values of one dataclass hold equal fields; arrays by element, NaN equal to NaN."""
    if type(one) is not type(other):
        return False
    return all(_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.compare)


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f" and other.dtype.kind == "f")
    return bool(one == other)
