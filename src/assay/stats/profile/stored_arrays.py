"""Arrays on their way into stored bytes and back: small, and checked."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from assay.errors import FormatUnreadable
from assay.stats.arrays import IntArray


def shaped(arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """The stored array of this name, in this shape.

    Raises
    ------
    FormatUnreadable
        When it is absent, or of another size.
    """
    array, size = arrays.get(name), math.prod(shape)
    if array is None or array.size != size:
        found = "none" if array is None else array.size
        raise FormatUnreadable(f"A stored profile's array {name} has {found} numbers, expected {size}.")
    result: npt.NDArray[Any] = array.reshape(shape)
    return result


def integers(arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, ...]) -> IntArray:
    """The same as int64; refused when the stored ones are no integers."""
    array = shaped(arrays, name, shape)
    if array.dtype.kind == "f":
        raise FormatUnreadable(f"A stored profile's array {name} holds {array.dtype}, expected integers.")
    return array.astype(np.int64)


def narrow(values: IntArray) -> npt.NDArray[Any]:
    """The same integers in the smallest type that holds them all."""
    if values.size == 0:
        return values
    return values.astype(np.result_type(np.min_scalar_type(values.min()), np.min_scalar_type(values.max())))
