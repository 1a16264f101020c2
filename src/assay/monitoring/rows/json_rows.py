"""Prediction rows of a JSON call: by column, checked and cast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from assay.engines.casting import cast_column
from assay.errors import Invalid
from assay.monitoring.rows import prediction_columns
from assay.monitoring.rows.association_ids import check_association_ids
from assay.monitoring.rows.rows import Rows
from assay.monitoring.rows.segments import of_rows
from assay.monitoring.watched import WatchedModel
from assay.records.deployments import Deployment
from assay.records.models import Feature, FeatureKind, ModelPackage, Target, TargetType
from assay.records.times import parse_time


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
    segments: Mapping[str, Any] = field(default_factory=dict)


def height_of(block: RowBlock) -> int:
    """Rows of a block: its longest column."""
    lengths = [len(block.predictions), *(len(values) for _, values in block.features)]
    return max(lengths)


def rows_of(block: RowBlock, number: int, model: WatchedModel, arrived: datetime) -> Rows:
    """The rows of a block, checked and cast.

    Parameters
    ----------
    number : int
        Place of the block in its call, from 0, for messages.
    arrived : datetime
        Prediction time of a block that has none.

    Raises
    ------
    Invalid
        Naming the block, the column and the row.
    """
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
    features, unreadable = _features(block, model.package, place)
    moment = arrived if block.timestamp is None else parse_time(block.timestamp, f"{place}.timestamp")
    return Rows(
        features=features,
        predictions=_predictions(block, model.package.target, place),
        association_ids=_association_ids(block, model.deployment, place),
        at=pl.repeat(moment, height, dtype=pl.Datetime("us", "UTC"), eager=True),
        unreadable=unreadable,
        segments=of_rows(model.deployment.settings.segmented_by, features, _sent_segments(block, place)),
    )


def _sent_segments(block: RowBlock, place: str) -> pl.DataFrame:
    """Segment values that came beside the features: one for all rows of the block, or one a row."""
    height = len(block.predictions)
    columns = []
    for name, sent in block.segments.items():
        values = sent if isinstance(sent, list) else [sent] * height
        if len(values) != height:
            raise Invalid(f"{place}.segments: {name!r} has {len(values)} values, there are {height} predictions.")
        if any(isinstance(value, (list, dict)) for value in values):
            raise Invalid(f"{place}.segments: {name!r} holds a list or an object, expected texts or numbers.")
        columns.append(pl.Series(name, [json_text(v) for v in values], dtype=pl.String))
    return pl.DataFrame(columns)


def _features(block: RowBlock, package: ModelPackage, place: str) -> tuple[pl.DataFrame, dict[str, int]]:
    known = {f.name: f for f in package.features}
    columns: dict[str, pl.Series] = {}
    unreadable: dict[str, int] = {}
    for name, values in block.features:
        if name in columns:
            raise Invalid(f"{place}: feature '{name}' stands there twice; names must be distinct.")
        if name in known:
            columns[name], lost = json_column(values, known[name])
            if lost:
                unreadable[name] = lost
    return pl.DataFrame(columns), unreadable


def json_column(values: list[Any], feature: Feature) -> tuple[pl.Series, int]:
    """A column of JSON values in the type of its feature, and how many values could not be read."""
    uniform = pl.Float64 if feature.kind is FeatureKind.NUMERIC else pl.String
    try:
        column = pl.Series(feature.name, values, dtype=uniform, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        # Values of several types: each is read by itself, and the bad ones are counted.
        column = pl.Series(feature.name, [json_text(v) for v in values], dtype=pl.String)
    return cast_column(column, feature.kind)


def json_text(value: Any) -> str | None:
    """A JSON value as the text that a column of a file would have; a whole float reads like the integer.

    Examples
    --------
    >>> [json_text(value) for value in (None, True, 2.0, 2.5, "x")]
    [None, 'true', '2', '2.5', 'x']
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


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
