"""Actuals on their way in: checked, stored, and joined to predictions by a job."""

import math
from dataclasses import dataclass
from typing import Any

from assay.errors import Invalid, TooLarge
from assay.monitoring import access
from assay.monitoring.actuals.accuracy_refresh import recompute
from assay.monitoring.context import Context
from assay.monitoring.rows.class_labels import ClassLabels
from assay.records.actuals import Actual
from assay.records.jobs import Job
from assay.records.models import Target
from assay.records.times import parse_time
from assay.records.users import User


@dataclass(frozen=True, slots=True)
class SentActual:
    """One outcome as the caller sent it."""

    association_id: str
    value: Any
    timestamp: str | None
    was_acted_on: bool | None


@dataclass(frozen=True, slots=True)
class ActualsReceipt:
    """What a delivery of actuals came to.

    Attributes
    ----------
    received : int
        Outcomes in the call.
    matched : int
        Of these, outcomes whose prediction is there; the rest wait for theirs, or were dropped if asked.
    """

    received: int
    matched: int
    kept: int
    job: Job


def accept(
    ctx: Context, caller: User, deployment_id: str, sent: list[SentActual], *, keep_unmatched: bool
) -> ActualsReceipt:
    """Store outcomes; a job then computes the accuracy of the batches that they touch."""
    if len(sent) > ctx.limits.max_rows_per_call:
        raise TooLarge(
            f"Found {len(sent)} actuals in one call, expected 1 to {ctx.limits.max_rows_per_call}. Split them."
        )
    if not sent:
        raise Invalid("data: found an empty list, expected 1 to 10,000 actuals.")
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        package = tx.model_packages.find(deployment.model_package_id)
    if package is None:
        raise LookupError(f"model package {deployment.model_package_id}")
    # The newest value of an id wins, within a call as between calls.
    values = {a.association_id: a for a in _read(ctx, sent, package.target)}
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        access.deployment(tx, caller, deployment_id)
        ids = list(values)
        known = tx.prediction_keys.known(deployment_id, ids)
        kept = [a for a in values.values() if keep_unmatched or a.association_id in known]
        tx.actuals.put(deployment_id, kept, now)
        pairs = tx.prediction_keys.pairs_holding(deployment_id, ids)
        job = recompute(tx, deployment_id, pairs, caller.id, now)
    ctx.meters.took_in("actuals", len(kept))
    return ActualsReceipt(received=len(sent), matched=len(known), kept=len(kept), job=job)


def _read(ctx: Context, sent: list[SentActual], target: Target) -> list[Actual]:
    labels = ClassLabels(target.class_names)
    longest = ctx.limits.max_association_id_length
    read = []
    for row, one in enumerate(sent):
        place = f"data[{row}]"
        if not one.association_id.strip() or len(one.association_id.encode()) > longest:
            raise Invalid(f"{place}.associationId: expected a text of 1 to {longest} bytes that is not blank.")
        if "\x00" in one.association_id:
            raise Invalid(f"{place}.associationId: found a NUL character, which no text may hold.")
        label = _label(one.value, labels, place) if target.class_names else None
        number = None if target.class_names else _number(one.value, place)
        at = None if one.timestamp is None else parse_time(one.timestamp, f"{place}.timestamp")
        read.append(Actual(one.association_id, label, number, at, one.was_acted_on))
    return read


def _label(value: Any, labels: ClassLabels, place: str) -> str:
    found = None if value is None else labels.find(value)
    if found is None:
        raise Invalid(
            f"{place}.actualValue: found {str(value)[:64]!r}, expected one of the classes "
            f"{', '.join(labels.class_names)}."
        )
    return found


def _number(value: Any, place: str) -> float:
    try:
        number = math.nan if value is None or isinstance(value, bool) else float(value)
    except (ValueError, TypeError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise Invalid(f"{place}.actualValue: found {str(value)[:64]!r}, expected a finite number.")
    return number
