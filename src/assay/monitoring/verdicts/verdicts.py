"""Reading verdicts: the present one is judged when it is asked for, and kept when it says something new."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.deployments import health_settings
from assay.monitoring.verdicts.fingerprint import fingerprint
from assay.monitoring.verdicts.judging import judge
from assay.monitoring.verdicts.subject import Subject
from assay.monitoring.watched import watched
from assay.records.deployments import Deployment
from assay.records.ids import new_id
from assay.records.pages import Page, PageRequest
from assay.records.users import User
from assay.records.verdicts import Verdict

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

# So often may a batch change while it is judged; the last judgement is answered then, though it is not kept.
TRIES = 3


@dataclass(frozen=True)
class Current:
    """The present verdict of a batch.

    Attributes
    ----------
    waiting_for : tuple of str
        Work that is still going on and may change it, in words; empty when it is final as things are.
    """

    verdict: Verdict
    waiting_for: tuple[str, ...]


def current(ctx: Context, caller: User, deployment_id: str, batch_id: str, model_id: str | None = None) -> Current:
    """Whether a batch is good, by the facts of this moment.

    Parameters
    ----------
    model_id : str, optional
        The current model when left out.
    """
    for _ in range(TRIES - 1):
        found = _found(ctx, caller, deployment_id, batch_id, model_id)
        if found.is_kept or _kept(ctx, caller, deployment_id, found):
            return found.current
    return _found(ctx, caller, deployment_id, batch_id, model_id).current


def page(
    ctx: Context, caller: User, deployment_id: str, batch_id: str, request: PageRequest, model_id: str | None = None
) -> Page[Verdict]:
    """All verdicts that a batch had, the newest first; the present one is judged before."""
    now = current(ctx, caller, deployment_id, batch_id, model_id).verdict
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        return tx.verdicts.list(deployment_id, batch_id, now.model_id, request)


@dataclass(frozen=True)
class _Found:
    """A verdict as it was found or made, and whether it is stored as the present one."""

    current: Current
    is_kept: bool


def subject_of(ctx: Context, tx: "Transaction", deployment: Deployment, batch_id: str, model_id: str | None) -> Subject:
    """What is to be judged.

    Raises
    ------
    UnknownBatch, UnknownModel
        When the deployment has no such batch, or never had such a model.
    """
    batch = tx.batches.get(deployment.id, batch_id)
    model = watched(ctx, tx, deployment, model_id)
    return Subject(ctx, tx, model, batch, health_settings.load(tx, deployment))


def _found(ctx: Context, caller: User, deployment_id: str, batch_id: str, model_id: str | None) -> _Found:
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        return _look(ctx, tx, deployment, batch_id, model_id)


def _kept(ctx: Context, caller: User, deployment_id: str, found: _Found) -> bool:
    with ctx.store.transaction() as tx:
        return _keep(ctx, tx, access.deployment(tx, caller, deployment_id), found)


def _look(ctx: Context, tx: "Transaction", deployment: Deployment, batch_id: str, model_id: str | None) -> _Found:
    subject = subject_of(ctx, tx, deployment, batch_id, model_id)
    facts = fingerprint(subject)
    waits = _waits(subject)
    newest = tx.verdicts.newest(deployment.id, batch_id, subject.model.model_id)
    if newest is not None and newest.fingerprint == facts:
        return _Found(Current(newest, waits), is_kept=True)
    judgement = judge(subject)
    now = ctx.clock()
    made = Verdict(
        id=new_id(now),
        deployment_id=deployment.id,
        batch_id=batch_id,
        model_id=subject.model.model_id,
        fingerprint=facts,
        digest=judgement.digest,
        judged_at=now,
        judgement=judgement,
    )
    return _Found(Current(made, waits), is_kept=False)


def _keep(ctx: Context, tx: "Transaction", deployment: Deployment, found: _Found) -> bool:
    """Store it, if what it was judged from is still so."""
    made = found.current.verdict
    subject = subject_of(ctx, tx, deployment, made.batch_id, made.model_id)
    if fingerprint(subject) != made.fingerprint:
        return False
    newest = tx.verdicts.newest(deployment.id, made.batch_id, made.model_id)
    if newest is not None and newest.fingerprint == made.fingerprint:
        # Somebody else asked at the same time; both have judged the same.
        return True
    if newest is not None and newest.digest == made.digest:
        tx.verdicts.renew(newest.id, made.fingerprint)
        return True
    tx.verdicts.add(made)
    return True


def _waits(subject: Subject) -> tuple[str, ...]:
    tx, model, batch = subject.tx, subject.model, subject.batch
    found = []
    if model.baseline is None:
        found.append("the model's baseline")
    uploads = tx.uploads.in_work(batch.id)
    if uploads:
        found.append(f"{uploads} upload(s) that are being counted")
    wanted, done = tx.accuracy.done(model.deployment.id, batch.id, model.model_id)
    if wanted > done:
        found.append("accuracy that is being computed")
    return tuple(found)
