"""Profiles by segments that were asked for later, counted from the rows that are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from assay.errors import UnknownDeployment
from assay.monitoring import paths
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.context import Context
from assay.monitoring.profiles.fragments import fragments_of, with_whole
from assay.monitoring.queueing import queued
from assay.monitoring.rows.row_parts import AT, FEATURE, stored_parts
from assay.monitoring.rows.segments import columns_of, cut_of, segments_of
from assay.monitoring.rows.slicing import ByBucket
from assay.monitoring.rows.tally import Profiles
from assay.monitoring.watched import watched
from assay.records.jobs import Job
from assay.records.slices import Slice
from assay.records.uploads import Upload
from assay.stats.profile import Profile

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

PROFILE_SEGMENTS = "profile_segments"


def ask(tx: "Transaction", deployment_id: str, user_id: str, now: datetime) -> Job:
    """Have the kept rows of a deployment profiled by attributes that they are not profiled by yet."""
    return tx.jobs.create_once(
        queued(
            PROFILE_SEGMENTS,
            {"deployment_id": deployment_id},
            user_id,
            now,
            result_path=paths.settings(deployment_id),
            key=f"{PROFILE_SEGMENTS}:{deployment_id}",
        )
    )


def profile_segments(ctx: Context, job: Job) -> None:
    """Profile what is not profiled yet, upload by upload; then compute accuracy by the same segments."""
    deployment_id = job.args["deployment_id"]
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(deployment_id)
        if deployment is None:
            raise UnknownDeployment(deployment_id)
        lacking = {
            upload.seq: upload
            for name in deployment.settings.segmented_by
            for upload in tx.uploads.without_segments(deployment_id, name)
        }
    for upload in lacking.values():
        _profile(ctx, job, upload)
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        tx.deployments.hold(deployment_id)
        pairs = tx.accuracy.pairs(deployment_id)
        if pairs:
            recompute(tx, deployment_id, pairs, job.user_id, now)
        tx.jobs.complete(job, now)


def _profile(ctx: Context, job: Job, upload: Upload) -> None:
    with ctx.store.snapshot() as tx:
        deployment = tx.deployments.find(upload.deployment_id)
        if deployment is None:
            return
        done = tx.segments.marked(upload.seq)
        cut = cut_of(ctx, tx, deployment).only(set(deployment.settings.segmented_by) - done)
        baseline = watched(ctx, tx, deployment, upload.model_id).ready
    slices = _slices(ctx, upload, baseline, cut)
    with ctx.store.transaction() as tx:
        tx.deployments.hold(upload.deployment_id)
        tx.jobs.hold(job)
        present = tx.uploads.find_counted(upload.id)
        if present is None:
            # Its batch was deleted meanwhile.
            return
        for part, found in with_whole(slices).items():
            # In the batch that it is in now: a replacement may have moved it while its rows were read.
            tx.profiles.add(upload.deployment_id, list(fragments_of(present, baseline, part, found)))
        tx.segments.add(upload.deployment_id, (part.segment for part in slices if part.segment is not None))
        tx.segments.mark(upload.seq, cut.known)


def _slices(ctx: Context, upload: Upload, baseline: OpenBaseline, cut: ByBucket) -> dict[Slice, Profiles]:
    found: dict[Slice, Profiles] = {}
    if upload.report.get("rowsSampled") or upload.report.get("withoutDrift"):
        # A part of the rows is no profile of all of them.
        return found
    attributes = list(cut.known)
    columns = [AT, *(FEATURE + n for n in baseline.feature_bins), *baseline.prediction_bins, *columns_of(attributes)]
    for rows in stored_parts(ctx, upload.blob_prefix, upload.parts, list(dict.fromkeys(columns))):
        for part, places in cut.parts(rows[AT], segments_of(rows, attributes)):
            if part.segment is not None:
                here = _profiles(rows[places], upload, baseline, list(baseline.feature_bins))
                known = found.get(part)
                found[part] = here if known is None else known.merge(here)
    return found


def _profiles(rows: pl.DataFrame, upload: Upload, baseline: OpenBaseline, features: Sequence[str]) -> Profiles:
    predictions = Profile.of(rows, baseline.prediction_bins)
    if not upload.report.get("rowsKept", True):
        return Profiles(None, predictions)
    named = rows.rename({FEATURE + n: n for n in features if FEATURE + n in rows.columns})
    return Profiles(Profile.of(named, baseline.feature_bins), predictions)
