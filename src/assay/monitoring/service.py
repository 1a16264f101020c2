"""Service health: reported prediction requests, in figures."""

from dataclasses import dataclass
from datetime import datetime

from assay.errors import Invalid, TooLarge
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.records.batches import Batch
from assay.records.service import PredictionRequest
from assay.records.times import parse_time
from assay.records.users import User
from assay.stats.service import ErrorCounts, slow_requests, time_quantile

DEFAULT_QUANTILE = 0.5
DEFAULT_SLOW_MS = 1000


@dataclass(frozen=True, slots=True)
class SentRequest:
    """Service figures of one prediction request as the caller sent them; time in milliseconds."""

    timestamp: str | None
    model_id: str
    batch_id: str | None
    predictions: int
    execution_ms: float | None
    user_error: bool
    server_error: bool


def accept(ctx: Context, caller: User, deployment_id: str, sent: list[SentRequest]) -> None:
    """Store reported requests. They feed service health only; rows are counted where rows are sent."""
    if not sent:
        raise Invalid("data: found an empty list, expected service figures.")
    if len(sent) > ctx.limits.max_rows_per_call:
        raise TooLarge(f"Found {len(sent)} records, expected at most {ctx.limits.max_rows_per_call} in one call.")
    now = ctx.clock()
    requests = [_request(one, f"data[{i}]", now) for i, one in enumerate(sent)]
    with ctx.store.transaction() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        for model_id in {r.model_id for r in requests}:
            access.deployed_model(tx, deployment, model_id)
        for batch_id in sorted({r.batch_id for r in requests if r.batch_id is not None}):
            access.open_batch(tx, deployment_id, batch_id)
            mine = [r for r in requests if r.batch_id == batch_id]
            tx.batches.add_requests(
                batch_id,
                len(mine),
                sum(r.user_error for r in mine),
                sum(r.server_error for r in mine),
                min(r.at for r in mine),
                max(r.at for r in mine),
            )
        tx.service_requests.add(deployment_id, requests)


def _request(sent: SentRequest, place: str, now: datetime) -> PredictionRequest:
    if sent.predictions < 0:
        raise Invalid(f"{place}.numPredictions: found {sent.predictions}, expected 0 or more.")
    if sent.execution_ms is not None and sent.execution_ms < 0:
        raise Invalid(f"{place}.executionTime: found {sent.execution_ms}, expected 0 or more milliseconds.")
    return PredictionRequest(
        batch_id=sent.batch_id,
        model_id=sent.model_id,
        at=now if sent.timestamp is None else parse_time(sent.timestamp, f"{place}.timestamp"),
        predictions=sent.predictions,
        execution_ms=sent.execution_ms,
        user_error=sent.user_error,
        server_error=sent.server_error,
    )


@dataclass(frozen=True, slots=True)
class ServiceQuery:
    """Which requests, and how they are summed up; None means all batches or models."""

    batch_ids: tuple[str, ...] | None = None
    model_id: str | None = None
    quantile: float = DEFAULT_QUANTILE
    slow_ms: int = DEFAULT_SLOW_MS


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """Figures of some requests. Rates are shares of all requests, in [0, 1]; time in milliseconds."""

    predictions: int
    requests: int
    slow: int
    execution_ms: float | None
    user_error_rate: float
    server_error_rate: float


@dataclass(frozen=True)
class ServicePage:
    """Figures of some batches taken together."""

    batches: list[Batch]
    figures: ServiceFigures


def batch_figures(ctx: Context, caller: User, deployment_id: str, query: ServiceQuery) -> ServicePage:
    """Service figures of the named batches taken together, or of every batch."""
    _check(query)
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        batches = [] if query.batch_ids is None else list(tx.batches.get_many(deployment_id, query.batch_ids))
        found = tx.service_requests.list(deployment_id, batch_ids=query.batch_ids, model_id=query.model_id)
    return ServicePage(batches, figures([r for r in found if r.batch_id is not None], query))


def figures_by_batch(
    ctx: Context, caller: User, deployment_id: str, query: ServiceQuery
) -> list[tuple[Batch, ServiceFigures]]:
    """Service figures of each named batch, or of the deployment's last ones."""
    _check(query)
    with ctx.store.snapshot() as tx:
        access.deployment(tx, caller, deployment_id)
        batches = access.chosen_batches(tx, deployment_id, query.batch_ids)
        found = tx.service_requests.list(deployment_id, batch_ids=[b.id for b in batches], model_id=query.model_id)
    return [(b, figures([r for r in found if r.batch_id == b.id], query)) for b in batches]


def _check(query: ServiceQuery) -> None:
    if not 0.0 <= query.quantile <= 1.0:
        raise Invalid(f"quantile: found {query.quantile}, expected a number in [0, 1].")
    if query.slow_ms < 0:
        raise Invalid(f"slow request threshold: found {query.slow_ms}, expected 0 or more milliseconds.")


def figures(requests: list[PredictionRequest], query: ServiceQuery) -> ServiceFigures:
    """Figures of some requests."""
    times = [r.execution_ms for r in requests if r.execution_ms is not None]
    errors = ErrorCounts.of([r.user_error for r in requests], [r.server_error for r in requests])
    return ServiceFigures(
        predictions=sum(r.predictions for r in requests),
        requests=len(requests),
        slow=slow_requests(times, query.slow_ms),
        execution_ms=time_quantile(times, query.quantile),
        # The contract has numbers here, not nulls: without requests none has failed.
        user_error_rate=errors.user_error_rate.value or 0.0,
        server_error_rate=errors.server_error_rate.value or 0.0,
    )
