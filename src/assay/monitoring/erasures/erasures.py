"""Erasures: asked for here, carried out by a job (`erasing`), and read back with what was removed."""

from assay.errors import Invalid, UnknownErasure
from assay.monitoring import access, audit, paths
from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.records.audit import AuditEvent
from assay.records.erasures import Erasure, Removed
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.pages import Page, PageRequest
from assay.records.users import User

ERASE_ID = "erase_id"


def create(ctx: Context, caller: User, deployment_id: str, association_id: str) -> tuple[Erasure, Job]:
    """Have everything of an association id removed, by the job that is returned.

    An id that nobody knows is erased too: then nothing is found. So the same call can be made again.

    Raises
    ------
    Invalid
        When the text cannot be an association id.
    """
    longest = ctx.limits.max_association_id_length
    if not association_id.strip() or len(association_id.encode()) > longest or "\x00" in association_id:
        raise Invalid(f"associationId: expected a text of 1 to {longest} bytes that is not blank and has no NUL in it.")
    now = ctx.clock()
    erasure_id = new_id(now)
    with ctx.store.transaction() as tx:
        access.owned_deployment(tx, caller, deployment_id)
        path = paths.erasure(deployment_id, erasure_id)
        # The id itself is in the erasure alone, which forgets it at the end; jobs are kept as they are.
        key = f"{ERASE_ID}:{deployment_id}"
        job = queued(ERASE_ID, {"erasure_id": erasure_id}, caller.id, now, result_path=path, key=key)
        erasure = Erasure(
            id=erasure_id,
            deployment_id=deployment_id,
            association_id=association_id,
            job_id=job.id,
            removed=Removed(),
            leftovers=(),
            rows_done_at=None,
            created_at=now,
            created_by_id=caller.id,
            created_by_name=caller.name,
            finished_at=None,
            job_state=job.state,
            job_error=None,
        )
        tx.jobs.create(job)
        tx.erasures.create(erasure)
        # Never the id: the log outlives what it tells of.
        audit.note(tx, AuditEvent.ERASURE_REQUESTED, caller, now, erasure_id, {}, deployment_id=deployment_id)
    return erasure, job


def get(ctx: Context, caller: User, deployment_id: str, erasure_id: str) -> Erasure:
    """One erasure."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        found = tx.erasures.find(erasure_id)
    if found is None or found.deployment_id != deployment_id:
        raise UnknownErasure(erasure_id)
    return found


def page(ctx: Context, caller: User, deployment_id: str, request: PageRequest) -> Page[Erasure]:
    """Erasures of a deployment, newest first."""
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return tx.erasures.list(deployment_id, request)
