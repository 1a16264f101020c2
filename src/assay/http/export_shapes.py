"""Wire shapes of exports."""

from typing import Any, Literal

from assay.http import bodies
from assay.http.bodies import Body, Moment
from assay.http.shapes import TimeRange
from assay.records.exports import Export
from assay.records.jobs import JobState

StatusWord = Literal["CANCELLED", "CREATED", "FAILED", "SCHEDULED", "SUCCEEDED"]
FormWord = Literal["csv", "parquet"]

STATUS_WORDS: dict[JobState, StatusWord] = {
    JobState.QUEUED: "CREATED",
    JobState.RUNNING: "SCHEDULED",
    JobState.DONE: "SUCCEEDED",
    JobState.FAILED: "FAILED",
    JobState.CANCELLED: "CANCELLED",
}


class ExportFile(Body):
    """A data set that holds the exported rows."""

    id: str
    name: str


class ExportCreator(Body):
    """Who asked for an export."""

    id: str
    name: str


class ExportError(Body):
    """Why an export failed."""

    message: str


class ExportedBatches(Body):
    """The batches that an export is of."""

    batch_ids: list[str]


class _Export(Body):
    id: str
    created_at: Moment
    created_by: ExportCreator
    model_id: str
    status: StatusWord
    error: ExportError | None
    data: list[ExportFile] | None
    format: FormWord
    row_count: int | None


class PredictionExport(_Export):
    """An export of predictions; format, counts and includeActuals are this server's own."""

    period: TimeRange
    batches: ExportedBatches | None
    include_actuals: bool
    rows_not_kept: int | None


class ActualsExport(_Export):
    """An export of actuals; format, counts and batches are this server's own."""

    period: TimeRange
    batches: ExportedBatches | None
    only_matched_predictions: bool
    rows_not_kept: int | None


class TrainingExport(_Export):
    """An export of training data."""


class _Page(Body):
    count: int
    total_count: int
    next: str | None
    previous: str | None


class PredictionExportPage(_Page):
    """A page of PredictionExport objects."""

    data: list[PredictionExport]


class ActualsExportPage(_Page):
    """A page of ActualsExport objects."""

    data: list[ActualsExport]


class TrainingExportPage(_Page):
    """A page of TrainingExport objects."""

    data: list[TrainingExport]


class _Create(Body):
    model_id: str | None = bodies.optional()
    format: FormWord = "csv"


class PredictionExportCreate(_Create):
    """A new export of predictions; a bound of time that is left out is none."""

    start: bodies.SentMoment = bodies.optional()
    end: bodies.SentMoment = bodies.optional()
    batch_ids: list[str] | None = bodies.optional()
    include_actuals: bool = False
    augmentation_type: str | None = bodies.optional()


class ActualsExportCreate(_Create):
    """A new export of actuals; a bound of time that is left out is none."""

    start: bodies.SentMoment = bodies.optional()
    end: bodies.SentMoment = bodies.optional()
    batch_ids: list[str] | None = bodies.optional()
    only_matched_predictions: bool = True


class TrainingExportCreate(_Create):
    """A new export of training data."""


def _common(export: Export) -> dict[str, Any]:
    state, file = export.job_state, None
    if export.dataset_id is not None:
        file = ExportFile(id=export.dataset_id, name=str(export.dataset_name))
    failed = state is JobState.FAILED
    return {
        "id": export.id,
        "created_at": export.created_at,
        "created_by": ExportCreator(id=export.created_by_id, name=export.created_by_name),
        "model_id": export.model_id,
        "status": STATUS_WORDS[state],
        "error": ExportError(message=export.job_error or "The export failed.") if failed else None,
        "data": None if file is None else [file],
        "format": str(export.form),
        "row_count": export.rows,
    }


def _of_rows(export: Export) -> dict[str, Any]:
    ids = export.batch_ids
    return {
        **_common(export),
        "period": TimeRange(start=export.start or export.created_at, end=export.end or export.created_at),
        "batches": None if ids is None else ExportedBatches(batch_ids=list(ids)),
        "rows_not_kept": export.rows_not_kept,
    }


def predictions_body(export: Export) -> PredictionExport:
    """An export of predictions as it is told."""
    return PredictionExport(**_of_rows(export), include_actuals=export.include_actuals)


def actuals_body(export: Export) -> ActualsExport:
    """An export of actuals as it is told."""
    return ActualsExport(**_of_rows(export), only_matched_predictions=export.only_matched)


def training_body(export: Export) -> TrainingExport:
    """An export of training data as it is told."""
    return TrainingExport(**_common(export))
