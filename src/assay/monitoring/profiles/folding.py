"""Folding: several fragments of a profile become one, so that readers have less to merge."""

from collections.abc import Iterator, Sequence

from assay.errors import UnknownDeployment
from assay.monitoring.context import Context
from assay.monitoring.profiles.loading import merged
from assay.monitoring.watched import watched
from assay.records.fragments import Fragment
from assay.records.jobs import Job

FOLD_PROFILES = "fold_profiles"
FRAGMENTS_BEFORE_FOLDING = 32


def fold(ctx: Context, job: Job) -> None:
    """Fold what a (batch, model) pair has; what is added meanwhile stays for the next time."""
    deployment_id, batch_id, model_id = (job.args[k] for k in ("deployment_id", "batch_id", "model_id"))
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(deployment_id)
        if deployment is None:
            raise UnknownDeployment(deployment_id)
        baseline = watched(ctx, tx, deployment, model_id).ready
        found = tx.profiles.of_pair(deployment_id, batch_id, model_id)
    folded = [
        (some, merged(some, baseline.blocks[part][block]).to_bytes())
        for (part, block), some in _alike(found)
        if len(some) > 1
    ]
    with ctx.store.transaction() as tx:
        # Nobody can delete or replace the batch between the look at its old fragments and the new one.
        tx.deployments.hold(deployment_id)
        for some, data in folded:
            tx.profiles.replace(deployment_id, some, data)
        tx.jobs.complete(job, ctx.clock())


def _alike(fragments: Sequence[Fragment]) -> Iterator[tuple[tuple[str, int], list[Fragment]]]:
    """Fragments that can be folded, by part and block: those of one slice."""
    found: dict[tuple[str, int, object], list[Fragment]] = {}
    for fragment in fragments:
        found.setdefault((fragment.part, fragment.block, fragment.slice), []).append(fragment)
    for (part, block, _), some in found.items():
        yield (part, block), some
