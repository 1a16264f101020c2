"""Log buckets that stay compressed, or unmerged, until somebody looks at them; few pages do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np

from assay.stats.arrays import IntArray, read_only
from assay.stats.container import pack, unpack
from assay.stats.profile.quantiles import LogBuckets
from assay.stats.profile.stored_arrays import integers, narrow

BUCKETS_KIND = "buckets"


@dataclass(frozen=True, eq=False)
class StoredBuckets:
    """The log buckets of all numeric columns, compressed until one of them is looked at."""

    data: bytes
    n_columns: int

    @classmethod
    def of(cls, columns: Sequence[LogBuckets]) -> Self:
        """Buckets of these columns."""
        keys = np.concatenate([np.empty(0, np.int64), *(c.keys for c in columns)])
        counts = np.concatenate([np.empty(0, np.int64), *(c.counts for c in columns)])
        return cls(
            pack(
                BUCKETS_KIND,
                1,
                {},
                {
                    "sizes": narrow(np.array([c.keys.size for c in columns], dtype=np.int64)),
                    "steps": narrow(np.diff(keys, prepend=0)),
                    "counts": narrow(counts),
                },
            ),
            len(columns),
        )

    @cached_property
    def columns(self) -> list[LogBuckets]:
        """Buckets of every numeric column."""
        arrays = unpack(self.data, kind=BUCKETS_KIND).arrays
        sizes = integers(arrays, "sizes", (self.n_columns,))
        ends = np.cumsum(sizes, dtype=np.int64)
        total = int(ends[-1]) if ends.size else 0
        keys = read_only(np.cumsum(integers(arrays, "steps", (total,)), dtype=np.int64))
        counts = read_only(integers(arrays, "counts", (total,)))
        return [LogBuckets(keys[a:b], counts[a:b]) for a, b in pairwise([0, *ends.tolist()])]


def deferred(load: Callable[[], LogBuckets]) -> LogBuckets:
    """Log buckets that ``load`` gives when their keys or counts are first asked for.

    Examples
    --------
    >>> deferred(lambda: LogBuckets.of(np.array([1.0, 2.0]))).total
    2
    """
    return _DeferredBuckets(load)


class _DeferredBuckets(LogBuckets):
    def __init__(self, load: Callable[[], LogBuckets]) -> None:
        self.__dict__["_load"] = load

    @cached_property
    def _loaded(self) -> LogBuckets:
        load: Callable[[], LogBuckets] = self.__dict__["_load"]
        return load()

    @property
    def keys(self) -> IntArray:
        """Keys of the loaded buckets."""
        return self._loaded.keys

    @property
    def counts(self) -> IntArray:
        """Counts of the loaded buckets."""
        return self._loaded.counts
