"""Predictions: rows sent as JSON, and what the batches' predictions look like."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from assay.client.deployment import DeploymentLike, deployment_id_of
from assay.client.shapes import At, Json, Shape, read
from assay.client.transport import Transport, path_of

ROWS_PER_CALL = 10_000


@dataclass(frozen=True, slots=True)
class PredictionRows:
    """Rows of one model, column by column; all columns are equally long.

    Attributes
    ----------
    model_id : str
    features : mapping of str to sequence
        Values by feature; None or NaN is missing.
    predictions : sequence
        Numbers for regression; for classification a sequence of probabilities a row, in the order of
        `class_names`.
    association_ids : sequence of str or None
    class_names : sequence of str or None
        The model's own order when None.
    timestamp : datetime or None
        Of all rows; the time of arrival when None.
    """

    model_id: str
    features: Mapping[str, Sequence[Any]]
    predictions: Sequence[Any]
    association_ids: Sequence[str] | None = None
    class_names: Sequence[str] | None = None
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push came to.

    Attributes
    ----------
    rows : int
        Rows sent.
    repeated_association_ids : int
        Association ids of theirs that the batch held before, with the same model: of those the newest prediction
        counts for accuracy, while every row counts for drift.
    """

    rows: int
    repeated_association_ids: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPredictions(Shape):
    """The predictions of one batch.

    Attributes
    ----------
    rows : int or None
    mean : float or None
        Mean predicted value (regression).
    mean_probabilities, class_distribution, percentiles : tuple of dict
        As the API gives them.
    """

    batch_id: Annotated[str, At("batch.id")]
    batch_name: Annotated[str, At("batch.name")]
    rows: Annotated[int | None, At("rowCount")] = None
    mean: Annotated[float | None, At("meanPredictedValue")] = None
    mean_probabilities: tuple[Json, ...] = ()
    class_distribution: tuple[Json, ...] = ()
    percentiles: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome(Shape):
    """Predictions against actuals of one batch.

    Attributes
    ----------
    rows, rows_with_actual : int
    mean_predicted, mean_actual : float or None
        Over the rows with an actual.
    predicted_classes, actual_classes : tuple of dict
        As the API gives them.
    """

    batch_id: Annotated[str, At("batch.id")]
    batch_name: Annotated[str, At("batch.name")]
    rows: Annotated[int, At("rowCountTotal")]
    rows_with_actual: Annotated[int, At("rowCountWithActual")]
    mean_predicted: Annotated[float | None, At("meanPredictedValue")] = None
    mean_actual: Annotated[float | None, At("meanActualValue")] = None
    predicted_classes: Annotated[tuple[Json, ...], At("predictedClassDistribution")] = ()
    actual_classes: Annotated[tuple[Json, ...], At("actualClassDistribution")] = ()


class Predictions:
    """``client.predictions``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def push(
        self,
        deployment: DeploymentLike,
        rows: PredictionRows,
        *,
        batch_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> PushReport:
        """Send rows as JSON, 10,000 a call.

        Each call counts once, however often it has to be made. Rows that are pushed anew count anew, unless that is
        done under the same key.

        Parameters
        ----------
        deployment : Deployment or str
        rows : PredictionRows
        batch_id : str, optional
            The batch that the rows belong to.
        idempotency_key : str, optional
            Name of this push, at most 240 letters: the same rows again under it change nothing.

        Returns
        -------
        PushReport

        Raises
        ------
        ValueError
            When the columns are not equally long, or hold an infinite number, or the key cannot be one.
        Conflict
            When the key was used for other rows.
        Refused
            When the server refuses a call; rows of the calls before it stay.
        AssayClientError
        """
        path = path_of("deployments", deployment_id_of(deployment), "predictionInputs", "fromJSON")
        repeated = 0
        for start, item in _calls(rows, batch_id):
            key = None if idempotency_key is None else f"{idempotency_key}:{start}"
            answer = self._transport.post(path, {"data": [item]}, key=key)
            self._transport.wait(answer, f"Counting the rows from {start + 1:,} on")
            repeated += read(int, (answer.json or {}).get("repeatedAssociationIds", 0), "repeatedAssociationIds")
        return PushReport(len(rows.predictions), repeated)


def _calls(rows: PredictionRows, batch_id: str | None) -> Iterator[tuple[int, Json]]:
    total = len(rows.predictions)
    columns = {f"feature '{name}'": values for name, values in rows.features.items()}
    if rows.association_ids is not None:
        columns["association_ids"] = rows.association_ids
    for name, values in columns.items():
        if len(values) != total:
            raise ValueError(f"There are {total:,} predictions, and {len(values):,} values of {name}.")
    for start in range(0, total, ROWS_PER_CALL):
        yield start, _input_json(rows, batch_id, slice(start, start + ROWS_PER_CALL))


def _input_json(rows: PredictionRows, batch_id: str | None, part: slice) -> Json:
    item: Json = {
        "modelId": rows.model_id,
        "timestamp": rows.timestamp,
        "batchId": batch_id,
        "features": [{"name": name, "values": list(values[part])} for name, values in rows.features.items()],
        "predictions": list(rows.predictions[part]),
        "associationIds": None if rows.association_ids is None else list(rows.association_ids[part]),
        "classNames": None if rows.class_names is None else list(rows.class_names),
    }
    return {key: value for key, value in item.items() if value is not None}
