"""Where each column of a profile lies in arrays that hold all columns side by side."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from assay.stats.profile.bins import Bins, LevelBins, NumericBins
from assay.stats.profile.words import WordBins

KINDS = (NumericBins, LevelBins, WordBins)


@dataclass(frozen=True, eq=False)
class Layout(Mapping[str, Bins]):
    """Named bins in the order of their names, and where each column lies in the arrays of a block.

    Can be given wherever bins are asked for; made once, it saves the time of making it for every profile read.

    Attributes
    ----------
    bins : mapping of str to Bins
        In the order of the names.
    starts : mapping of str to int
        First cell of each column in the block's ``counts``.
    places : mapping of str to int
        Place among the columns of its kind: numeric, categorical, text.
    n_cells : int
        Cells of all columns.
    """

    bins: Mapping[str, Bins]
    starts: Mapping[str, int]
    places: Mapping[str, int]
    n_cells: int

    @classmethod
    def of(cls, bins: Mapping[str, Bins]) -> "Layout":
        """Layout of columns over these bins; a layout is its own."""
        if isinstance(bins, Layout):
            return bins
        ordered = dict(sorted(bins.items()))
        starts = list(accumulate((n_cells_of(b) for b in ordered.values()), initial=0))
        kinds = ([name for name, b in ordered.items() if isinstance(b, kind)] for kind in KINDS)
        places = {name: place for names in kinds for place, name in enumerate(names)}
        return cls(ordered, dict(zip(ordered, starts, strict=False)), places, starts[-1])

    def __getitem__(self, name: str) -> Bins:
        """Bins of one column."""
        return self.bins[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.bins)

    def __len__(self) -> int:
        return len(self.bins)

    @cached_property
    def numeric(self) -> list[str]:
        """Names of the numeric columns."""
        return [name for name, b in self.bins.items() if isinstance(b, NumericBins)]

    @cached_property
    def categorical(self) -> list[str]:
        """Names of the categorical columns."""
        return [name for name, b in self.bins.items() if isinstance(b, LevelBins)]

    @cached_property
    def texts(self) -> list[str]:
        """Names of the text columns."""
        return [name for name, b in self.bins.items() if isinstance(b, WordBins)]

    @cached_property
    def digest(self) -> str:
        """Short text that two layouts share exactly when their names and bins are equal."""
        digest = hashlib.sha256()
        for name, bins in self.bins.items():
            digest.update(len(name.encode()).to_bytes(4, "little") + name.encode() + bins.digest)
        return digest.hexdigest()[:32]


def n_cells_of(bins: Bins) -> int:
    """Cells of one column, missing left out."""
    if isinstance(bins, NumericBins):
        return bins.edges.size + 1
    return len(bins.words if isinstance(bins, WordBins) else bins.levels) + 1
