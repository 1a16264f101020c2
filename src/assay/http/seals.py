"""Seals of locked batches."""

from fastapi import APIRouter
from pydantic import JsonValue

from assay.http.authentication import Caller, Ctx
from assay.http.batches import MonitoringBatchCreator
from assay.http.bodies import Body, Moment
from assay.http.errors import documented
from assay.monitoring.deployments import seals

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}/monitoringBatches/{monitoringBatchId}",
    tags=["seals"],
    responses=documented(),
)


class SealDifference(Body):
    """A value that is not as it was sealed; null where it is not there on one side."""

    path: str
    sealed: JsonValue
    found: JsonValue


class Seal(Body):
    """What a batch held when it was locked.

    ``hash`` is the SHA-256 of ``content``, which is canonical JSON: keys sorted, no blanks, UTF-8.
    """

    batch_id: str
    hash: str
    sealed_at: Moment
    sealed_by: MonitoringBatchCreator
    matches: bool
    differences: list[SealDifference]
    content: str


@router.get("/seal/", operation_id="getMonitoringBatchSeal")
def get_seal(ctx: Ctx, caller: Caller, deploymentId: str, monitoringBatchId: str) -> Seal:
    """Read the seal of a locked batch, and have it checked against what the batch holds now."""
    checked = seals.check(ctx, caller, deploymentId, monitoringBatchId)
    seal = checked.seal
    return Seal(
        batch_id=seal.batch_id,
        hash=seal.hash,
        sealed_at=seal.sealed_at,
        sealed_by=MonitoringBatchCreator(id=seal.sealed_by_id, name=seal.sealed_by_name),
        matches=not checked.differences,
        differences=[SealDifference(path=d.path, sealed=d.sealed, found=d.found) for d in checked.differences],
        content=seal.content,
    )
