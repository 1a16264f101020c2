"""Folding: several fragments of a profile become one, so that readers have less to merge."""

from itertools import groupby

from assay.errors import UnknownDeployment
from assay.monitoring.blocks import FEATURES, PREDICTIONS
from assay.monitoring.context import Context
from assay.monitoring.profiles import merged
from assay.monitoring.watched import watched
from assay.records.jobs import Job

FOLD_PROFILES = "fold_profiles"
FRAGMENTS_BEFORE_FOLDING = 32


def fold(ctx: Context, job: Job) -> None:
    """Fold what a (batch, model) pair has; what is added meanwhile stays for the next time."""
    deployment_id, batch_id, model_id = (job.args[k] for k in ("deployment_id", "batch_id", "model_id"))
    with ctx.store.transaction() as tx:
        deployment = tx.deployments.find(deployment_id)
        if deployment is None:
            raise UnknownDeployment(deployment_id)
        baseline = watched(ctx, tx, deployment, model_id).ready
        for part in (FEATURES, PREDICTIONS):
            blocks = baseline.blocks[part]
            fragments = tx.profiles.list(deployment_id, model_id, part, batch_ids=[batch_id])
            for number, same in groupby(sorted(fragments, key=lambda f: f.block), key=lambda f: f.block):
                some = list(same)
                if len(some) > 1:
                    tx.profiles.replace(deployment_id, some, merged(some, blocks[number]).to_bytes())
        tx.jobs.complete(job, ctx.clock())
