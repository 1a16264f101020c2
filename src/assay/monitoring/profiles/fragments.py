"""Profiles of slices, as they are stored."""

from collections.abc import Iterator, Mapping

from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.blocks import FEATURES, PREDICTIONS
from assay.monitoring.rows.tally import Profiles
from assay.records.fragments import Fragment
from assay.records.slices import Segment, Slice
from assay.records.uploads import Upload


def with_whole(buckets: Mapping[Slice, Profiles]) -> dict[Slice, Profiles]:
    """Profiles by bucket, with what all buckets of a segment, or of all rows, come to together."""
    whole: dict[Segment | None, Profiles] = {}
    for part, found in buckets.items():
        known = whole.get(part.segment)
        whole[part.segment] = found if known is None else known.merge(found)
    return {**buckets, **{Slice(segment): found for segment, found in whole.items()}}


def fragments_of(
    upload: Upload, baseline: OpenBaseline, part: Slice, found: Profiles, *, estimated: bool = False
) -> Iterator[Fragment]:
    """Profiles of a slice of an upload's rows, as they are stored."""
    for name, profile in ((FEATURES, found.features), (PREDICTIONS, found.predictions)):
        if profile is None or profile.rows == 0:
            continue
        for number, layout in enumerate(baseline.blocks[name]):
            yield Fragment(
                batch_id=upload.batch_id,
                model_id=upload.model_id,
                part=name,
                block=number,
                rows=profile.rows,
                data=profile.select(layout).to_bytes(),
                estimated=estimated,
                slice=part,
            )
