"""Reading stored profiles: fragments of some batches, merged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.monitoring.baseline_cache import OpenBaseline
from assay.records.fragments import Fragment
from assay.stats.bins import Bins
from assay.stats.profile import Column, Profile, merge_all

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

FEATURES = "features"
PREDICTIONS = "predictions"
COLUMNS_A_BLOCK = 64


def blocks_of(names: Iterable[str]) -> list[list[str]]:
    """Column names in the blocks in which they are stored: 64 at a time, by name.

    Examples
    --------
    >>> [len(block) for block in blocks_of(f"x{i}" for i in range(70))]
    [64, 6]
    """
    ordered = sorted(names)
    return [ordered[i : i + COLUMNS_A_BLOCK] for i in range(0, len(ordered), COLUMNS_A_BLOCK)] or [[]]


def bins_of(baseline: OpenBaseline, part: str) -> Mapping[str, Bins]:
    """Bins of one part of a baseline."""
    return baseline.feature_bins if part == FEATURES else baseline.prediction_bins


def merged(fragments: Sequence[Fragment], bins: Mapping[str, Bins]) -> Profile:
    """One profile of fragments of the same block; ``bins`` are that block's."""
    return merge_all((Profile.from_bytes(f.data, bins) for f in fragments), bins)


@dataclass(frozen=True, slots=True)
class Source:
    """Whose profiles are wanted: ``part`` is ``FEATURES`` or ``PREDICTIONS``."""

    deployment_id: str
    model_id: str
    part: str


def load(
    tx: "Transaction",
    baseline: OpenBaseline,
    source: Source,
    *,
    batch_ids: Sequence[str] | None,
    names: Sequence[str] | None = None,
) -> Profile:
    """The merged profile of some batches (all rows of the model if None), of the named columns or all."""
    blocks = _wanted_blocks(baseline, source.part, names)
    fragments = tx.profiles.list(
        source.deployment_id, source.model_id, source.part, batch_ids=batch_ids, blocks=list(blocks)
    )
    return _assembled(fragments, blocks, names)


def load_by_batch(
    tx: "Transaction",
    baseline: OpenBaseline,
    source: Source,
    *,
    batch_ids: Sequence[str],
    names: Sequence[str] | None = None,
) -> dict[str, Profile]:
    """The profile of each batch that has rows of the model, by batch id."""
    blocks = _wanted_blocks(baseline, source.part, names)
    fragments = tx.profiles.list(
        source.deployment_id, source.model_id, source.part, batch_ids=batch_ids, blocks=list(blocks)
    )
    by_batch: dict[str, list[Fragment]] = {}
    for fragment in fragments:
        by_batch.setdefault(str(fragment.batch_id), []).append(fragment)
    return {batch_id: _assembled(some, blocks, names) for batch_id, some in by_batch.items()}


def _wanted_blocks(baseline: OpenBaseline, part: str, names: Sequence[str] | None) -> dict[int, dict[str, Bins]]:
    """Bins of the blocks that hold any wanted column, by block number; the first one for no column at all."""
    bins = bins_of(baseline, part)
    wanted = set(bins if names is None else names)
    numbered = enumerate(blocks_of(bins))
    found = {i: {name: bins[name] for name in block} for i, block in numbered if wanted & set(block)}
    return found or {0: {name: bins[name] for name in blocks_of(bins)[0]}}


def _assembled(
    fragments: Sequence[Fragment], blocks: Mapping[int, Mapping[str, Bins]], names: Sequence[str] | None
) -> Profile:
    rows = 0
    columns: dict[str, Column] = {}
    for number, bins in blocks.items():
        profile = merged([f for f in fragments if f.block == number], bins)
        rows = max(rows, profile.rows)
        columns |= {n: profile.columns[n] for n in bins if names is None or n in names}
    return Profile(rows, {name: columns[name] for name in sorted(columns)})
