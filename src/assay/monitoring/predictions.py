"""Predictions sent as JSON, by column: checked as a whole, then counted in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from assay.engines.casting import cast_column
from assay.errors import BatchLocked, Invalid, TooLarge
from assay.monitoring import access, intake, prediction_columns
from assay.monitoring.baseline_cache import OpenBaseline
from assay.monitoring.baselines import PROFILED
from assay.monitoring.context import Context
from assay.monitoring.rows import Rows, Tally
from assay.records.deployments import DeployedModel, Deployment
from assay.records.ids import new_id
from assay.records.models import Feature, FeatureKind, ModelPackage, Target, TargetType
from assay.records.times import parse_time
from assay.records.uploads import Upload, UploadState
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RowBlock:
    """One element of a call: rows of one model and batch, by column."""

    timestamp: str | None
    model_id: str
    batch_id: str | None
    features: Sequence[tuple[str, list[Any]]]
    predictions: list[Any]
    association_ids: list[str | None] | None
    class_names: list[str] | None


@dataclass(frozen=True, slots=True)
class RowsCall:
    """All rows of one call, and what of them is to be counted."""

    blocks: list[RowBlock]
    skip_drift: bool = False
    skip_accuracy: bool = False


@dataclass(frozen=True)
class _Destination:
    """Where a block's rows go."""

    model: DeployedModel
    package: ModelPackage
    baseline: OpenBaseline


def accept(ctx: Context, caller: User, deployment_id: str, call: RowsCall) -> list[Upload]:
    """Take in the rows of a call. Either all of them count when this returns, or nothing was stored."""
    _check_size(ctx, call)
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        for batch_id in {b.batch_id for b in call.blocks if b.batch_id is not None}:
            open_batch(tx, deployment_id, batch_id)
        destinations = {
            model_id: _destination(ctx, tx, deployment, model_id) for model_id in {b.model_id for b in call.blocks}
        }
    now = ctx.clock()
    prepared = [
        (block, destinations[block.model_id], _read(block, i, destinations[block.model_id], deployment, now))
        for i, block in enumerate(call.blocks)
    ]
    tracked = intake.tracking(deployment.settings, skip_drift=call.skip_drift, skip_accuracy=call.skip_accuracy)
    arrivals: list[intake.Arrival] = []
    try:
        for block, destination, rows in prepared:
            upload_id = new_id(now)
            tally = Tally(ctx, destination.baseline, tracked, f"rows/{deployment_id}/{upload_id}")
            tally.add(rows)
            upload = intake.counted(_upload(upload_id, deployment_id, block, tally, caller, now), tally)
            arrivals.append(intake.Arrival(upload, tally, caller.id, now))
        return _store(ctx, deployment_id, arrivals)
    except BaseException:
        for arrival in arrivals:
            arrival.tally.discard()
        raise


def _store(ctx: Context, deployment_id: str, arrivals: list[intake.Arrival]) -> list[Upload]:
    stored = []
    with ctx.store.transaction() as tx:
        # Asked again inside the transaction that counts: the batch may have been locked since.
        for batch_id in {a.upload.batch_id for a in arrivals if a.upload.batch_id is not None}:
            open_batch(tx, deployment_id, batch_id)
        for arrival in arrivals:
            upload = replace(arrival.upload, seq=tx.uploads.create(arrival.upload))
            intake.count_at_once(ctx, tx, replace(arrival, upload=upload))
            stored.append(upload)
    return stored


def open_batch(tx: "Transaction", deployment_id: str, batch_id: str) -> None:
    """Refuse predictions for a batch that is not there or is locked."""
    batch = tx.batches.get(deployment_id, batch_id)
    if batch.is_locked:
        raise BatchLocked(batch.name)


def _destination(ctx: Context, tx: "Transaction", deployment: Deployment, model_id: str) -> _Destination:
    model = access.deployed_model(tx, deployment, model_id)
    package = access.package_of(tx, model)
    baseline = ctx.baselines.get(access.prepared(model), tx.baselines.get)
    return _Destination(model, package, baseline)


def _check_size(ctx: Context, call: RowsCall) -> None:
    if not call.blocks:
        raise Invalid("data: found an empty list, expected rows.")
    rows = sum(_height(block) for block in call.blocks)
    if rows > ctx.limits.max_rows_per_call:
        raise TooLarge(
            f"Found {rows} rows in one call, expected at most {ctx.limits.max_rows_per_call}. "
            "Split them over several calls, or upload a file."
        )


def _height(block: RowBlock) -> int:
    lengths = [len(block.predictions), *(len(values) for _, values in block.features)]
    return max(lengths)


def _read(block: RowBlock, number: int, destination: _Destination, deployment: Deployment, now: datetime) -> Rows:
    place = f"data[{number}]"
    height = len(block.predictions)
    if height == 0:
        raise Invalid(f"{place}.predictions: found no predictions, expected one entry a row.")
    for name, values in block.features:
        if len(values) != height:
            raise Invalid(
                f"{place}: feature '{name}' has {len(values)} values, there are {height} predictions. "
                "Every column needs one value a row."
            )
    features, unreadable = _features(block, destination.package, place)
    moment = now if block.timestamp is None else parse_time(block.timestamp, f"{place}.timestamp")
    return Rows(
        features=features,
        predictions=_predictions(block, destination.package.target, place),
        association_ids=_association_ids(block, deployment, place),
        at=pl.repeat(moment, height, dtype=pl.Datetime("us", "UTC"), eager=True),
        unreadable=unreadable,
    )


def _features(block: RowBlock, package: ModelPackage, place: str) -> tuple[pl.DataFrame, dict[str, int]]:
    known = {f.name: f for f in package.features if f.kind in PROFILED}
    columns: dict[str, pl.Series] = {}
    unreadable: dict[str, int] = {}
    for name, values in block.features:
        if name in columns:
            raise Invalid(f"{place}: feature '{name}' stands there twice; names must be distinct.")
        if name in known:
            columns[name], lost = json_column(values, known[name])
            if lost:
                unreadable[name] = lost
    return pl.DataFrame(list(columns.values())), unreadable


def json_column(values: list[Any], feature: Feature) -> tuple[pl.Series, int]:
    """A column of JSON values in the type of its feature, and how many values could not be read."""
    uniform = pl.Float64 if feature.kind is FeatureKind.NUMERIC else pl.String
    try:
        column = pl.Series(feature.name, values, dtype=uniform, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        # Values of several types: each is read by itself, and the bad ones are counted.
        column = pl.Series(feature.name, list(_as_text(values)), dtype=pl.String)
    return cast_column(column, feature.kind)


def _as_text(values: Iterable[Any]) -> Iterable[str | None]:
    for value in values:
        if value is None:
            yield None
        elif isinstance(value, bool):
            yield str(value).lower()
        elif isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            yield str(int(value))
        else:
            yield str(value)


def _predictions(block: RowBlock, target: Target, place: str) -> pl.DataFrame:
    if target.type is TargetType.REGRESSION:
        scores = [_scores(block.predictions, f"{place}.predictions")]
    else:
        scores = _by_class(block, target, place)
    for column in scores:
        prediction_columns.check(target, column, f"{place}.predictions", 1)
    return prediction_columns.complete(target, scores)


def _by_class(block: RowBlock, target: Target, place: str) -> list[pl.Series]:
    """Columns in the order of the model's classes, whatever the order of the call's."""
    order = block.class_names or list(target.class_names)
    if sorted(order) != sorted(target.class_names):
        raise Invalid(
            f"{place}.classNames: found {', '.join(map(str, order))[:200]}, expected the model's classes "
            f"{', '.join(target.class_names)} in any order."
        )
    width = len(order)
    for row, entry in enumerate(block.predictions, start=1):
        if not isinstance(entry, list) or len(entry) != width:
            raise Invalid(
                f"{place}.predictions, row {row}: found {str(entry)[:64]}, expected a list of {width} probabilities, "
                f"one for each of {', '.join(map(str, order))}."
            )
    columns = {
        name: _scores([entry[i] for entry in block.predictions], f"{place}.predictions, class '{name}'")
        for i, name in enumerate(order)
    }
    return [columns[name] for name in target.class_names]


def _scores(values: list[Any], place: str) -> pl.Series:
    for row, value in enumerate(values, start=1):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise Invalid(f"{place}, row {row}: found {str(value)[:64]!r}, expected a number.")
    try:
        return pl.Series(values, dtype=pl.Float64, strict=True)
    except OverflowError as fault:
        raise Invalid(f"{place}: found a whole number that no 64-bit float can hold.") from fault


def _association_ids(block: RowBlock, deployment: Deployment, place: str) -> pl.Series | None:
    ids, height = block.association_ids, len(block.predictions)
    required = deployment.settings.association_id_required
    if ids is None:
        if required:
            raise Invalid(f"{place}.associationIds: the deployment requires an association id for every row.")
        return None
    if len(ids) != height:
        raise Invalid(f"{place}.associationIds: found {len(ids)} ids, there are {height} predictions.")
    return check_association_ids(pl.Series(ids, dtype=pl.String), place, required=required)


def check_association_ids(ids: pl.Series, place: str, *, required: bool, longest: int = 256) -> pl.Series:
    """Blank ids are missing; refuses ids that are too long, and missing ones where each row needs one."""
    ids = ids.set(ids.str.strip_chars() == "", None)
    if required and ids.null_count():
        row = ids.is_null().arg_true()[0] + 1
        raise Invalid(f"{place}, row {row}: the deployment requires an association id for every row.")
    too_long = ids.str.len_bytes() > longest
    if too_long.any():
        row = too_long.fill_null(value=False).arg_true()[0] + 1
        raise Invalid(f"{place}, row {row}: found an association id of more than {longest} bytes.")
    return ids


def _upload(upload_id: str, deployment_id: str, block: RowBlock, tally: Tally, caller: User, now: datetime) -> Upload:
    known = set(tally.baseline.feature_bins)
    sent = [name for name, _ in block.features]
    return Upload(
        seq=0,
        id=upload_id,
        deployment_id=deployment_id,
        batch_id=block.batch_id,
        model_id=block.model_id,
        key=None,
        content_hash=None,
        state=UploadState.PENDING,
        rows=0,
        first_at=None,
        last_at=None,
        parts=0,
        blob_prefix=tally.blob_prefix,
        report={
            "ignoredColumns": [name for name in sent if name not in known],
            "missingColumns": sorted(known - set(sent)),
        },
        error=None,
        job_id=None,
        created_at=now,
        created_by_id=caller.id,
    )
