"""Job definitions: stored monitoring jobs, run on demand and by schedule."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic.json_schema import SkipJsonSchema

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.batch_jobs import JobCreator
from assay.http.bodies import Body, JsonRoute, Moment, given, optional
from assay.http.errors import documented
from assay.http.job_shapes import JobFields, JobSpecBody, spec_body, spec_changes
from assay.http.paging import Paging, page_body
from assay.monitoring.monitoring_jobs import job_definitions
from assay.monitoring.monitoring_jobs.job_definitions import NewDefinition
from assay.records.job_specs import JobSpec
from assay.records.monitoring_jobs import JobDefinition
from assay.records.schedules import Schedule

router = APIRouter(
    prefix="/api/v2/batchMonitoringJobDefinitions", route_class=JsonRoute, tags=["jobs"], responses=documented(409, 410)
)


class JobDefinitionCreate(JobFields):
    """A new definition, or new values of one."""

    deployment_id: str = optional()
    name: str | None = optional()
    enabled: bool = optional()
    schedule: dict[str, Any] | None = optional()


class JobDefinitionBody(Body):
    """A monitoring job to be run again."""

    id: str
    name: str
    enabled: bool
    schedule: dict[str, Any] | None
    batch_monitoring_job: JobSpecBody
    created: Moment
    created_by: JobCreator
    updated: Moment
    updated_by: JobCreator
    last_started_job_status: str | None
    last_started_job_time: Moment | None
    last_successful_run_time: Moment | None
    last_failed_run_time: Moment | None
    last_scheduled_run_time: Moment | None
    next_scheduled_run_time: Moment | None


class JobDefinitionPage(Body):
    """A page of JobDefinition objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[JobDefinitionBody]


def _body(found: JobDefinition) -> JobDefinitionBody:
    status, time = found.last_started or (None, None)
    return JobDefinitionBody(
        id=found.id,
        name=found.name,
        enabled=found.enabled,
        schedule=None if found.schedule is None else found.schedule.wire(),
        batch_monitoring_job=spec_body(found.spec),
        created=found.created_at,
        created_by=_user(found.created_by_id, found.created_by_name),
        updated=found.updated_at,
        updated_by=_user(found.updated_by_id, found.updated_by_name),
        last_started_job_status=status,
        last_started_job_time=time,
        last_successful_run_time=found.last_success_at,
        last_failed_run_time=found.last_failure_at,
        last_scheduled_run_time=found.last_scheduled_at,
        next_scheduled_run_time=found.next_run_at,
    )


def _user(user_id: str, name: str) -> JobCreator:
    return JobCreator(user_id=user_id, username=name, full_name=name)


def _changes(body: JobDefinitionCreate) -> dict[str, Any]:
    sent = {name: value for name, value in given(body).items() if name in {"name", "enabled", "schedule"}}
    if sent.get("schedule") is not None:
        sent["schedule"] = Schedule.of(sent["schedule"])
    return sent


@router.get("/", operation_id="listJobDefinitions", response_model=JobDefinitionPage, response_model_exclude_unset=True)
def list_definitions(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: Annotated[str | SkipJsonSchema[None], Query(description="Keep this deployment's.")] = None,
) -> dict[str, object]:
    """List job definitions, newest first."""
    return page_body(request, job_definitions.page(ctx, caller, paging, deployment_id=deploymentId), _body)


@router.post("/", operation_id="createJobDefinition", status_code=202, response_model_exclude_unset=True)
def create_definition(ctx: Ctx, caller: Caller, body: JobDefinitionCreate) -> JobDefinitionBody:
    """Store a monitoring job to be run on demand, or by its schedule while it is enabled."""
    spec = spec_changes(body)
    if "deployment_id" not in spec:
        raise Invalid("deploymentId: is missing. Name the deployment whose rows the job brings.")
    new = NewDefinition(spec=JobSpec(**spec), **_changes(body))
    return _body(job_definitions.create(ctx, caller, new))


@router.get("/{jobDefinitionId}/", operation_id="getJobDefinition", response_model_exclude_unset=True)
def get_definition(ctx: Ctx, caller: Caller, jobDefinitionId: str) -> JobDefinitionBody:
    """Read a job definition."""
    return _body(job_definitions.get(ctx, caller, jobDefinitionId))


@router.patch("/{jobDefinitionId}/", operation_id="updateJobDefinition", response_model_exclude_unset=True)
def update_definition(ctx: Ctx, caller: Caller, jobDefinitionId: str, body: JobDefinitionCreate) -> JobDefinitionBody:
    """Change the given fields of a job definition."""
    return _body(job_definitions.update(ctx, caller, jobDefinitionId, _changes(body), spec_changes(body)))


@router.delete("/{jobDefinitionId}/", operation_id="deleteJobDefinition", status_code=204)
def delete_definition(ctx: Ctx, caller: Caller, jobDefinitionId: str) -> None:
    """Delete a job definition; jobs that it has started stay."""
    job_definitions.delete(ctx, caller, jobDefinitionId)
