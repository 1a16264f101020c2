"""How the columns of a profile are split over stored blocks."""

from collections.abc import Mapping

from assay.stats.profile import Layout
from assay.stats.profile.bins import Bins

FEATURES = "features"
PREDICTIONS = "predictions"
COLUMNS_A_BLOCK = 64


def blocks_of(bins: Mapping[str, Bins]) -> tuple[Layout, ...]:
    """Columns in the blocks in which they are stored: 64 at a time, by name; one empty block for no column.

    A block is small enough that one feature over many batches stays cheap to read, and large enough that a page
    of all features is a few blobs.
    """
    names = sorted(bins)
    starts = range(0, max(len(names), 1), COLUMNS_A_BLOCK)
    return tuple(Layout.of({name: bins[name] for name in names[i : i + COLUMNS_A_BLOCK]}) for i in starts)
