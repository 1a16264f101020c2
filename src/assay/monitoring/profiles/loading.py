"""Reading stored profiles: fragments of what is selected, merged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.context import Context
from assay.monitoring.profiles.row_profiles import RowSource, by_spans
from assay.monitoring.watched import WatchedModel
from assay.records.buckets import Span
from assay.records.fragments import Fragment
from assay.records.slices import Selection
from assay.stats.profile import Column, Layout, Profile, merge_all

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True)
class Source:
    """Whose profiles are wanted: those of a model's features or predictions, of the named columns or of all.

    ``part`` is ``FEATURES`` or ``PREDICTIONS``.
    """

    ctx: Context
    tx: "Transaction"
    model: WatchedModel
    part: str
    names: Sequence[str] | None = None

    @property
    def baseline(self) -> OpenBaseline:
        """The model's baseline, which must be ready."""
        return self.model.ready

    def fragments(self, selection: Selection) -> Sequence[Fragment]:
        """Stored fragments of a selection, of the blocks that hold a wanted column."""
        deployment_id, model_id = self.model.deployment.id, self.model.model_id
        return self.tx.profiles.list(deployment_id, model_id, self.part, selection, blocks=list(self._blocks()))

    def _blocks(self) -> dict[int, Layout]:
        """Blocks that hold any wanted column, by number; the first one, for its row count, if none is wanted."""
        numbered = dict(enumerate(self.baseline.blocks[self.part]))
        if self.names is None:
            return numbered
        wanted = set(self.names)
        return {i: block for i, block in numbered.items() if wanted & set(block)} or {0: numbered[0]}

    def assembled(self, fragments: Sequence[Fragment]) -> "Loaded":
        """One profile of fragments of any blocks."""
        rows = 0
        columns: dict[str, Column] = {}
        for number, layout in self._blocks().items():
            profile = merged([f for f in fragments if f.block == number], layout)
            rows = max(rows, profile.rows)
            columns |= {n: profile.columns[n] for n in layout if self.names is None or n in self.names}
        ordered = {name: columns[name] for name in sorted(columns)}
        return Loaded(Profile(rows, ordered), any(f.estimated for f in fragments))

    def from_rows(self, selection: Selection, spans: Sequence[Span]) -> list["Loaded"]:
        """Profiles of spans that no stored buckets make up, from the kept rows."""
        source = RowSource(self.ctx, self.tx, self.model, self.part, self.names)
        return [Loaded(profile, estimated=False) for profile in by_spans(source, selection, spans)]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A profile, and whether some of it comes from aggregates instead of rows."""

    profile: Profile
    estimated: bool

    def merge(self, other: "Loaded") -> "Loaded":
        """Both together."""
        return Loaded(self.profile.merge(other.profile), self.estimated or other.estimated)

    def column(self, name: str) -> Column | None:
        """Profile of one column, if it is there."""
        return self.profile.columns.get(name)


def merged(fragments: Sequence[Fragment], layout: Layout) -> Profile:
    """One profile of fragments of the same block."""
    return merge_all((Profile.from_bytes(f.data, layout) for f in fragments), layout)


def load(source: Source, selection: Selection) -> Loaded:
    """The profile of all that is selected."""
    if selection.span is not None:
        return load_by_span(source, selection, [selection.span])[0]
    return source.assembled(source.fragments(selection))


def load_by_batch(source: Source, selection: Selection) -> dict[str, Loaded]:
    """The profile of each batch that has rows of the model, by batch id."""
    by_batch: dict[str, list[Fragment]] = {}
    for fragment in source.fragments(selection):
        by_batch.setdefault(str(fragment.batch_id), []).append(fragment)
    return {batch_id: source.assembled(some) for batch_id, some in by_batch.items()}


def load_by_span(source: Source, selection: Selection, spans: Sequence[Span]) -> list[Loaded]:
    """The profile of each of some spans that follow one another and make up the selection's span.

    They are sums of stored buckets where these fit, and are counted again from the kept rows where they do not.
    """
    found: dict[Span, list[Fragment]] = {span: [] for span in spans}
    for fragment in source.fragments(selection):
        bucket = fragment.slice.bucket
        home = next((s for s in spans if bucket is not None and s.holds(bucket)), None)
        if home is None:
            return source.from_rows(selection, spans)
        found[home].append(fragment)
    return [source.assembled(some) for some in found.values()]
