"""The HTTP application: routers, middleware and the API description."""

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from assay import __version__
from assay.http import (
    accuracy,
    aggregates,
    batch_jobs,
    batches,
    custom_metric_figures,
    custom_metric_values,
    custom_metrics,
    datasets,
    deployments,
    drift,
    errors,
    exports,
    intake,
    job_definitions,
    job_uploads,
    model_packages,
    prediction_results,
    prediction_stats,
    segments,
    service,
    settings,
    status,
    uploads,
    version,
)
from assay.http.authentication import Authentication
from assay.http.body_limit import AnnouncedLength
from assay.http.errors import described
from assay.http.slashes import FoldSlashes
from assay.monitoring.context import Context

ROUTERS = (
    version,
    status,
    datasets,
    model_packages,
    deployments,
    settings,
    batches,
    uploads,
    intake,
    aggregates,
    drift,
    accuracy,
    prediction_stats,
    service,
    segments,
    batch_jobs,
    job_uploads,
    job_definitions,
    custom_metrics,
    custom_metric_values,
    custom_metric_figures,
    exports,
    prediction_results,
)


class _App(FastAPI):
    """The framework's application with one layer around all of its own."""

    def build_middleware_stack(self) -> ASGIApp:
        """The layers, outermost first."""
        return AnnouncedLength(super().build_middleware_stack(), self.state.context.limits)


def create_app(ctx: Context, **options: Any) -> FastAPI:
    """The application over what the server was wired with; ``options`` go to FastAPI."""
    app = _App(
        title="Assay",
        version=__version__,
        description="Batch monitoring of machine-learning deployments.",
        # The stock pages load their scripts from elsewhere; the server must work without a network.
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        max_body_size=ctx.limits.max_json_body_bytes,
        **options,
    )
    app.state.context = ctx
    for module in ROUTERS:
        app.include_router(module.router)
    errors.install(app)
    app.add_middleware(Authentication, ctx=ctx)
    app.add_middleware(FoldSlashes)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # the documented way to extend it
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The API description, with the bodies that are read by msgspec instead of the framework."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        _, shapes = msgspec.json.schema_components(
            (*intake.BODIES, aggregates.PredictionStats, *custom_metric_values.BODIES),
            ref_template="#/components/schemas/{name}",
        )
        schema["components"]["schemas"].update(shapes)
        # The framework leaves out defaults of null; the contract states this one.
        schema["components"]["schemas"]["MonitoringBatch"]["properties"]["batchPredictionJobStatus"]["default"] = None
        _describe_body_limit(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _describe_body_limit(schema: dict[str, Any]) -> None:
    """The limit holds for every operation that has a body, so it is described here once."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["responses"].setdefault("413", described(413))
