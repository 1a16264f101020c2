"""Job definitions: stored monitoring jobs, run on demand and by schedule."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.errors import Invalid, UnknownDeployment, UnknownJobDefinition
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.monitoring_jobs import job_specs, monitoring_jobs
from assay.monitoring.monitoring_jobs.monitoring_jobs import Origin
from assay.records.ids import new_id
from assay.records.job_specs import JobSpec
from assay.records.monitoring_jobs import JobDefinition, MonitoringJob
from assay.records.pages import Page, PageRequest
from assay.records.schedules import Schedule
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class NewDefinition:
    """What the caller says of a definition; a name is made up where there is none."""

    spec: JobSpec
    name: str | None = None
    enabled: bool = False
    schedule: Schedule | None = None


def create(ctx: Context, caller: User, new: NewDefinition) -> JobDefinition:
    """Store a definition."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        job_specs.check(ctx, tx, caller, new.spec)
        definition = JobDefinition(
            id=new_id(now),
            deployment_id=new.spec.deployment_id,
            name=_name(new.name) or f"Monitoring job definition of {now:%Y-%m-%d %H:%M:%S} UTC",
            enabled=new.enabled,
            schedule=new.schedule,
            spec=new.spec,
            created_at=now,
            created_by_id=caller.id,
            created_by_name=caller.name,
            updated_at=now,
            updated_by_id=caller.id,
            updated_by_name=caller.name,
            next_run_at=None,
            last_scheduled_at=None,
        )
        tx.job_definitions.create(_planned(definition, now))
        return _existing(tx, definition.id)


def _name(name: str | None) -> str | None:
    if name is not None and not 0 < len(name.strip()) <= MOST_CHARACTERS:
        raise Invalid(f"name: expected a text of 1 to {MOST_CHARACTERS} characters that is not blank.")
    return name


def _planned(definition: JobDefinition, now: datetime) -> JobDefinition:
    """The definition with the time when it is due next.

    Raises
    ------
    Invalid
        When it cannot run by itself.
    """
    schedule = definition.schedule
    if not definition.enabled:
        return replace(definition, next_run_at=None)
    if schedule is None:
        raise Invalid(
            "enabled: a definition without a schedule cannot run by itself. Name its schedule, or send false."
        )
    if definition.spec.is_uploaded:
        raise Invalid(
            "enabled: the rows of a localFile intake are uploaded by hand, so no schedule can run it. Name another "
            "intake."
        )
    return replace(definition, next_run_at=schedule.next_after(now))


def find(tx: "Transaction", caller: User, definition_id: str) -> JobDefinition:
    """The definition of this id, if the caller may see its deployment; else `UnknownJobDefinition`."""
    found = tx.job_definitions.find(definition_id)
    if found is None:
        raise UnknownJobDefinition(definition_id)
    try:
        access.deployment(tx, caller, found.deployment_id)
    except UnknownDeployment as unseen:
        raise UnknownJobDefinition(definition_id) from unseen
    return found


def _held(tx: "Transaction", caller: User, definition_id: str) -> JobDefinition:
    """The same for a change of the definition: nobody else changes it until the end of the transaction."""
    tx.deployments.hold(find(tx, caller, definition_id).deployment_id)
    return find(tx, caller, definition_id)


def _existing(tx: "Transaction", definition_id: str) -> JobDefinition:
    found = tx.job_definitions.find(definition_id)
    if found is None:
        raise LookupError(f"job definition {definition_id}")
    return found


def get(ctx: Context, caller: User, definition_id: str) -> JobDefinition:
    """One definition."""
    with ctx.store.snapshot() as tx:
        return find(tx, caller, definition_id)


def page(ctx: Context, caller: User, request: PageRequest, *, deployment_id: str | None = None) -> Page[JobDefinition]:
    """Definitions of deployments that the caller sees, newest first."""
    with ctx.store.snapshot() as tx:
        return tx.job_definitions.list(access.owner_filter(caller), request, deployment_id=deployment_id)


def update(
    ctx: Context, caller: User, definition_id: str, changes: dict[str, Any], spec_changes: dict[str, Any]
) -> JobDefinition:
    """Change what is named: ``name``, ``enabled`` and ``schedule``, and fields of the job's specification."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        old = _held(tx, caller, definition_id)
        spec = replace(old.spec, **spec_changes)
        job_specs.check(ctx, tx, caller, spec)
        if "name" in changes:
            changes = {**changes, "name": _name(changes["name"]) or old.name}
        new = replace(
            old,
            **changes,
            spec=spec,
            deployment_id=spec.deployment_id,
            updated_at=now,
            updated_by_id=caller.id,
            updated_by_name=caller.name,
        )
        tx.job_definitions.save(_planned(new, now))
        return _existing(tx, definition_id)


def delete(ctx: Context, caller: User, definition_id: str) -> None:
    """Remove a definition; jobs that it has started go on and stay."""
    with ctx.store.transaction() as tx:
        _held(tx, caller, definition_id)
        tx.job_definitions.delete(definition_id=definition_id)


def run(ctx: Context, caller: User, definition_id: str) -> MonitoringJob:
    """Make a job of a definition now."""
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        definition = find(tx, caller, definition_id)
        model_id = job_specs.check(ctx, tx, caller, definition.spec)
        return monitoring_jobs.add(tx, caller, definition.spec, model_id, Origin("definition", definition_id), now)


def enqueue_due(ctx: Context) -> int:
    """Make a job for each definition that is due; how many were made.

    Any number of processes may look at the same time: the definition is locked while its next time is moved on, and a
    definition has one job at most for one due time. After a pause of the server the missed times are one job.
    """
    now = ctx.clock()
    with ctx.store.snapshot() as tx:
        due = tx.job_definitions.due(now)
    return sum(_enqueue(ctx, definition_id, now) for definition_id in due)


def _enqueue(ctx: Context, definition_id: str, now: datetime) -> bool:
    with ctx.store.transaction() as tx:
        seen = tx.job_definitions.find(definition_id)
        if seen is None:
            return False
        deployment = tx.deployments.find(seen.deployment_id)
        due_at = tx.job_definitions.claim(definition_id, now)
        if due_at is None:
            return False
        definition = _existing(tx, definition_id)
        if definition.deployment_id != seen.deployment_id:
            # It was moved in this very moment; the next look finds it there.
            return False
        if deployment is None:
            # Its deletion is on the way, and takes the definition with it.
            tx.job_definitions.save(replace(definition, next_run_at=None))
            return False
        tx.job_definitions.save(replace(_planned(definition, now), last_scheduled_at=due_at))
        user = tx.users.get(definition.updated_by_id)
        model_id = job_specs.model_of(tx, deployment, definition.spec)
        monitoring_jobs.add(tx, user, definition.spec, model_id, Origin("schedule", definition_id, due_at), now)
    return True
