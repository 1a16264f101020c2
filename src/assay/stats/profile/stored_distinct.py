"""Distinct counts that stay compressed, or unmerged, until somebody looks at them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Self

import numpy as np

from assay.errors import FormatUnreadable
from assay.stats.arrays import read_only
from assay.stats.container import pack, unpack
from assay.stats.profile.distinct import EXACT, LARGEST_REGISTER, REGISTERS, Distinct, HashArray, RegisterArray
from assay.stats.profile.stored_arrays import integers, narrow, shaped

DISTINCT_KIND = "distinct"


@dataclass(frozen=True, eq=False)
class StoredDistinct:
    """The distinct counts of all columns that have one, compressed until one of them is looked at."""

    data: bytes
    n_columns: int

    @classmethod
    def of(cls, columns: Sequence[Distinct]) -> Self:
        """Distinct counts of these columns."""
        hashes = np.concatenate([np.empty(0, np.uint64), *(c.hashes for c in columns)])
        registers = np.concatenate([np.empty(0, np.uint8), *(c.registers for c in columns)])
        # Minus one says that a column has registers.
        sizes = np.array([c.hashes.size if c.exact else -1 for c in columns], dtype=np.int64)
        arrays = {"sizes": narrow(sizes), "hashes": hashes, "registers": registers}
        return cls(pack(DISTINCT_KIND, 1, {}, arrays), len(columns))

    @cached_property
    def columns(self) -> list[Distinct]:
        """Distinct count of every column.

        Raises
        ------
        FormatUnreadable
            When the arrays cannot be those of distinct counts.
        """
        arrays = unpack(self.data, kind=DISTINCT_KIND).arrays
        sizes = integers(arrays, "sizes", (self.n_columns,))
        if sizes.size and not (sizes.min() >= -1 and sizes.max() <= EXACT):
            raise FormatUnreadable(f"A stored distinct count has {sizes.max()} hashes, expected at most {EXACT}.")
        kept = np.maximum(sizes, 0)
        hashes = shaped(arrays, "hashes", (int(kept.sum()),)).astype(np.uint64)
        registers = shaped(arrays, "registers", (int((sizes < 0).sum()), REGISTERS)).astype(np.uint8)
        if registers.max(initial=0) > LARGEST_REGISTER:
            raise FormatUnreadable(f"A stored register is {registers.max()}, expected at most {LARGEST_REGISTER}.")
        parts, rows = iter(np.split(hashes, np.cumsum(kept)[:-1])), iter(registers)
        return [self._column(next(parts), next(rows) if size < 0 else None) for size in sizes.tolist()]

    @staticmethod
    def _column(hashes: HashArray, registers: RegisterArray | None) -> Distinct:
        if (hashes[1:] <= hashes[:-1]).any():
            raise FormatUnreadable("The hashes of a stored distinct count are not in order.")
        return Distinct(read_only(hashes), read_only(np.empty(0, np.uint8) if registers is None else registers))


def merged(parts: Sequence[StoredDistinct], place: int) -> Distinct:
    """One column's distinct count over all parts, at least one."""
    return reduce(Distinct.merge, (part.columns[place] for part in parts))


def deferred(load: Callable[[], Distinct]) -> Distinct:
    """A distinct count that ``load`` gives when it is first looked at.

    Examples
    --------
    >>> deferred(Distinct.empty).estimate
    0.0
    """
    return _DeferredDistinct(load)


class _DeferredDistinct(Distinct):
    def __init__(self, load: Callable[[], Distinct]) -> None:
        self.__dict__["_load"] = load

    @cached_property
    def _loaded(self) -> Distinct:
        load: Callable[[], Distinct] = self.__dict__["_load"]
        return load()

    @property
    def hashes(self) -> HashArray:
        """Hashes of the loaded count."""
        return self._loaded.hashes

    @property
    def registers(self) -> RegisterArray:
        """Registers of the loaded count."""
        return self._loaded.registers
