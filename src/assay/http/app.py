"""The HTTP application: routers, middleware and the API description."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from assay import __version__
from assay.http import (
    accuracy,
    aggregates,
    audit,
    batch_jobs,
    batch_versions,
    batches,
    custom_metric_figures,
    custom_metric_values,
    custom_metrics,
    dataset_intake,
    datasets,
    deployments,
    drift,
    environments,
    erasures,
    errors,
    events,
    exports,
    health,
    intake,
    job_definitions,
    job_uploads,
    model_packages,
    prediction_results,
    prediction_stats,
    probes,
    replacements,
    seals,
    segments,
    service,
    settings,
    status,
    uploads,
    verdicts,
    version,
)
from assay.http.authentication import Authentication
from assay.http.body_limit import AnnouncedLength
from assay.http.errors import described
from assay.http.forwarding import Forwarded, networks
from assay.http.idempotency import PARAMETER, Keyed
from assay.http.inflating import Inflated
from assay.http.observing import Named, Observed
from assay.http.probes import Faults, no_faults
from assay.http.slashes import FoldSlashes
from assay.monitoring.context import Context

ROUTERS = (
    version,
    status,
    datasets,
    model_packages,
    environments,
    deployments,
    replacements,
    settings,
    health,
    events,
    batches,
    seals,
    audit,
    batch_versions,
    verdicts,
    uploads,
    intake,
    aggregates,
    dataset_intake,
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
    erasures,
)


# Answers of at least so many bytes go packed to clients that ask for it; harder packing costs more than it saves.
PACKED_FROM = 1_024
PACKED_HOW_HARD = 4


class _App(FastAPI):
    """The framework's application with two layers around all of its own."""

    def build_middleware_stack(self) -> ASGIApp:
        """The layers, outermost first."""
        ctx = self.state.context
        return Observed(AnnouncedLength(super().build_middleware_stack(), ctx.limits), ctx.meters)


def create_app(
    ctx: Context, *, trusted_proxies: Sequence[str] = (), own_faults: Faults = no_faults, **options: Any
) -> FastAPI:
    """The application over what the server was wired with; ``options`` go to FastAPI.

    ``trusted_proxies`` are addresses or networks whose word on the original scheme, host and path counts;
    ``own_faults`` tells why the process is not ready, apart from its store.
    """
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
        # Routers have their prefix and answers themselves. To include them the framework's way would build every route
        # once more at its first call, which takes a fifth of a second for the first caller.
        app.router.routes.extend(module.router.routes)
    probes.install(app, ctx, own_faults)
    errors.install(app)
    app.add_middleware(Named)
    # The last one added is the outermost. A login comes before anything of a body is unpacked, and sees the path as
    # it arrived, without a proxy's prefix.
    app.add_middleware(Keyed, ctx=ctx)
    app.add_middleware(Forwarded, trusted=networks(trusted_proxies))
    app.add_middleware(Inflated, limits=ctx.limits)
    app.add_middleware(Authentication, ctx=ctx)
    app.add_middleware(FoldSlashes)
    app.add_middleware(GZipMiddleware, minimum_size=PACKED_FROM, compresslevel=PACKED_HOW_HARD)
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
        _describe_bodies(schema)
        _describe_keys(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _describe_bodies(schema: dict[str, Any]) -> None:
    """Limit and content encoding hold for every operation that has a body, so they are described here once."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                for status in (413, 415):
                    operation["responses"].setdefault(str(status), described(status))


# The contract gives every parameter of this one, so its header is told in words.
IN_WORDS = {"createMonitoringBatch"}


def _describe_keys(schema: dict[str, Any]) -> None:
    """Every POST takes a key; this is said here once."""
    for operations in schema["paths"].values():
        operation = operations.get("post")
        if operation is None:
            continue
        operation["responses"].setdefault("409", described(409))
        if operation["operationId"] in IN_WORDS:
            operation["description"] += f" Header {PARAMETER['name']}: {PARAMETER['description']}"
        else:
            operation.setdefault("parameters", []).append(PARAMETER)
