"""Replacing the content of a batch: opened, filled by every door, then committed as a whole or abandoned."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from assay.errors import BatchLocked, Conflict, NotFound
from assay.monitoring import access, audit
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.monitoring.deployments.deletions import SETTLE_REPLACEMENT, discard
from assay.monitoring.queueing import queued
from assay.records.audit import AuditEvent
from assay.records.batch_versions import BatchReplacement, BatchVersion, ReplacementState
from assay.records.batches import Batch, BatchRole
from assay.records.ids import new_id
from assay.records.pages import Page, PageRequest, cut
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

_FIGURES = ("earliest", "latest", "predictions_count", "requests_count", "user_errors", "server_errors")


@dataclass(frozen=True, slots=True)
class Draft:
    """A replacement with what its draft holds so far; ``in_work`` uploads are still being counted."""

    replacement: BatchReplacement
    in_work: int = 0


def open_replacement(ctx: Context, caller: User, deployment_id: str, batch_id: str) -> Draft:
    """Make a hidden batch that takes the new content in by its own id.

    Raises
    ------
    Conflict
        When the batch has an open replacement already.
    """
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        batch = access.live_batch(tx, deployment_id, batch_id)
        if batch.is_locked:
            raise BatchLocked(batch.name)
        newest = tx.batch_versions.newest(batch_id)
        if newest is not None and newest.state is ReplacementState.OPEN:
            raise Conflict(
                f"Batch '{batch.name}' has an open replacement already: {newest.id}, opened by {newest.opened_by_name} "
                f"at {newest.opened_at.isoformat()}. Send to it, commit it, or abandon it first."
            )
        draft = replace(
            _hidden(batch, BatchRole.DRAFT, caller, now),
            earliest=None,
            latest=None,
            predictions_count=0,
            requests_count=0,
            user_errors=0,
            server_errors=0,
        )
        tx.batches.create(draft)
        opened = BatchReplacement(
            id=draft.id,
            deployment_id=deployment_id,
            batch_id=batch_id,
            state=ReplacementState.OPEN,
            opened_at=now,
            opened_by_id=caller.id,
            opened_by_name=caller.name,
        )
        tx.batch_versions.open(opened)
        _note(tx, AuditEvent.REPLACEMENT_OPENED, caller, now, opened)
    return Draft(opened)


def _note(tx: "Transaction", event: AuditEvent, caller: User, now: datetime, about: BatchReplacement) -> None:
    detail = {"replacementId": about.id, "rows": about.predictions_count, "versionId": about.version_id}
    audit.note(tx, event, caller, now, about.batch_id, detail, deployment_id=about.deployment_id)


def _hidden(batch: Batch, role: BatchRole, caller: User, now: datetime) -> Batch:
    return replace(
        batch,
        id=new_id(now),
        is_locked=False,
        created_at=now,
        created_by_id=caller.id,
        job_id=None,
        role=role,
        version_of=batch.id,
    )


def get(ctx: Context, caller: User, deployment_id: str, batch_id: str) -> Draft:
    """The open replacement of a batch, and what its draft holds.

    Raises
    ------
    NotFound
        When there is none.
    """
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        batch = access.live_batch(tx, deployment_id, batch_id)
        newest = tx.batch_versions.newest(batch_id)
        if newest is None or newest.state is not ReplacementState.OPEN:
            raise NotFound(f"Replacement not found: batch '{batch.name}' has none open. POST opens one.")
        return _filled(tx, newest)


def _filled(tx: "Transaction", replacement: BatchReplacement) -> Draft:
    draft = tx.batches.get(replacement.deployment_id, replacement.id)
    held = replace(
        replacement,
        predictions_count=draft.predictions_count,
        requests_count=draft.requests_count,
        uploads_count=len(tx.uploads.deliveries(draft.id)),
    )
    return Draft(held, tx.uploads.in_work(draft.id))


# ------------------------------------------------------------------ ends


def commit(
    ctx: Context,
    caller: User,
    deployment_id: str,
    batch_id: str,
    *,
    replacement_id: str | None = None,
    allow_empty: bool = False,
) -> Draft:
    """Put what a replacement holds in the place of what the batch holds, in one transaction.

    One that has been committed already is answered as it was then.

    Parameters
    ----------
    replacement_id : str, optional
        The one that was opened last when left out.

    Raises
    ------
    Conflict
        When it was abandoned, is empty, or work on either content has not ended; and when the batch is locked.
    """
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        batch = access.live_batch(tx, deployment_id, batch_id)
        found = _named(tx, batch, replacement_id)
        if found.state is ReplacementState.COMMITTED:
            return Draft(found)
        if found.state is ReplacementState.ABANDONED:
            raise Conflict(f"Replacement {found.id} of batch '{batch.name}' was abandoned. Open another.")
        draft = _filled(tx, found)
        _require_ready(tx, batch, draft, allow_empty=allow_empty)
        committed = _exchange(tx, caller, batch, draft.replacement, now)
    return Draft(committed)


def _named(tx: "Transaction", batch: Batch, replacement_id: str | None) -> BatchReplacement:
    if replacement_id is None:
        found = tx.batch_versions.newest(batch.id)
    else:
        found = tx.batch_versions.find(batch.id, replacement_id)
    if found is None:
        which = "none" if replacement_id is None else f"none of id {replacement_id[:64]}"
        raise NotFound(f"Replacement not found: batch '{batch.name}' has {which}. POST opens one.")
    return found


def _require_ready(tx: "Transaction", batch: Batch, draft: Draft, *, allow_empty: bool) -> None:
    name, held = f"Replacement {draft.replacement.id} of batch '{batch.name}'", draft.replacement
    if batch.is_locked:
        raise Conflict(f"{name} cannot be committed while the batch is locked. Unlock it ('isLocked': false) first.")
    for whose, waits in (("the replacement", draft.in_work), ("the batch", tx.uploads.in_work(batch.id))):
        if waits:
            raise Conflict(f"{name} waits for {waits} upload(s) of {whose} that are still being counted. Try again.")
    if not allow_empty and held.uploads_count == 0 and held.requests_count == 0:
        raise Conflict(f"{name} is empty: nothing was sent to it. Send 'allowEmpty': true to empty the batch.")


def _exchange(
    tx: "Transaction", caller: User, batch: Batch, replacement: BatchReplacement, now: datetime
) -> BatchReplacement:
    version = _hidden(batch, BatchRole.SUPERSEDED, caller, now)
    draft = tx.batches.get(batch.deployment_id, replacement.id)
    committed = replace(
        _ended(replacement, ReplacementState.COMMITTED, caller, now),
        version_id=version.id,
        version_hash=content_hash(tx, batch.id),
    )
    tx.batches.create(version)
    pairs = tx.batch_versions.exchange(batch.deployment_id, batch.id, draft.id, version.id)
    tx.batches.update(batch.id, **{name: getattr(draft, name) for name in _FIGURES})
    tx.batches.update(draft.id, deleted_at=now)
    tx.batch_versions.save(committed)
    _note(tx, AuditEvent.BATCH_REPLACED, caller, now, committed)
    if pairs:
        recompute(tx, batch.deployment_id, {*pairs}, caller.id, now)
    args = {"deployment_id": batch.deployment_id, "batch_ids": [batch.id, version.id]}
    tx.jobs.create(queued(SETTLE_REPLACEMENT, args, caller.id, now))
    return committed


def _ended(replacement: BatchReplacement, state: ReplacementState, caller: User, now: datetime) -> BatchReplacement:
    return replace(replacement, state=state, ended_at=now, ended_by_id=caller.id, ended_by_name=caller.name)


def abandon(ctx: Context, caller: User, deployment_id: str, batch_id: str) -> Draft:
    """Give an open replacement up; a job removes what it held. Once more changes nothing.

    Raises
    ------
    Conflict
        When it was committed.
    """
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        batch = access.live_batch(tx, deployment_id, batch_id)
        found = _named(tx, batch, None)
        if found.state is ReplacementState.COMMITTED:
            raise Conflict(
                f"Replacement {found.id} of batch '{batch.name}' was committed, so that it can no longer be abandoned."
            )
        if found.state is ReplacementState.OPEN:
            discard(tx, deployment_id, found.id, caller.id, now)
            found = _ended(found, ReplacementState.ABANDONED, caller, now)
            tx.batch_versions.save(found)
            _note(tx, AuditEvent.REPLACEMENT_ABANDONED, caller, now, found)
    return Draft(found)


# ------------------------------------------------------------------ versions


def versions(ctx: Context, caller: User, deployment_id: str, batch_id: str, request: PageRequest) -> Page[BatchVersion]:
    """What a batch holds and held, the current version first."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        batch = access.live_batch(tx, deployment_id, batch_id)
        page = cut(_kept(batch, tx.batch_versions.committed(batch_id)), request)
        return replace(page, items=[_with_counts(tx, batch, version) for version in page.items])


def _kept(batch: Batch, committed: Sequence[BatchReplacement]) -> list[BatchVersion]:
    """The versions without their counts, newest first: each commit begins one and ends the one before."""
    begun = [(batch.created_at, batch.created_by_id, batch.created_by_name)]
    begun += [(r.ended_at or r.opened_at, str(r.ended_by_id), str(r.ended_by_name)) for r in committed]
    found = [
        BatchVersion(
            id=batch.id if ended is None else str(ended.version_id),
            number=number,
            since=since,
            since_by_id=by_id,
            since_by_name=by_name,
            until=None if ended is None else ended.ended_at,
            predictions_count=None,
            requests_count=None,
            content_hash="" if ended is None else str(ended.version_hash),
        )
        for number, ((since, by_id, by_name), ended) in enumerate(zip(begun, [*committed, None], strict=True), start=1)
    ]
    return found[::-1]


def _with_counts(tx: "Transaction", batch: Batch, version: BatchVersion) -> BatchVersion:
    if version.is_current:
        return replace(
            version,
            predictions_count=batch.predictions_count,
            requests_count=batch.requests_count,
            content_hash=content_hash(tx, batch.id),
        )
    if version.id not in tx.batches.versions_of(batch.deployment_id, batch.id):
        return version
    held = tx.batches.get(batch.deployment_id, version.id)
    return replace(version, predictions_count=held.predictions_count, requests_count=held.requests_count)


def content_hash(tx: "Transaction", batch_id: str) -> str:
    """SHA-256 over what counts in a batch: model, name, rows and hash of each delivery, in their order.

    A call of JSON has neither a name nor a hash of its own and stands there by its id.
    """
    digest = hashlib.sha256()
    for found in tx.uploads.deliveries(batch_id):
        told = [found.model_id, found.key, found.rows, found.content_hash or found.id]
        digest.update(json.dumps(told, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()
