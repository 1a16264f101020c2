"""Values of custom metrics on their way in."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from assay.errors import Invalid
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import decoded
from assay.http.errors import documented
from assay.http.intake import Raw, json_body
from assay.http.shapes import Accepted
from assay.http.status import location
from assay.monitoring.custom_metrics import custom_metric_values
from assay.monitoring.custom_metrics.custom_metric_values import SentValue, SentValues

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}/customMetrics/{customMetricId}",
    tags=["customMetrics"],
    responses=documented(409, 413),
)


class CustomMetricBucketIn(msgspec.Struct, rename="camel"):
    """One value with its sample size (1 unless told), by time, by batch or by both; now, if neither is named."""

    value: float | str
    sample_size: int | None = None
    timestamp: str | None = None
    batch: str | None = None
    association_id: str | None = None
    segments: list[dict[str, Any]] | None = None
    geospatial_coordinate: str | None = None
    metadata: str | None = None


class CustomMetricValues(msgspec.Struct, rename="camel"):
    """Values of a custom metric."""

    buckets: Annotated[list[CustomMetricBucketIn], msgspec.Meta(min_length=1)]
    model_id: str | None = None
    model_package_id: str | None = None
    dry_run: bool | None = None


BODIES: tuple[type[msgspec.Struct], ...] = (CustomMetricValues,)


@router.post(
    "/fromJSON/",
    operation_id="addCustomMetricValues",
    status_code=202,
    response_model=Accepted,
    openapi_extra=json_body(CustomMetricValues),
)
async def add_values(
    request: Request, ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str, raw: Raw
) -> Response:
    """Add values of a custom metric; they count when the answer arrives. A dry run only checks them."""
    sent = decoded(raw, CustomMetricValues)
    values = SentValues(
        [_value(one, f"buckets[{row}]") for row, one in enumerate(sent.buckets)],
        model_id=sent.model_id,
        model_package_id=sent.model_package_id,
    )
    dry_run = bool(sent.dry_run)
    job = await run_in_threadpool(
        custom_metric_values.accept, ctx, caller, deploymentId, customMetricId, values, dry_run=dry_run
    )
    done = "fine, nothing was stored" if dry_run else "counted"
    body = Accepted(message=f"{len(values.values)} values {done}.")
    headers = {} if job is None else location(request, job)
    return JSONResponse(body.model_dump(by_alias=True), status_code=202, headers=headers)


def _value(sent: CustomMetricBucketIn, place: str) -> SentValue:
    if sent.geospatial_coordinate is not None:
        raise Invalid(f"{place}.geospatialCoordinate: geospatial metrics are not served.")
    return SentValue(
        value=sent.value,
        sample_size=sent.sample_size,
        timestamp=sent.timestamp,
        batch_id=sent.batch,
        association_id=sent.association_id,
        segments=[_segment(one, f"{place}.segments[{i}]") for i, one in enumerate(sent.segments or ())],
        metadata=sent.metadata,
    )


def _segment(sent: dict[str, Any], place: str) -> tuple[str, str]:
    # The contract calls these objects and says no more, so what they must hold is checked here.
    name, value = sent.get("name"), sent.get("value")
    if not isinstance(name, str) or not isinstance(value, str):
        raise Invalid(f"{place}: found {str(sent)[:64]}, expected an object with texts as 'name' and 'value'.")
    return name, value
