"""How accuracy matured: each computation that changed something leaves a revision."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.errors import Invalid
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.records.accuracy_revisions import AccuracyRevision
from assay.records.actuals import StaleAccuracy
from assay.records.models import Target
from assay.records.pages import Page, PageRequest
from assay.records.users import User
from assay.stats.accuracy import METRICS, Accuracy
from assay.stats.estimate import Estimate

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


def note(tx: "Transaction", pair: StaleAccuracy, target: Target, found: Accuracy, now: datetime) -> None:
    """Add a revision of a pair of a batch, in the transaction that stores the same accuracy as the present one.

    Nothing is added when nothing changed since the last one, nor before the first actual.
    """
    if pair.batch_id is None:
        return
    revision = AccuracyRevision(
        batch_id=pair.batch_id,
        model_id=pair.model_id,
        at=now,
        predictions=tx.batches.model_counts([pair.batch_id], pair.model_id).get(pair.batch_id, 0),
        rows_with_actual=found.n,
        metrics={name: _stored(metric(found)) for name, metric in METRICS[str(target.type)].items()},
        digest=hashlib.sha256(found.to_bytes()).hexdigest(),
    )
    last = tx.accuracy_revisions.latest(pair.deployment_id, pair.batch_id, pair.model_id)
    if last is None and found.n == 0:
        return
    if last is None or (last.predictions, last.digest) != (revision.predictions, revision.digest):
        tx.accuracy_revisions.add(pair.deployment_id, revision)


def _stored(estimate: Estimate) -> dict[str, Any]:
    figures = {name: getattr(estimate, name) for name in ("value", "low", "high", "bound")}
    # JSON has no infinity; an end that is infinite is none.
    finite = {
        name: figure if figure is not None and math.isfinite(figure) else None for name, figure in figures.items()
    }
    return {**finite, "n": estimate.n, "reason": estimate.reason}


@dataclass(frozen=True)
class Revisions:
    """How the accuracy of one model in a batch moved, oldest first."""

    model_id: str
    page: Page[AccuracyRevision]


def page(
    ctx: Context,
    caller: User,
    deployment_id: str,
    batch_id: str,
    request: PageRequest,
    *,
    model_id: str | None = None,
    metrics: Iterable[str] = (),
) -> Revisions:
    """Revisions of one model in a batch, a draft or a superseded version.

    Parameters
    ----------
    model_id : str, optional
        The current model when left out.
    metrics : iterable of str
        Keep these; all that the target type has when empty.
    """
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        tx.batches.get(deployment_id, batch_id)
        model = access.deployed_model(tx, deployment, model_id)
        wanted = _known(access.package_of(tx, model).target, metrics)
        found = tx.accuracy_revisions.list(deployment_id, batch_id, model.model_id, request)
    items = [replace(one, metrics={n: m for n, m in one.metrics.items() if n in wanted}) for one in found.items]
    return Revisions(model.model_id, replace(found, items=items))


def _known(target: Target, metrics: Iterable[str]) -> set[str]:
    known, wanted = METRICS[str(target.type)], set(metrics)
    for name in sorted(wanted - known.keys()):
        raise Invalid(f"metric: found {name[:64]!r}, expected one of {', '.join(known)} for a {target.type} target.")
    return wanted or set(known)
