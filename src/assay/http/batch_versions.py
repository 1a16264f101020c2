"""Replacing the content of a batch, its versions, and how its accuracy matured."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic.json_schema import SkipJsonSchema

from assay.http import bodies
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import JsonRoute, Moment
from assay.http.errors import documented
from assay.http.paging import Paging, absolute, page_body
from assay.http.where import ModelId
from assay.monitoring import paths
from assay.monitoring.actuals import accuracy_revisions
from assay.monitoring.deployments import batch_versions
from assay.monitoring.deployments.batch_versions import Draft
from assay.records.accuracy_revisions import AccuracyRevision
from assay.records.batch_versions import BatchVersion

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}/monitoringBatches/{monitoringBatchId}",
    route_class=JsonRoute,
    tags=["batchVersions"],
    responses=documented(),
)


class Who(bodies.Body):
    """A user."""

    id: str
    name: str


class ReplacementLinks(bodies.Body):
    """Where a replacement is filled and ended; ``draft`` takes rows at every door by its id."""

    batch: str
    draft: str
    uploads: str
    commit: str
    versions: str


class BatchReplacement(bodies.Body):
    """New content for a batch: its id is the batch id that all that belongs to it is sent to.

    ``pendingUploads`` have still to be counted. The counts of one that was committed are as of then; ``versionId``
    is the batch id by which what it superseded is read.
    """

    id: str
    batch_id: str
    state: Literal["open", "committed", "abandoned"]
    predictions_count: int
    requests_count: int
    uploads_count: int
    pending_uploads: int
    opened_at: Moment
    opened_by: Who
    ended_at: Moment | None
    ended_by: Who | None
    version_id: str | None
    links: ReplacementLinks


class CommitReplacement(bodies.Body):
    """How a replacement is committed; ``replacementId`` is the one opened last unless told."""

    replacement_id: str | None = bodies.optional()
    allow_empty: bool = bodies.optional()


class BatchVersionBody(bodies.Body):
    """What a batch holds, or held until a replacement; ``id`` is the batch id by which its figures are read.

    The counts are null once a superseded version has been removed. The content hash is over the deliveries in their
    order: the same files under the same names give the same hash.
    """

    id: str
    number: int
    state: Literal["current", "superseded"]
    predictions_count: int | None
    requests_count: int | None
    since: Moment
    until: Moment | None
    created_by: Who
    content_hash: str


class BatchVersionPage(bodies.Body):
    """A page of versions, the current one first."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[BatchVersionBody]


class RevisionMetric(bodies.Body):
    """A metric as it stood: the value with the ends of its 95 % interval, the rows behind it, and how exact it is.

    ``bound`` is the largest error that cells can have caused. ``reason`` says why there is no value.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    bound: float | None
    reason: str | None


class AccuracyRevisionBody(bodies.Body):
    """Accuracy of a batch as it was computed at one moment."""

    timestamp: Moment
    predictions_count: int
    rows_with_actual: int
    matched_share: float | None
    metrics: list[RevisionMetric]


class AccuracyRevisionPage(bodies.Body):
    """A page of revisions, oldest first."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    batch_id: str
    model_id: str
    data: list[AccuracyRevisionBody]


def _replacement(request: Request, draft: Draft) -> BatchReplacement:
    found = draft.replacement
    batch = paths.batch(found.deployment_id, found.batch_id)
    own = paths.batch(found.deployment_id, found.id)
    links = ReplacementLinks(
        batch=absolute(request, batch),
        draft=absolute(request, own),
        uploads=absolute(request, f"{own}uploads/"),
        commit=absolute(request, f"{batch}replacement/commit/"),
        versions=absolute(request, f"{batch}versions/"),
    )
    return BatchReplacement(
        id=found.id,
        batch_id=found.batch_id,
        state=str(found.state),  # type: ignore[arg-type]  # the enum has these three words
        predictions_count=found.predictions_count,
        requests_count=found.requests_count,
        uploads_count=found.uploads_count,
        pending_uploads=draft.in_work,
        opened_at=found.opened_at,
        opened_by=Who(id=found.opened_by_id, name=found.opened_by_name),
        ended_at=found.ended_at,
        ended_by=None if found.ended_by_id is None else Who(id=found.ended_by_id, name=str(found.ended_by_name)),
        version_id=found.version_id,
        links=links,
    )


@router.post("/replacement/", operation_id="openBatchReplacement", status_code=201, responses=documented(409))
def open_replacement(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, monitoringBatchId: str
) -> BatchReplacement:
    """Open a replacement of a batch's content; rows, files, aggregates and requests are sent to its id."""
    return _replacement(request, batch_versions.open_replacement(ctx, caller, deploymentId, monitoringBatchId))


@router.get("/replacement/", operation_id="getBatchReplacement")
def get_replacement(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, monitoringBatchId: str
) -> BatchReplacement:
    """Read the open replacement of a batch, with what it holds so far."""
    return _replacement(request, batch_versions.get(ctx, caller, deploymentId, monitoringBatchId))


@router.post("/replacement/commit/", operation_id="commitBatchReplacement", responses=documented(409))
def commit_replacement(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    deploymentId: str,
    monitoringBatchId: str,
    body: Annotated[CommitReplacement | SkipJsonSchema[None], Body()] = None,
) -> BatchReplacement:
    """Put a replacement in the place of what the batch holds, at once and as a whole; once more changes nothing."""
    asked = body or CommitReplacement()
    draft = batch_versions.commit(
        ctx,
        caller,
        deploymentId,
        monitoringBatchId,
        replacement_id=asked.replacement_id,
        allow_empty=bool(asked.allow_empty),
    )
    return _replacement(request, draft)


@router.delete("/replacement/", operation_id="abandonBatchReplacement", status_code=200, responses=documented(409))
def abandon_replacement(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, monitoringBatchId: str
) -> BatchReplacement:
    """Give the open replacement of a batch up; the batch stays as it is, and once more changes nothing."""
    return _replacement(request, batch_versions.abandon(ctx, caller, deploymentId, monitoringBatchId))


@router.get("/versions/", operation_id="listBatchVersions", response_model=BatchVersionPage)
def list_versions(
    request: Request, ctx: Ctx, caller: Caller, paging: Paging, deploymentId: str, monitoringBatchId: str
) -> dict[str, object]:
    """List one page of what the batch holds and held, the current version first."""
    return page_body(request, batch_versions.versions(ctx, caller, deploymentId, monitoringBatchId, paging), _version)


def _version(version: BatchVersion) -> BatchVersionBody:
    return BatchVersionBody(
        id=version.id,
        number=version.number,
        state="current" if version.is_current else "superseded",
        predictions_count=version.predictions_count,
        requests_count=version.requests_count,
        since=version.since,
        until=version.until,
        created_by=Who(id=version.since_by_id, name=version.since_by_name),
        content_hash=version.content_hash,
    )


Metrics = Annotated[
    list[str] | SkipJsonSchema[None],
    Query(alias="metric", description="Keep this metric. May come more than once; all of them unless told."),
]


@router.get("/accuracyRevisions/", operation_id="listAccuracyRevisions", response_model=AccuracyRevisionPage)
def list_accuracy_revisions(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    monitoringBatchId: str,
    model_id: ModelId = None,
    metrics: Metrics = None,
) -> dict[str, object]:
    """List how the accuracy of a batch moved as its actuals came, oldest first; also of a draft or a version."""
    found = accuracy_revisions.page(
        ctx, caller, deploymentId, monitoringBatchId, paging, model_id=model_id, metrics=metrics or ()
    )
    return {
        **page_body(request, found.page, _revision),
        "batchId": monitoringBatchId,
        "modelId": found.model_id,
    }


def _revision(revision: AccuracyRevision) -> AccuracyRevisionBody:
    return AccuracyRevisionBody(
        timestamp=revision.at,
        predictions_count=revision.predictions,
        rows_with_actual=revision.rows_with_actual,
        matched_share=revision.matched_share,
        metrics=[_metric(name, found) for name, found in revision.metrics.items()],
    )


def _metric(name: str, found: dict[str, Any]) -> RevisionMetric:
    return RevisionMetric(name=name, **found)
