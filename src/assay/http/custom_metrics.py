"""Custom metrics: made, listed, changed and deleted."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from assay.errors import Invalid
from assay.http import bodies
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import JsonRoute, Moment, given
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.monitoring.custom_metrics import custom_metrics
from assay.records.custom_metrics import (
    Category,
    ColumnName,
    CustomMetric,
    Directionality,
    MetricType,
    SourceColumn,
    TimeStep,
)

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}",
    route_class=JsonRoute,
    tags=["customMetrics"],
    responses=documented(409),
)

TypeWord = Literal["sum", "average", "gauge", "categorical"]
DirectionWord = Literal["higherIsBetter", "lowerIsBetter"]
StepWord = Literal["hour"]


class ColumnNameBody(bodies.Body):
    """Name of a column in a data set."""

    column_name: str
    time_format: str | None = bodies.optional()


class CategoryBody(bodies.Body):
    """A category of a categorical metric."""

    value: str
    directionality: DirectionWord
    baseline_count: Annotated[int, Field(ge=0, le=2**53)] | None = bodies.optional()


class BaselineValue(bodies.Body):
    """A value to compare figures with."""

    value: float


class CustomMetricCreator(bodies.Body):
    """The user who made a metric."""

    id: str
    name: str


class CustomMetricUpdate(bodies.Body):
    """New values of a custom metric. Geospatial metrics are not served."""

    name: str = bodies.optional()
    description: str | None = bodies.optional()
    units: str = bodies.optional()
    type: TypeWord = bodies.optional()
    directionality: DirectionWord | None = bodies.optional()
    time_step: StepWord = bodies.optional()
    is_model_specific: bool = bodies.optional()
    baseline_values: list[dict[str, Any]] | None = bodies.optional()
    value: ColumnNameBody | None = bodies.optional()
    sample_count: ColumnNameBody | None = bodies.optional()
    timestamp: ColumnNameBody | None = bodies.optional()
    batch: ColumnNameBody | None = bodies.optional()
    association_id: ColumnNameBody | None = bodies.optional()
    categories: list[CategoryBody] | None = bodies.optional()
    is_geospatial: Literal[False] | None = bodies.optional()
    geospatial_segment_attribute: None = bodies.optional()


class CustomMetricCreate(CustomMetricUpdate):
    """A new custom metric. Geospatial metrics are not served."""

    name: str
    units: str
    type: TypeWord
    is_model_specific: bool


class CustomMetricBody(bodies.Body):
    """A custom metric. Fields that are not set are left out."""

    id: str
    name: str
    description: str = bodies.optional()
    units: str
    type: TypeWord
    directionality: DirectionWord = bodies.optional()
    time_step: StepWord
    is_model_specific: bool
    baseline_values: list[BaselineValue]
    value: ColumnNameBody = bodies.optional()
    sample_count: ColumnNameBody = bodies.optional()
    timestamp: ColumnNameBody = bodies.optional()
    batch: ColumnNameBody = bodies.optional()
    association_id: ColumnNameBody = bodies.optional()
    categories: list[CategoryBody] = bodies.optional()
    is_geospatial: bool
    created_at: Moment
    created_by: CustomMetricCreator


class CustomMetricCreated(bodies.Body):
    """Answer to a new custom metric."""

    id: str


class CustomMetricPage(bodies.Body):
    """A page of CustomMetric objects."""

    count: int
    total_count: int
    next: bodies.Link
    previous: bodies.Link
    data: list[CustomMetricBody]


MAX_NUMBER = sys.float_info.max

_COLUMN_FIELDS = {
    "value": SourceColumn.VALUE,
    "sample_count": SourceColumn.SAMPLE_COUNT,
    "timestamp": SourceColumn.TIMESTAMP,
    "batch": SourceColumn.BATCH,
    "association_id": SourceColumn.ASSOCIATION_ID,
}


def metric_body(metric: CustomMetric) -> CustomMetricBody:
    """A metric as clients read it; what is not set is absent, because some of them refuse null."""
    optional: dict[str, Any] = {
        "description": metric.description,
        "directionality": metric.directionality and metric.directionality.value,
        "categories": [_category_body(c) for c in metric.categories] or None,
        **{name: _column_body(metric.columns[key]) for name, key in _COLUMN_FIELDS.items() if key in metric.columns},
    }
    return CustomMetricBody(
        id=metric.id,
        name=metric.name,
        units=metric.units,
        type=metric.type.value,
        time_step=metric.time_step.value,
        is_model_specific=metric.is_model_specific,
        baseline_values=[BaselineValue(value=v) for v in metric.baseline_values],
        is_geospatial=False,
        created_at=metric.created_at,
        created_by=CustomMetricCreator(id=metric.created_by_id, name=metric.created_by_name),
        **{name: value for name, value in optional.items() if value is not None},
    )


def _category_body(category: Category) -> CategoryBody:
    known = {} if category.baseline_count is None else {"baseline_count": category.baseline_count}
    return CategoryBody(value=category.name, directionality=category.directionality.value, **known)


def _column_body(column: ColumnName) -> ColumnNameBody:
    known = {} if column.time_format is None else {"time_format": column.time_format}
    return ColumnNameBody(column_name=column.name, **known)


def _fields(sent: CustomMetricUpdate, columns: dict[SourceColumn, ColumnName]) -> dict[str, Any]:
    """What was sent as fields of a record; ``columns`` are those that the metric has."""
    fields = given(sent)
    fields.pop("is_geospatial", None)
    fields.pop("geospatial_segment_attribute", None)
    changed = dict(columns)
    for name, key in _COLUMN_FIELDS.items():
        if name in fields:
            column = fields.pop(name)
            changed.pop(key, None)
            if column is not None:
                changed[key] = ColumnName(column.column_name, column.time_format)
    readers: dict[str, Callable[[Any], Any]] = {
        "type": MetricType,
        "time_step": TimeStep,
        "directionality": lambda word: None if word is None else Directionality(word),
        "baseline_values": lambda values: tuple(_baseline_value(v, i) for i, v in enumerate(values or ())),
        "categories": lambda values: tuple(_category(c) for c in values or ()),
    }
    return {**{n: readers[n](v) if n in readers else v for n, v in fields.items()}, "columns": changed}


def _baseline_value(sent: dict[str, Any], place: int) -> float:
    # The contract calls these objects and says no more, so what they must hold is checked here.
    value = sent.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_NUMBER:
        raise Invalid(f"baselineValues[{place}]: found {str(sent)[:64]}, expected an object with a number as 'value'.")
    return float(value)


def _category(sent: CategoryBody) -> Category:
    return Category(sent.value, Directionality(sent.directionality), sent.baseline_count)


@router.get(
    "/customMetrics/",
    operation_id="listCustomMetrics",
    response_model=CustomMetricPage,
    response_model_exclude_unset=True,
)
def list_metrics(request: Request, ctx: Ctx, caller: Caller, paging: Paging, deploymentId: str) -> dict[str, object]:
    """List one page of a deployment's custom metrics, oldest first."""
    return page_body(request, custom_metrics.page(ctx, caller, deploymentId, paging), metric_body)


@router.post("/customMetrics/", operation_id="createCustomMetric", status_code=201)
def create_metric(ctx: Ctx, caller: Caller, deploymentId: str, body: CustomMetricCreate) -> CustomMetricCreated:
    """Make a custom metric; its name must be free in the deployment."""
    return CustomMetricCreated(id=custom_metrics.create(ctx, caller, deploymentId, _fields(body, {})).id)


@router.get("/customMetrics/{customMetricId}/", operation_id="getCustomMetric", response_model_exclude_unset=True)
def get_metric(ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str) -> CustomMetricBody:
    """Read a custom metric."""
    return metric_body(custom_metrics.get(ctx, caller, deploymentId, customMetricId))


@router.patch("/customMetrics/{customMetricId}/", operation_id="updateCustomMetric", response_model_exclude_unset=True)
def update_metric(
    ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str, body: CustomMetricUpdate
) -> CustomMetricBody:
    """Change what is named of a custom metric; null takes an optional field away."""
    old = custom_metrics.get(ctx, caller, deploymentId, customMetricId)
    fields = _fields(body, old.columns)
    return metric_body(custom_metrics.update(ctx, caller, deploymentId, customMetricId, fields))


@router.delete("/customMetrics/{customMetricId}/", operation_id="deleteCustomMetric", status_code=204)
def delete_metric(ctx: Ctx, caller: Caller, deploymentId: str, customMetricId: str) -> None:
    """Delete a custom metric with its values."""
    custom_metrics.delete(ctx, caller, deploymentId, customMetricId)
