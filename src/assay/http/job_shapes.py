"""Monitoring jobs on the wire, and between it and the product's own terms."""

from typing import Any, Literal

from assay.errors import Invalid
from assay.http.bodies import Body, given, optional
from assay.records.job_specs import ClassColumn, CsvForm, JobSpec, Retention, RowColumns

MOST_CHUNK_BYTES, LEAST_CHUNK_BYTES = 41_943_040, 20


class PredictionsColumn(Body):
    """Which column holds the probability of a class."""

    class_name: str
    column_name: str


class MonitoringColumns(Body):
    """What the columns of the file mean."""

    predictions_columns: str | list[PredictionsColumn] | None = optional()
    association_id_column: str | None = optional()
    actuals_value_column: str | None = optional()
    actuals_timestamp_column: str | None = optional()
    acted_upon_column: str | None = optional()
    custom_metric_id: str | None = optional()
    custom_metric_value_column: str | None = optional()
    custom_metric_timestamp_column: str | None = optional()
    custom_metric_timestamp_format: str | None = optional()
    monitored_status_column: str | None = optional()
    unique_row_identifier_columns: list[str] | None = optional()
    report_drift: bool | None = optional()
    report_predictions: bool | None = optional()


class CsvSettings(Body):
    """How the CSV file is written."""

    delimiter: str = optional()
    encoding: str = optional()
    quotechar: str = optional()


class JobFields(Body):
    """What a job is asked to do, without the deployment."""

    batch_job_type: Literal["monitoring", "prediction"] = optional()
    model_id: str | None = optional()
    model_package_id: str | None = optional()
    intake_settings: dict[str, Any] = optional()
    output_settings: dict[str, Any] | None = optional()
    monitoring_columns: MonitoringColumns | None = optional()
    monitoring_aggregation: dict[str, Any] | None = optional()
    monitoring_batch_prefix: str | None = optional()
    monitoring_output_settings: dict[str, Any] | None = optional()
    csv_settings: CsvSettings = optional()
    abort_on_error: bool = optional()
    chunk_size: str | int = optional()
    column_names_remapping: Any = optional()
    disable_row_level_error_handling: bool = optional()
    num_concurrent: int | None = optional()
    skip_drift_tracking: bool = optional()


class MonitoringJobCreate(JobFields):
    """A new monitoring job."""

    deployment_id: str


class JobSpecBody(Body):
    """What a job was asked to do."""

    deployment_id: str
    batch_job_type: Literal["monitoring", "prediction"] = optional()
    model_id: str | None = optional()
    model_package_id: str | None = optional()
    intake_settings: dict[str, Any] = optional()
    output_settings: dict[str, Any] | None = optional()
    monitoring_columns: MonitoringColumns | None = optional()
    monitoring_aggregation: dict[str, Any] | None = optional()
    monitoring_batch_prefix: str | None = optional()
    monitoring_output_settings: dict[str, Any] | None = optional()
    csv_settings: CsvSettings = optional()
    abort_on_error: bool = optional()
    chunk_size: str | int = optional()
    column_names_remapping: Any = optional()
    disable_row_level_error_handling: bool = optional()
    num_concurrent: int
    skip_drift_tracking: bool = optional()


# ------------------------------------------------------------------ in


def spec_changes(body: JobFields) -> dict[str, Any]:
    """The fields of a specification that a body names."""
    sent = given(body)
    if sent.get("batch_job_type") == "prediction":
        raise Invalid("batchJobType: found prediction, expected monitoring: this server watches models and runs none.")
    changes = {ours: sent[theirs] for theirs, ours in _SAME.items() if theirs in sent}
    if "intake_settings" in sent:
        changes["intake"] = _intake(sent["intake_settings"])
    if "monitoring_columns" in sent or "monitoring_output_settings" in sent:
        changes["columns"] = _columns(body.monitoring_columns, body.monitoring_output_settings or {})
    if "monitoring_aggregation" in sent:
        changes["retention"] = _retention(sent["monitoring_aggregation"])
    if "csv_settings" in sent:
        changes["csv"] = CsvForm(**given(sent["csv_settings"]))
    if "disable_row_level_error_handling" in sent:
        changes["by_row"] = not sent["disable_row_level_error_handling"]
    if "chunk_size" in sent:
        changes["chunk_size"] = _chunk_size(sent["chunk_size"])
    if "column_names_remapping" in sent:
        changes["remapping"] = _remapping(sent["column_names_remapping"])
    if "num_concurrent" in sent:
        changes["num_concurrent"] = _positive(sent["num_concurrent"])
    return changes


_SAME = {
    "deployment_id": "deployment_id",
    "model_id": "model_id",
    "model_package_id": "model_package_id",
    "output_settings": "output",
    "monitoring_batch_prefix": "batch_prefix",
    "abort_on_error": "abort_on_error",
    "skip_drift_tracking": "skip_drift",
}


def spec_of(body: MonitoringJobCreate) -> JobSpec:
    """A new job's specification."""
    return JobSpec(**spec_changes(body))


def _intake(sent: dict[str, Any]) -> dict[str, Any]:
    intake = {"type": "localFile", **sent}
    if intake["type"] != "localFile":
        return intake
    # Clients also send what concerns themselves alone, such as the file's name on their disk.
    return {name: value for name, value in intake.items() if name in {"type", "multipart", "async"}}


def _columns(body: MonitoringColumns | None, output: dict[str, Any]) -> RowColumns:
    sent = body or MonitoringColumns()
    if sent.custom_metric_id is not None or sent.custom_metric_value_column is not None:
        raise Invalid(
            "monitoringColumns.customMetricId: monitoring jobs fill no custom metrics; send their values to "
            "customMetrics/{id}/fromJSON/."
        )
    status, identifiers = _output_settings(output)
    return RowColumns(
        predictions=_predictions(sent.predictions_columns),
        association_id=sent.association_id_column,
        actual_value=sent.actuals_value_column,
        actual_timestamp=sent.actuals_timestamp_column,
        acted_upon=sent.acted_upon_column,
        status=status if sent.monitored_status_column is None else sent.monitored_status_column,
        row_identifiers=tuple(sent.unique_row_identifier_columns or identifiers),
        report_predictions=sent.report_predictions is not False,
        report_drift=sent.report_drift is not False,
    )


def _predictions(sent: str | list[PredictionsColumn] | None) -> str | tuple[ClassColumn, ...] | None:
    if sent is None or isinstance(sent, str):
        return sent
    if not sent:
        raise Invalid("monitoringColumns.predictionsColumns: found an empty list, expected a column a class.")
    return tuple(ClassColumn(one.class_name, one.column_name) for one in sent)


def _output_settings(sent: dict[str, Any]) -> tuple[str | None, list[str]]:
    status, identifiers = sent.get("monitoredStatusColumn"), sent.get("uniqueRowIdentifierColumns") or []
    if status is not None and not isinstance(status, str):
        raise Invalid("monitoringOutputSettings.monitoredStatusColumn: expected a text.")
    if not isinstance(identifiers, list) or not all(isinstance(one, str) for one in identifiers):
        raise Invalid("monitoringOutputSettings.uniqueRowIdentifierColumns: expected a list of texts.")
    return status, identifiers


def _retention(sent: dict[str, Any] | None) -> Retention | None:
    if sent is None:
        return None
    policy, value = sent.get("retentionPolicy"), sent.get("retentionValue")
    if not isinstance(policy, str) or isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(
            "monitoringAggregation: expected a retentionPolicy (samples or percentage) and a number retentionValue."
        )
    return Retention(policy, float(value))


def _chunk_size(sent: str | int) -> str | int:
    if sent in ("auto", "fixed", "dynamic"):
        return sent
    number = int(sent) if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) < 12 else sent
    if isinstance(number, int) and LEAST_CHUNK_BYTES <= number <= MOST_CHUNK_BYTES:
        return number
    raise Invalid(
        f"chunkSize: found {str(sent)[:64]!r}, expected auto, fixed, dynamic, or {LEAST_CHUNK_BYTES} to "
        f"{MOST_CHUNK_BYTES} bytes."
    )


def _remapping(sent: Any) -> dict[str, str | None]:
    """From ``{"old": "new"}`` or ``[{"inputName": "old", "outputName": "new"}]``."""
    if sent is None:
        return {}
    if isinstance(sent, list) and all(isinstance(one, dict) and "inputName" in one for one in sent):
        sent = {one["inputName"]: one.get("outputName") for one in sent}
    ok = isinstance(sent, dict) and all(
        isinstance(old, str) and (new is None or (isinstance(new, str) and new)) for old, new in sent.items()
    )
    if not ok:
        raise Invalid("columnNamesRemapping: expected new names by column, with null for a column to be left out.")
    return dict(sent)


def _positive(sent: int | None) -> int:
    if sent is not None and not 0 < sent <= 2**31:
        raise Invalid(f"numConcurrent: found {sent}, expected a number above 0.")
    return sent or 1


# ------------------------------------------------------------------ out


def spec_body(spec: JobSpec) -> JobSpecBody:
    """A specification as it was sent, with defaults filled in.

    The query of a web address may hold a signature, so it is left out.
    """
    sent: dict[str, Any] = {
        "deployment_id": spec.deployment_id,
        "batch_job_type": "monitoring",
        "intake_settings": _shown_intake(spec.intake),
        "output_settings": spec.output or {"type": "localFile"},
        "monitoring_columns": _columns_body(spec.columns),
        "csv_settings": CsvSettings(
            delimiter=spec.csv.delimiter, encoding=spec.csv.encoding, quotechar=spec.csv.quotechar
        ),
        "abort_on_error": spec.abort_on_error,
        "disable_row_level_error_handling": not spec.by_row,
        "num_concurrent": spec.num_concurrent,
        "skip_drift_tracking": spec.skip_drift,
    }
    if spec.retention is not None:
        policy, value = spec.retention.policy, spec.retention.value
        sent["monitoring_aggregation"] = {"retentionPolicy": policy, "retentionValue": value}
    maybe: dict[str, Any] = {
        "model_id": spec.model_id,
        "model_package_id": spec.model_package_id,
        "monitoring_batch_prefix": spec.batch_prefix,
        "chunk_size": spec.chunk_size,
        "column_names_remapping": spec.remapping or None,
    }
    return JobSpecBody(**sent, **{name: value for name, value in maybe.items() if value is not None})


def _shown_intake(intake: dict[str, Any]) -> dict[str, Any]:
    url = intake.get("url")
    if isinstance(url, str) and "?" in url:
        return {**intake, "url": f"{url.partition('?')[0]}?..."}
    return intake


def _columns_body(columns: RowColumns) -> MonitoringColumns:
    predictions: str | list[PredictionsColumn] | None
    if isinstance(columns.predictions, tuple):
        predictions = [
            PredictionsColumn(class_name=one.class_name, column_name=one.column_name) for one in columns.predictions
        ]
    else:
        predictions = columns.predictions
    known: dict[str, Any] = {
        "predictions_columns": predictions,
        "association_id_column": columns.association_id,
        "actuals_value_column": columns.actual_value,
        "actuals_timestamp_column": columns.actual_timestamp,
        "acted_upon_column": columns.acted_upon,
        "monitored_status_column": columns.status,
        "unique_row_identifier_columns": list(columns.row_identifiers) or None,
        "report_drift": columns.report_drift,
        "report_predictions": columns.report_predictions,
    }
    return MonitoringColumns(**{name: value for name, value in known.items() if value is not None})
