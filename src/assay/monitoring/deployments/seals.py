"""Seals: locking a batch fixes in one hash what it holds, and anybody can have that checked anew.

Sealed are the uploads that count (which bytes, how many rows), the requests that were reported, the models with the
baselines that they are compared with, and the deployment's settings. Actuals and custom metrics go on coming after a
lock, and name and description may be changed, so these are not.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.errors import Conflict, NotFound
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.records.batches import Batch
from assay.records.deployments import Deployment
from assay.records.jobs import JobState
from assay.records.pages import PageRequest
from assay.records.seals import Seal
from assay.records.uploads import Upload, UploadState
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

VERSION = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not as it was sealed; None where it is not there on one side."""

    path: str
    sealed: Any
    found: Any


@dataclass(frozen=True, slots=True)
class CheckedSeal:
    """A seal, and what of the batch is not as it was sealed."""

    seal: Seal
    differences: list[Difference]


def seal(tx: "Transaction", deployment: Deployment, batch: Batch, caller: User, now: datetime) -> Seal:
    """Seal a batch that is being locked.

    Raises
    ------
    Conflict
        While rows that were taken are still being counted: they were promised a place in the batch.
    """
    _refuse_pending(tx, batch)
    content = canonical(_content(tx, deployment, batch))
    made = Seal(batch.id, content, _hash(content), now, caller.id, caller.name)
    tx.seals.create(made)
    return made


def _refuse_pending(tx: "Transaction", batch: Batch) -> None:
    pending = [u for u in _uploads(tx, batch) if u.state is UploadState.PENDING and _is_worked_on(tx, u)]
    if pending:
        names = ", ".join(f"'{u.key or u.id}'" for u in pending[:5])
        raise Conflict(
            f"Batch '{batch.name}' cannot be locked yet: {len(pending)} of its uploads ({names}) were taken and are "
            "still being counted. Wait until they are, then lock it."
        )


def _is_worked_on(tx: "Transaction", upload: Upload) -> bool:
    # One whose job has failed for good will never count.
    job = None if upload.job_id is None else tx.jobs.find(upload.job_id)
    return job is not None and job.state in {JobState.QUEUED, JobState.RUNNING}


def _uploads(tx: "Transaction", batch: Batch) -> list[Upload]:
    return tx.uploads.list(batch.id, PageRequest()).items


def _content(tx: "Transaction", deployment: Deployment, batch: Batch) -> dict[str, Any]:
    baselines = {m.model_id: m.baseline_id for m in tx.deployments.models(deployment.id)}
    return {
        "version": VERSION,
        "deploymentId": deployment.id,
        "batchId": batch.id,
        "uploads": {
            u.id: {"modelId": u.model_id, "key": u.key, "contentHash": u.content_hash, "rows": u.rows}
            for u in _uploads(tx, batch)
            if u.state is UploadState.COUNTED
        },
        "models": {
            m.model_id: {"baselineId": baselines.get(m.model_id), "predictionsCount": m.predictions_count}
            for m in tx.batches.models(batch.id, None, PageRequest()).items
        },
        "requests": {
            "count": batch.requests_count,
            "userErrors": batch.user_errors,
            "serverErrors": batch.server_errors,
        },
        "settings": asdict(deployment.settings),
    }


def canonical(content: dict[str, Any]) -> str:
    """The one text of a JSON object: keys sorted, no blanks, letters as they are.

    Examples
    --------
    >>> canonical({"b": [1, None], "a": "é"})
    '{"a":"é","b":[1,null]}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def check(ctx: Context, caller: User, deployment_id: str, batch_id: str) -> CheckedSeal:
    """The seal of a batch, compared with what the batch holds now.

    Raises
    ------
    NotFound
        When the batch is open, or was locked before there were seals.
    """
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        batch = tx.batches.get(deployment_id, batch_id)
        found = tx.seals.find(batch_id)
        if found is None:
            raise NotFound(f"Seal not found: {_why_unsealed(batch)}")
        now = canonical(_content(tx, deployment, batch))
    differences = list(_differences(found.content, now))
    if _hash(found.content) != found.hash:
        differences.append(Difference("hash", found.hash, _hash(found.content)))
    return CheckedSeal(found, differences)


def _why_unsealed(batch: Batch) -> str:
    if batch.is_locked:
        return f"batch '{batch.name}' was locked before locks had seals. Unlock it and lock it again."
    return f"batch '{batch.name}' is open. Locking it ('isLocked': true) seals it."


def _differences(sealed: str, found: str) -> Iterator[Difference]:
    before, after = _flat(json.loads(sealed)), _flat(json.loads(found))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield Difference(path, before.get(path), after.get(path))


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """The leaves of an object by their paths, such as ``models.65a0....predictionsCount``."""
    if not isinstance(value, dict) or not value:
        return {path: value} if path else {}
    return {
        place: leaf for name, part in value.items() for place, leaf in _flat(part, f"{path}.{name}".strip(".")).items()
    }
