"""Reading stored profiles: fragments of some batches, merged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.monitoring.baseline_cache import OpenBaseline
from assay.records.fragments import Fragment
from assay.stats.profile import Column, Layout, Profile, merge_all

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Source:
    """Whose profiles are wanted: ``part`` is ``FEATURES`` or ``PREDICTIONS``."""

    deployment_id: str
    model_id: str
    part: str


def merged(fragments: Sequence[Fragment], layout: Layout) -> Profile:
    """One profile of fragments of the same block."""
    return merge_all((Profile.from_bytes(f.data, layout) for f in fragments), layout)


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


def _wanted_blocks(baseline: OpenBaseline, part: str, names: Sequence[str] | None) -> dict[int, Layout]:
    """Blocks that hold any wanted column, by number; the first one, for its row count, if no column is wanted."""
    numbered = dict(enumerate(baseline.blocks[part]))
    if names is None:
        return numbered
    wanted = set(names)
    return {i: block for i, block in numbered.items() if wanted & set(block)} or {0: numbered[0]}


def _assembled(fragments: Sequence[Fragment], blocks: dict[int, Layout], names: Sequence[str] | None) -> Profile:
    rows = 0
    columns: dict[str, Column] = {}
    for number, layout in blocks.items():
        profile = merged([f for f in fragments if f.block == number], layout)
        rows = max(rows, profile.rows)
        columns |= {n: profile.columns[n] for n in layout if names is None or n in names}
    return Profile(rows, {name: columns[name] for name in sorted(columns)})
