"""Service health: reported prediction requests, in figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from assay.errors import Invalid, TooLarge
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.profiles import where
from assay.monitoring.profiles.where import ANYWHERE, Where
from assay.records.batches import Batch
from assay.records.buckets import BucketSize, Span, buckets
from assay.records.deployments import Deployment
from assay.records.service import PredictionRequest
from assay.records.times import parse_time
from assay.records.users import User
from assay.stats.service import ErrorCounts, Load, consumers, slow_requests, time_quantile

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

# The one segment of the public API that can be known of a report: who sent it.
CONSUMER = "DataRobot-Consumer"
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
    requests = [_request(one, f"data[{i}]", now, caller) for i, one in enumerate(sent)]
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


def _request(sent: SentRequest, place: str, now: datetime, caller: User) -> PredictionRequest:
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
        consumer=caller.name,
    )


@dataclass(frozen=True, slots=True)
class ServiceQuery:
    """Which requests, and how they are summed up; None means all batches, or the current model."""

    where: Where = ANYWHERE
    quantile: float = DEFAULT_QUANTILE
    slow_ms: int = DEFAULT_SLOW_MS


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """Figures of some requests.

    Attributes
    ----------
    execution_ms : float or None
        At the asked quantile, in milliseconds.
    user_error_rate, server_error_rate : float
        Shares of all requests, in [0, 1].
    consumers : int
        Different users who reported.
    median_load, peak_load : float
        Requests a minute over the span, empty minutes included; 0 without a span.
    """

    predictions: int
    requests: int
    slow: int
    execution_ms: float | None
    user_error_rate: float
    server_error_rate: float
    consumers: int
    median_load: float = 0.0
    peak_load: float = 0.0


@dataclass(frozen=True)
class ServicePage:
    """Figures of some batches taken together."""

    batches: list[Batch]
    figures: ServiceFigures


@dataclass(frozen=True)
class ServiceSpan:
    """Figures of one model's requests in one span of time."""

    model_id: str
    span: Span
    figures: ServiceFigures


@dataclass(frozen=True)
class ServiceByBatch:
    """Figures of one model's requests, batch by batch."""

    model_id: str
    buckets: list[tuple[Batch, ServiceFigures]]


def batch_figures(ctx: Context, caller: User, deployment_id: str, query: ServiceQuery) -> ServicePage:
    """Service figures of the named batches taken together, or of every batch."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        names = query.where.batch_ids
        batches = [] if names is None else list(tx.batches.get_many(deployment_id, names))
        found = _requests(tx, deployment, query, batch_ids=names)
    return ServicePage(batches, figures([r for r in found if r.batch_id is not None], query))


def figures_by_batch(ctx: Context, caller: User, deployment_id: str, query: ServiceQuery) -> ServiceByBatch:
    """Service figures of each named batch, or of the deployment's last ones."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        batches = access.chosen_batches(tx, deployment_id, query.where.batch_ids)
        found = _requests(tx, deployment, query, batch_ids=[b.id for b in batches])
    buckets = [(b, figures([r for r in found if r.batch_id == b.id], query)) for b in batches]
    return ServiceByBatch(query.where.model_id or deployment.model_id, buckets)


def span_figures(ctx: Context, caller: User, deployment_id: str, query: ServiceQuery) -> ServiceSpan:
    """Service figures of a span of time, in batches or not."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        span = where.span_of(ctx, deployment, query.where)
        found = _requests(tx, deployment, query, span=span)
    return ServiceSpan(query.where.model_id or deployment.model_id, span, figures(found, query, span))


def figures_by_span(
    ctx: Context, caller: User, deployment_id: str, query: ServiceQuery, size: BucketSize
) -> list[ServiceSpan]:
    """Service figures of each bucket of a span of time; the whole span stands first."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        whole = where.span_of(ctx, deployment, query.where)
        found = _requests(tx, deployment, query, span=whole)
    model_id = query.where.model_id or deployment.model_id
    return [
        ServiceSpan(model_id, span, figures([r for r in found if span.start <= r.at < span.end], query, span))
        for span in (whole, *buckets(whole, size))
    ]


def _requests(
    tx: "Transaction",
    deployment: Deployment,
    query: ServiceQuery,
    *,
    batch_ids: Sequence[str] | None = None,
    span: Span | None = None,
) -> Sequence[PredictionRequest]:
    if not 0.0 <= query.quantile <= 1.0:
        raise Invalid(f"quantile: found {query.quantile}, expected a number in [0, 1].")
    if query.slow_ms < 0:
        raise Invalid(f"slow request threshold: found {query.slow_ms}, expected 0 or more milliseconds.")
    attribute, value = query.where.segment_attribute, query.where.segment_value
    if attribute not in {None, CONSUMER}:
        raise Invalid(
            f"segmentAttribute: found {str(attribute)[:64]!r}, expected {CONSUMER}: service figures are reported "
            "without rows, so they know no segment but who reported them."
        )
    if attribute is None and value is not None:
        raise Invalid("segmentValue: found a value without 'segmentAttribute'.")
    model_id = query.where.model_id or deployment.model_id
    return tx.service_requests.list(deployment.id, batch_ids=batch_ids, model_id=model_id, span=span, consumer=value)


def figures(requests: Sequence[PredictionRequest], query: ServiceQuery, span: Span | None = None) -> ServiceFigures:
    """Figures of some requests; those of load need a span."""
    times = [r.execution_ms for r in requests if r.execution_ms is not None]
    errors = ErrorCounts.of([r.user_error for r in requests], [r.server_error for r in requests])
    load = None
    if span is not None:
        load = Load.of([r.at.timestamp() for r in requests], start=span.start.timestamp(), end=span.end.timestamp())
    return ServiceFigures(
        predictions=sum(r.predictions for r in requests),
        requests=len(requests),
        slow=slow_requests(times, query.slow_ms),
        execution_ms=time_quantile(times, query.quantile),
        # The contract has numbers here, not nulls: without requests none has failed.
        user_error_rate=errors.user_error_rate.value or 0.0,
        server_error_rate=errors.server_error_rate.value or 0.0,
        consumers=consumers(r.consumer for r in requests),
        median_load=0.0 if load is None else load.median or 0.0,
        peak_load=0.0 if load is None else load.peak or 0.0,
    )
