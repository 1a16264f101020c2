"""What the machinery around a server asks it: does it live, can it work, what has it done.

These are no operations of the API: they stand outside of its path and its description.
"""

from collections.abc import Callable, Sequence

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from assay.monitoring.context import Context
from assay.monitoring.readiness import Readiness, stock

# Behind a login, as the API is.
METRICS = "/metrics"

Faults = Callable[[], Sequence[str]]


def no_faults() -> Sequence[str]:
    """Of a process that has nothing of its own that could fail."""
    return ()


def install(app: FastAPI, ctx: Context, own_faults: Faults) -> None:
    """Answer the probes; ``own_faults`` says what is wrong with the process itself."""
    readiness = Readiness(ctx)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        own = own_faults()
        reasons = [*own, *([] if own else await run_in_threadpool(readiness.faults))]
        if reasons:
            return JSONResponse({"status": "unready", "reasons": reasons}, status_code=503)
        return JSONResponse({"status": "ready", "reasons": []})

    def metrics(_: Request) -> Response:
        return Response(ctx.meters.exposition(stock(ctx)), media_type=CONTENT_TYPE_LATEST)

    for path, probe in (("/healthz", healthz), ("/readyz", readyz), (METRICS, metrics)):
        app.add_route(path, probe, methods=["GET"], name=path[1:], include_in_schema=False)
