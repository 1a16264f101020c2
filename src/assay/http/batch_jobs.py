"""Monitoring jobs: made, listed, read, stopped, and their results downloaded."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic.json_schema import SkipJsonSchema

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.batches import JobWord
from assay.http.bodies import Body, JsonRoute, Moment, optional
from assay.http.errors import documented
from assay.http.job_shapes import JobSpecBody, MonitoringJobCreate, spec_body, spec_of
from assay.http.paging import Paging, absolute, page_body
from assay.http.streams import begun
from assay.http.times import QueryTime
from assay.monitoring import access, paths
from assay.monitoring.context import Context
from assay.monitoring.monitoring_jobs import job_definitions, monitoring_jobs
from assay.records.monitoring_jobs import JobQuery, MonitoringJob
from assay.records.pages import Page

router = APIRouter(prefix="/api/v2", route_class=JsonRoute, tags=["jobs"], responses=documented())


class JobLinks(Body):
    """URLs of a job."""

    self: str
    csv_upload: str = optional()
    download: str = optional()


class JobCreator(Body):
    """Who made a job."""

    user_id: str
    username: str
    full_name: str


class BatchJob(Body):
    """A batch job."""

    id: str
    status: JobWord
    status_details: str
    percentage_completed: float
    elapsed_time_sec: int
    links: JobLinks
    job_spec: JobSpecBody
    created: Moment
    created_by: JobCreator
    scored_rows: int
    failed_rows: int
    skipped_rows: int
    job_intake_size: int | None
    job_output_size: int | None
    logs: list[str]
    queued: bool
    queue_position: int | None
    results_deleted: bool
    source: str
    monitoring_batch_id: str | None = optional()


class BatchJobPage(Body):
    """A page of BatchJob objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[BatchJob]


class JobFromDefinition(Body):
    """Run a definition now."""

    job_definition_id: str


def _links(request: Request, job: MonitoringJob) -> JobLinks:
    url = absolute(request, paths.batch_job(job.id))
    links = {"self": url}
    if job.spec.is_uploaded:
        links["csv_upload"] = f"{url}csvUpload/"
    if job.has_result:
        # Clients take the key's presence for "ready".
        links["download"] = f"{url}download/"
    return JobLinks(**links)


def job_body(request: Request, ctx: Context, job: MonitoringJob) -> BatchJob:
    """A job as clients read it."""
    more = {} if job.batch_id is None else {"monitoring_batch_id": job.batch_id}
    return BatchJob(
        id=job.id,
        status=str(job.status),  # type: ignore[arg-type]  # the enum has these five words
        status_details=job.details,
        percentage_completed=job.percent,
        elapsed_time_sec=job.elapsed_sec(ctx.clock()),
        links=_links(request, job),
        job_spec=spec_body(job.spec),
        created=job.created_at,
        created_by=JobCreator(user_id=job.created_by_id, username=job.created_by_name, full_name=job.created_by_name),
        scored_rows=job.scored_rows,
        failed_rows=job.failed_rows,
        skipped_rows=job.skipped_rows,
        job_intake_size=job.intake_size,
        job_output_size=job.output_size,
        logs=list(job.logs),
        queued=job.queue_position is not None,
        queue_position=job.queue_position,
        results_deleted=job.results_deleted,
        source=job.source,
        **more,
    )


def _answer(request: Request, ctx: Context, response: Response, job: MonitoringJob) -> BatchJob:
    response.headers["Location"] = absolute(request, paths.batch_job(job.id))
    return job_body(request, ctx, job)


@router.post(
    "/batchMonitoring/",
    operation_id="createMonitoringJob",
    status_code=202,
    response_model_exclude_unset=True,
    responses=documented(409, 410),
)
def create_job(request: Request, response: Response, ctx: Ctx, caller: Caller, body: MonitoringJobCreate) -> BatchJob:
    """Make a monitoring job; its rows are uploaded next, or read from where the intake says."""
    return _answer(request, ctx, response, monitoring_jobs.create(ctx, caller, spec_of(body)))


@router.post(
    "/batchJobs/fromJobDefinition/",
    operation_id="runJobDefinition",
    status_code=202,
    response_model_exclude_unset=True,
    responses=documented(409, 410),
)
def run_definition(request: Request, response: Response, ctx: Ctx, caller: Caller, body: JobFromDefinition) -> BatchJob:
    """Run a job definition now."""
    return _answer(request, ctx, response, job_definitions.run(ctx, caller, body.job_definition_id))


OrderWord = Literal["created", "-created", "status", "-status"]
MOST_HOURS = 1_000_000


class Filters:
    """Query parameters of the list."""

    def __init__(
        self,
        caller: Caller,
        ctx: Ctx,
        status: Annotated[list[JobWord] | SkipJsonSchema[None], Query(description="Keep these states.")] = None,
        source: Annotated[
            list[str] | SkipJsonSchema[None], Query(description="What started them: api, definition or schedule.")
        ] = None,
        deploymentId: Annotated[str | SkipJsonSchema[None], Query(description="Keep this deployment's.")] = None,
        modelId: Annotated[str | SkipJsonSchema[None], Query(description="Keep this model's.")] = None,
        jobId: Annotated[str | SkipJsonSchema[None], Query(description="Keep this job.")] = None,
        orderBy: Annotated[OrderWord, Query(description="Sort key; a leading minus sorts downwards.")] = "-created",
        allJobs: Annotated[bool, Query(description="Also jobs that others made.")] = False,  # noqa: FBT002
        cutoffHours: Annotated[
            int | SkipJsonSchema[None], Query(ge=1, le=MOST_HOURS, description="Made in the last hours.")
        ] = None,
        startDateTime: Annotated[QueryTime, Query(description="Made at this time or later.")] = None,
        endDateTime: Annotated[QueryTime, Query(description="Made earlier than this.")] = None,
        batchPredictionJobDefinitionId: Annotated[
            str | SkipJsonSchema[None], Query(description="Keep jobs of this definition.")
        ] = None,
        hostname: Annotated[
            list[str] | SkipJsonSchema[None], Query(description="Not served: jobs belong to no host.")
        ] = None,
        batchJobType: Annotated[
            Literal["monitoring", "prediction"] | SkipJsonSchema[None], Query(description="Kind of job.")
        ] = None,
        intakeType: Annotated[list[str] | SkipJsonSchema[None], Query(description="Keep these intakes.")] = None,
        outputType: Annotated[list[str] | SkipJsonSchema[None], Query(description="Keep these outputs.")] = None,
    ) -> None:
        if hostname:
            raise Invalid("hostname: jobs belong to no host, so none can be told by it. Leave it out.")
        start = startDateTime
        if cutoffHours is not None:
            since = ctx.clock() - timedelta(hours=cutoffHours)
            start = since if start is None else max(start, since)
        self.query = JobQuery(
            owner_id=access.owner_filter(caller),
            created_by_id=None if allJobs else caller.id,
            deployment_id=deploymentId,
            model_id=modelId,
            job_id=jobId,
            definition_id=batchPredictionJobDefinitionId,
            statuses=tuple(status or ()),
            sources=tuple(source or ()),
            intake_types=tuple(intakeType or ()),
            created_from=start,
            created_before=endDateTime,
            order_by=orderBy,
        )
        # All jobs here are of one kind and have one output.
        self.none_fits = batchJobType == "prediction" or (bool(outputType) and "localFile" not in (outputType or ()))


@router.get(
    "/batchJobs/",
    operation_id="listBatchJobs",
    response_model=BatchJobPage,
    response_model_exclude_unset=True,
)
def list_jobs(request: Request, ctx: Ctx, paging: Paging, filters: Annotated[Filters, Depends()]) -> dict[str, object]:
    """List the caller's jobs, newest first."""
    if filters.none_fits:
        page: Page[MonitoringJob] = Page([], 0, paging.offset, paging.limit)
    else:
        page = monitoring_jobs.page(ctx, filters.query, paging)
    return page_body(request, page, lambda job: job_body(request, ctx, job))


@router.get("/batchJobs/{batchJobId}/", operation_id="getBatchJob", response_model_exclude_unset=True)
def get_job(request: Request, ctx: Ctx, caller: Caller, batchJobId: str) -> BatchJob:
    """Tell how a job stands."""
    return job_body(request, ctx, monitoring_jobs.get(ctx, caller, batchJobId))


@router.delete(
    "/batchJobs/{batchJobId}/",
    operation_id="cancelBatchJob",
    status_code=202,
    response_model_exclude_unset=True,
    responses=documented(409),
)
def cancel_job(request: Request, ctx: Ctx, caller: Caller, batchJobId: str) -> BatchJob:
    """Stop a job that has not ended; nothing of it counts."""
    return job_body(request, ctx, monitoring_jobs.cancel(ctx, caller, batchJobId))


@router.get(
    "/batchJobs/{batchJobId}/download/",
    operation_id="downloadJobResult",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}},
)
def download(ctx: Ctx, caller: Caller, batchJobId: str) -> StreamingResponse:
    """Download the rows of a completed job, with a column that tells what became of each."""
    pieces = begun(monitoring_jobs.result(ctx, caller, batchJobId))
    name = f'attachment; filename="monitoring-job-{batchJobId}.csv"'
    return StreamingResponse(pieces, media_type="text/csv", headers={"Content-Disposition": name})
