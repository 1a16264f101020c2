"""Values of custom metrics on their way in; they count when the call is answered."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from assay.errors import Conflict, Invalid, TooLarge, UnknownModel
from assay.monitoring import access, paths
from assay.monitoring.context import Context
from assay.monitoring.custom_metrics import custom_metrics
from assay.monitoring.queueing import finished
from assay.records.custom_metrics import (
    MAX_CATEGORY_LENGTH,
    MAX_METADATA_LENGTH,
    MAX_SAMPLE_SIZE,
    MAX_SEGMENT_LENGTH,
    MAX_SEGMENTS,
    CustomMetric,
    MetricValue,
)
from assay.records.deployments import Deployment
from assay.records.file_times import parse_file_time
from assay.records.jobs import Job
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

ADD_VALUES = "add_custom_metric_values"


@dataclass(frozen=True, slots=True)
class SentValue:
    """One value as the caller sent it."""

    value: float | str
    sample_size: int | None = None
    timestamp: str | None = None
    batch_id: str | None = None
    association_id: str | None = None
    segments: list[tuple[str, str]] = field(default_factory=list)
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class SentValues:
    """The values of one call, and the model that they belong to; either id names it."""

    values: list[SentValue]
    model_id: str | None = None
    model_package_id: str | None = None


def accept(
    ctx: Context, caller: User, deployment_id: str, metric_id: str, sent: SentValues, *, dry_run: bool
) -> Job | None:
    """Store values; the job that is returned is already done. A dry run only checks, and has no job.

    A locked batch takes values: it is closed to predictions only.
    """
    if not sent.values:
        raise Invalid("buckets: found an empty list, expected values.")
    if len(sent.values) > ctx.limits.max_rows_per_call:
        raise TooLarge(
            f"buckets: found {len(sent.values)} values, expected at most {ctx.limits.max_rows_per_call} in one call."
        )
    now = ctx.clock()
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        metric = custom_metrics.found(tx, deployment_id, metric_id)
        values = _checked(ctx, tx, deployment, metric, sent, now)
    if dry_run:
        return None
    with ctx.store.transaction() as tx:
        # What was read above may be gone by now.
        access.deployment(tx, caller, deployment_id)
        if custom_metrics.found(tx, deployment_id, metric_id).is_categorical != metric.is_categorical:
            raise Conflict("The metric's type was changed while its values were read. Send them again.")
        _require_batches(tx, deployment_id, values)
        tx.custom_metric_values.add(metric_id, values)
        job = finished(ADD_VALUES, caller.id, now, result_path=paths.custom_metric(deployment_id, metric_id))
        tx.jobs.create(job)
    return job


def _checked(
    ctx: Context, tx: "Transaction", deployment: Deployment, metric: CustomMetric, sent: SentValues, now: datetime
) -> list[MetricValue]:
    model_id = asked_model(tx, deployment, sent.model_id, sent.model_package_id)
    if metric.is_model_specific and model_id is None:
        raise Invalid(
            f"modelId: found none, but custom metric '{metric.name}' is model specific. Name the model by 'modelId' or "
            "'modelPackageId'."
        )
    longest = ctx.limits.max_association_id_length
    values = [_value(one, metric, model_id, f"buckets[{row}]", now) for row, one in enumerate(sent.values)]
    for row, value in enumerate(values):
        _check_text(f"buckets[{row}].associationId", value.association_id, longest)
    _require_batches(tx, deployment.id, values)
    return values


def asked_model(
    tx: "Transaction", deployment: Deployment, model_id: str | None, model_package_id: str | None
) -> str | None:
    """The model that an id or its package's id names; None where neither is given.

    Raises
    ------
    UnknownModel
        When the deployment never had it.
    Invalid
        When the two name different models.
    """
    if model_id is None and model_package_id is None:
        return None
    models = tx.deployments.models(deployment.id)
    of_package = {m.model_id for m in models if m.model_package_id == model_package_id}
    place = f"deployment {deployment.id}"
    if model_package_id is not None and not of_package:
        raise UnknownModel(model_package_id, f"{place} (as a model package)")
    if model_id is None:
        return of_package.pop()
    access.deployed_model(tx, deployment, model_id)
    if model_package_id is not None and model_id not in of_package:
        raise Invalid(f"modelPackageId: found {model_package_id}, which is not the package of model {model_id}.")
    return model_id


def _require_batches(tx: "Transaction", deployment_id: str, values: list[MetricValue]) -> None:
    """Refuse values of a batch that is not there, or is a version of one: values stay with the batch itself."""
    access.live_batches(tx, deployment_id, dict.fromkeys(v.batch_id for v in values if v.batch_id is not None))


def _value(sent: SentValue, metric: CustomMetric, model_id: str | None, place: str, now: datetime) -> MetricValue:
    size = 1 if sent.sample_size is None else sent.sample_size
    if not 0 <= size <= MAX_SAMPLE_SIZE:
        raise Invalid(f"{place}.sampleSize: found {size}, expected a whole number from 0 to {MAX_SAMPLE_SIZE}.")
    _check_text(f"{place}.metadata", sent.metadata, MAX_METADATA_LENGTH)
    categorical = metric.is_categorical
    return MetricValue(
        at=now if sent.timestamp is None else parse_file_time(sent.timestamp, f"{place}.timestamp"),
        value=None if categorical else _number(sent.value, place),
        category=_category(sent.value, metric, place) if categorical else None,
        sample_size=size,
        model_id=model_id,
        batch_id=sent.batch_id,
        association_id=sent.association_id,
        segments=_segments(sent.segments, place),
        metadata=sent.metadata,
    )


def _number(value: float | str, place: str) -> float:
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Invalid(f"{place}.value: found {str(value)[:64]!r}, expected a finite number.")
    return number


def _category(value: float | str, metric: CustomMetric, place: str) -> str:
    if isinstance(value, str):
        _check_text(f"{place}.value", value, MAX_CATEGORY_LENGTH)
        return value
    # A file's reader makes numbers of names that look like some; 1 and 1.0 are one name.
    text = str(int(value)) if float(value).is_integer() else str(value)
    return next((c.name for c in metric.categories if c.name == text), str(value))


def _segments(sent: list[tuple[str, str]], place: str) -> tuple[tuple[str, str], ...]:
    if len(sent) > MAX_SEGMENTS:
        raise Invalid(f"{place}.segments: found {len(sent)}, expected at most {MAX_SEGMENTS}.")
    for name, value in sent:
        _check_text(f"{place}.segments", name, MAX_SEGMENT_LENGTH)
        _check_text(f"{place}.segments", value, MAX_SEGMENT_LENGTH)
    if len(dict(sent)) < len(sent):
        raise Invalid(f"{place}.segments: found an attribute twice, expected each once.")
    return tuple(sent)


def _check_text(field_: str, text: str | None, most: int) -> None:
    if text is None:
        return
    if len(text.encode()) > most:
        raise Invalid(f"{field_}: found {len(text.encode())} bytes, expected at most {most}.")
    if "\x00" in text:
        raise Invalid(f"{field_}: found a NUL character, which no text may hold.")
