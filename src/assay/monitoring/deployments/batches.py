"""Batches: made, listed, changed, locked and deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assay.errors import BatchesNotEnabled, Invalid
from assay.monitoring import access, audit
from assay.monitoring.context import Context
from assay.monitoring.deployments import seals
from assay.monitoring.deployments.deletions import discard
from assay.records.audit import AuditEvent
from assay.records.batches import Batch, BatchModel, BatchQuery, HealthStatus
from assay.records.deployments import Deployment
from assay.records.ids import new_id
from assay.records.limits import Limits
from assay.records.monitoring_jobs import MonitoringJob
from assay.records.pages import Page, PageRequest
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


def create(ctx: Context, caller: User, deployment_id: str, fields: dict[str, Any]) -> Batch:
    """Add an empty batch; ``fields`` are the columns that the caller set."""
    now = ctx.clock()
    check_fields(fields, ctx.limits)
    with ctx.store.transaction() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        if not deployment.settings.batch_monitoring:
            raise BatchesNotEnabled(deployment.label)
        check_room(tx, deployment_id, ctx.limits)
        batch = empty(deployment_id, caller, now, fields)
        add(tx, batch, caller)
        if batch.is_locked:
            _lock(tx, deployment, batch, caller, now)
    return batch


def add(tx: "Transaction", batch: Batch, caller: User) -> None:
    """Store a batch, with its line in the audit log."""
    tx.batches.create(batch)
    _note(tx, AuditEvent.BATCH_CREATED, batch, caller, batch.created_at, {"name": batch.name, "jobId": batch.job_id})


def _note(
    tx: "Transaction", event: AuditEvent, batch: Batch, caller: User, now: datetime, detail: dict[str, Any]
) -> None:
    audit.note(tx, event, caller, now, batch.id, detail, deployment_id=batch.deployment_id)


def _lock(tx: "Transaction", deployment: Deployment, batch: Batch, caller: User, now: datetime) -> None:
    made = seals.seal(tx, deployment, batch, caller, now)
    _note(tx, AuditEvent.BATCH_LOCKED, batch, caller, now, {"name": batch.name, "seal": made.hash})


def _unlock(tx: "Transaction", batch: Batch, caller: User, now: datetime) -> None:
    access.owned_deployment(tx, caller, batch.deployment_id)
    broken = tx.seals.find(batch.id)
    tx.seals.delete(batch.id)
    seal = None if broken is None else broken.hash
    _note(tx, AuditEvent.BATCH_UNLOCKED, batch, caller, now, {"name": batch.name, "seal": seal})


def check_room(tx: "Transaction", deployment_id: str, limits: Limits) -> None:
    """Refuse one more batch than a deployment may have."""
    if tx.batches.count(deployment_id) >= limits.max_batches:
        raise Invalid(f"The deployment has {limits.max_batches} batches, which is the limit. Delete old ones first.")


def empty(
    deployment_id: str, caller: User, now: datetime, fields: dict[str, Any], job: MonitoringJob | None = None
) -> Batch:
    """A batch without rows; ``job`` is the monitoring job that makes it, if one does."""
    return Batch(
        id=new_id(now),
        deployment_id=deployment_id,
        name=fields.get("name") or f"Batch of {now:%Y-%m-%d %H:%M:%S} UTC",
        description=fields.get("description"),
        external_context_url=fields.get("external_context_url"),
        is_locked=bool(fields.get("is_locked")),
        created_at=now,
        created_by_id=caller.id,
        created_by_name=caller.name,
        job_id=None if job is None else job.id,
        job_state=None if job is None else job.status,
        earliest=None,
        latest=None,
        predictions_count=0,
        requests_count=0,
        user_errors=0,
        server_errors=0,
    )


def get(ctx: Context, caller: User, deployment_id: str, batch_id: str) -> Batch:
    """One batch."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return tx.batches.get(deployment_id, batch_id)


def page(ctx: Context, caller: User, deployment_id: str, query: BatchQuery, request: PageRequest) -> Page[Batch]:
    """Batches of a deployment that pass the filters."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return tx.batches.list(deployment_id, query, request)


def update(ctx: Context, caller: User, deployment_id: str, batch_id: str, fields: dict[str, Any]) -> Batch:
    """Change the columns that are named, and nothing else.

    Raises
    ------
    Conflict
        When it is to be locked while rows that were taken are still being counted.
    """
    check_fields(fields, ctx.limits)
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        old = access.live_batch(tx, deployment_id, batch_id)
        tx.batches.update(batch_id, **fields)
        new = tx.batches.get(deployment_id, batch_id)
        changed = audit.changes(_shown(old), _shown(new))
        if changed:
            _note(tx, AuditEvent.BATCH_CHANGED, new, caller, now, changed)
        if new.is_locked and not old.is_locked:
            _lock(tx, deployment, new, caller, now)
        if old.is_locked and not new.is_locked:
            _unlock(tx, new, caller, now)
    return new


def _shown(batch: Batch) -> dict[str, Any]:
    return {
        "name": batch.name,
        "description": batch.description,
        "externalContextUrl": batch.external_context_url,
    }


def delete(ctx: Context, caller: User, deployment_id: str, batch_id: str) -> None:
    """Delete a batch: its rows leave every figure at once, a job removes what is left of them.

    An open replacement and the superseded versions go with it.
    """
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        gone = access.live_batch(tx, deployment_id, batch_id)
        broken = tx.seals.find(batch_id)
        detail = {"name": gone.name, "rows": gone.predictions_count, "seal": None if broken is None else broken.hash}
        _note(tx, AuditEvent.BATCH_DELETED, gone, caller, now, detail)
        tx.seals.delete(batch_id)
        for one in (*tx.batches.versions_of(deployment_id, batch_id), batch_id):
            discard(tx, deployment_id, one, caller.id, now)
        tx.batch_versions.delete(batch_id=batch_id)


def models(
    ctx: Context, caller: User, deployment_id: str, batch_id: str, model_id: str | None, request: PageRequest
) -> Page[BatchModel]:
    """The models whose predictions are in the batch."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        tx.batches.get(deployment_id, batch_id)
        return tx.batches.models(batch_id, model_id, request)


def model(ctx: Context, caller: User, deployment_id: str, batch_id: str, model_id: str) -> BatchModel:
    """What the batch holds of one model."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        tx.batches.get(deployment_id, batch_id)
        return tx.batches.get_model(batch_id, model_id)


def set_model_span(
    ctx: Context,
    caller: User,
    deployment_id: str,
    batch_id: str,
    model_id: str,
    span: tuple[datetime | None, datetime | None],
) -> BatchModel:
    """Set a model's first or last prediction time, or both."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        batch = access.live_batch(tx, deployment_id, batch_id)
        old = tx.batches.get_model(batch_id, model_id)
        start, end = span[0] or old.start_time, span[1] or old.end_time
        if end < start:
            raise Invalid(f"endTime {end.isoformat()} is before startTime {start.isoformat()}.")
        tx.batches.set_model_span(batch_id, model_id, start, end)
        if (start, end) != (old.start_time, old.end_time):
            span_of = {"modelId": model_id, "startTime": start, "endTime": end}
            _note(tx, AuditEvent.BATCH_CHANGED, batch, caller, now, span_of)
        return tx.batches.get_model(batch_id, model_id)


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Bounds of a deployment's batches, and how many there are."""

    limits: Limits
    batches_count: int


def limits(ctx: Context, caller: User, deployment_id: str) -> BatchLimits:
    """Which limits apply to a deployment's batches."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return BatchLimits(ctx.limits, tx.batches.count(deployment_id))


def service_health(batch: Batch) -> tuple[HealthStatus, str]:
    """Health of the requests reported for a batch, and why."""
    if batch.requests_count == 0:
        return HealthStatus.UNKNOWN, "No prediction requests were reported for this batch."
    return requests_health(batch.requests_count, user_errors=batch.user_errors, server_errors=batch.server_errors)


def requests_health(requests: int, *, user_errors: int, server_errors: int) -> tuple[HealthStatus, str]:
    """Health of some reported requests: failing if the server failed any, at risk if their senders did."""
    if server_errors:
        return HealthStatus.FAILING, f"{server_errors} of {requests} requests failed in the server."
    if user_errors:
        return HealthStatus.WARNING, f"{user_errors} of {requests} requests were in error."
    return HealthStatus.PASSING, f"All {requests} requests succeeded."


def check_fields(fields: dict[str, Any], limits: Limits) -> None:
    """Refuse values that a batch cannot have."""
    name, description, url = (fields.get(k) for k in ("name", "description", "external_context_url"))
    if "name" in fields and not (name or "").strip():
        raise Invalid("batchName: found a blank text, expected a name.")
    _check_length("batchName", name, limits.max_batch_name_length)
    _check_length("description", description, limits.max_description_length)
    _check_length("externalContextUrl", url, limits.max_url_length)
    if url is not None and not _is_web_address(url):
        raise Invalid(
            f"externalContextUrl: found {url[:64]!r}, expected an address that begins with http:// or https://."
        )


def _check_length(field: str, text: str | None, most: int) -> None:
    if text is not None and len(text) > most:
        raise Invalid(f"{field}: found {len(text)} characters, expected at most {most}.")
    if text is not None and "\x00" in text:
        raise Invalid(f"{field}: found a NUL character, which no text may hold.")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port >= 0
    except ValueError:
        return False
    blank = any(c.isspace() or not c.isprintable() for c in text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port_is_fine and not blank


def require_open(ctx: Context, caller: User, deployment_id: str, batch_id: str, upload_key: str) -> None:
    """Refuse an upload to a batch that is not there, or is locked and does not have it already."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        batch = tx.batches.get(deployment_id, batch_id)
        if tx.uploads.find(batch_id, upload_key) is None:
            access.open_batch(tx, deployment_id, batch.id)
