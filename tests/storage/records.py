"""Records with everything filled in, of which a test names what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from assay.records.accuracy_revisions import AccuracyRevision
from assay.records.actuals import Actual, Outcome
from assay.records.audit import AuditEvent, AuditLine
from assay.records.batch_versions import BatchReplacement, ReplacementState
from assay.records.batches import Batch, HealthStatus
from assay.records.custom_metrics import CustomMetric, MetricType, MetricValue
from assay.records.datasets import Dataset, DatasetState, FileForm
from assay.records.deployments import DeployedModel, Deployment, ModelPeriod, Settings
from assay.records.environments import PredictionEnvironment
from assay.records.erasures import Erasure, Removed
from assay.records.events import RemoteEvent
from assay.records.exports import Export, ExportKind
from assay.records.idempotency import KeyedCall
from assay.records.job_specs import ClassColumn, CsvForm, JobSpec, Retention, RowColumns
from assay.records.jobs import Job, JobState
from assay.records.models import Baseline, Feature, FeatureKind, ModelPackage, Target, TargetType
from assay.records.monitoring_jobs import JobDefinition, JobStatus, MonitoringJob
from assay.records.schedules import Schedule
from assay.records.seals import Seal
from assay.records.service import PredictionRequest
from assay.records.times import BEGINNING_OF_TIME
from assay.records.uploads import Upload, UploadState
from assay.records.users import Token, User
from assay.records.verdicts import Judgement, Reason, Section, SectionName, Verdict

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
OWNER, MODEL, OTHER_MODEL = "a" * 24, "b" * 24, "c" * 24
SECOND = timedelta(seconds=1)


def id_of(number: int) -> str:
    """An id that sorts by its number."""
    return f"{number:024x}"


def user(**more: Any) -> User:
    return User(**{"id": OWNER, "name": "ann", "is_admin": False, "created_at": NOW, **more})


def keyed_call(**more: Any) -> KeyedCall:
    return KeyedCall(**{"user_id": OWNER, "key": "k", "call": "POST /a/", "content_hash": "h", **more})


def audit_line(**more: Any) -> AuditLine:
    fields = {
        "seq": 0,
        "at": NOW,
        "user_id": OWNER,
        "user_name": "ann",
        "event": AuditEvent.BATCH_LOCKED,
        "object_id": id_of(1),
        "deployment_id": id_of(1),
        "detail": {"name": "b"},
    }
    return AuditLine(**{**fields, **more})


def seal(number: int, **more: Any) -> Seal:
    fields = {"content": "{}", "hash": "h", "sealed_at": NOW, "sealed_by_id": OWNER, "sealed_by_name": "ann"}
    return Seal(**{"batch_id": id_of(number), **fields, **more})


def token(number: int, **more: Any) -> Token:
    fields = {"user_id": OWNER, "digest": "d", "created_at": NOW, "expires_at": None, "last_used_at": None}
    return Token(**{"id": id_of(number), **fields, **more})


def dataset(number: int, **more: Any) -> Dataset:
    fields = {
        "owner_id": OWNER,
        "owner_name": "ann",
        "name": f"table {number}",
        "form": FileForm.CSV,
        "state": DatasetState.RUNNING,
        "error": None,
        "row_count": None,
        "size": 2**40,
        "blob_key": f"datasets/{number}",
        "columns": {},
        "job_id": None,
        "created_at": NOW,
        "deleted_at": None,
    }
    return Dataset(**{"id": id_of(number), **fields, **more})


def package(number: int, **more: Any) -> ModelPackage:
    fields = {
        "owner_id": OWNER,
        "name": f"model {number}",
        "model_id": MODEL,
        "target": Target("y", TargetType.BINARY, ("yes", "no"), 0.25, "score"),
        "description": {"text": "é", "n": 1},
        "training_dataset_id": None,
        "holdout_dataset_id": None,
        "features": (Feature("x", FeatureKind.NUMERIC, 0.5), Feature("c", FeatureKind.CATEGORICAL)),
        "created_at": NOW,
        "archived_at": None,
    }
    return ModelPackage(**{"id": id_of(number), **fields, **more})


def baseline(number: int, **more: Any) -> Baseline:
    fields = {
        "model_package_id": id_of(1),
        "rows": 10,
        "holdout_rows": 0,
        "feature_bins": b"\x00bins",
        "feature_profile": b"profile",
        "prediction_bins": b"one",
        "prediction_profile": None,
        "accuracy": None,
        "created_at": NOW,
    }
    return Baseline(**{"id": id_of(number), **fields, **more})


def deployment(number: int, **more: Any) -> Deployment:
    fields = {
        "owner_id": OWNER,
        "owner_name": "ann",
        "label": f"service {number}",
        "description": None,
        "importance": None,
        "model_id": MODEL,
        "model_package_id": id_of(1),
        "settings": Settings(),
        "user_provided_id": None,
        "created_at": NOW,
    }
    return Deployment(**{"id": id_of(number), **fields, **more})


def period(model_id: str, **more: Any) -> ModelPeriod:
    fields = {
        "deployment_id": id_of(1),
        "model_package_id": id_of(1),
        "package_name": "model 1",
        "since": NOW,
        "until": None,
        "reason": None,
        "user_id": OWNER,
        "user_name": "ann",
    }
    return ModelPeriod(**{"model_id": model_id, **fields, **more})


def environment(number: int, **more: Any) -> PredictionEnvironment:
    fields = {
        "owner_id": OWNER,
        "name": f"environment {number}",
        "description": "é",
        "platform": "other",
        "model_formats": ("externalModel", "x"),
        "managed_by_agent": True,
        "created_at": NOW,
        "deleted_at": None,
    }
    return PredictionEnvironment(**{"id": id_of(number), **fields, **more})


def event(number: int, **more: Any) -> RemoteEvent:
    fields = {
        "owner_id": OWNER,
        "reporter_id": OWNER,
        "kind": "replaced",
        "at": NOW,
        "received_at": NOW + SECOND,
        "message": "é",
        "org_id": "o",
        "deployment_id": id_of(1),
        "environment_id": None,
        "data": {"newModelId": "x", "n": [1, None]},
        "request": None,
        "channel": {},
    }
    return RemoteEvent(**{"id": id_of(number), **fields, **more})


def deployed(model_id: str, **more: Any) -> DeployedModel:
    fields = {"deployment_id": id_of(1), "model_package_id": id_of(1), "baseline_id": None, "since": NOW, "until": None}
    return DeployedModel(**{"model_id": model_id, **fields, **more})


def batch(number: int, **more: Any) -> Batch:
    fields = {
        "deployment_id": id_of(1),
        "name": f"batch {number}",
        "description": None,
        "external_context_url": None,
        "is_locked": False,
        "created_at": NOW,
        "created_by_id": OWNER,
        "created_by_name": "ann",
        "job_id": None,
        "job_state": None,
        "earliest": None,
        "latest": None,
        "predictions_count": 0,
        "requests_count": 0,
        "user_errors": 0,
        "server_errors": 0,
    }
    return Batch(**{"id": id_of(number), **fields, **more})


def upload(number: int, **more: Any) -> Upload:
    fields = {
        "seq": 0,
        "deployment_id": id_of(1),
        "batch_id": id_of(1),
        "model_id": MODEL,
        "key": None,
        "content_hash": None,
        "state": UploadState.COUNTED,
        "rows": 1,
        "first_at": NOW,
        "last_at": NOW,
        "parts": 0,
        "blob_prefix": f"rows/{number}",
        "report": {"unreadable": {"x": 1}},
        "error": None,
        "job_id": None,
        "created_at": NOW,
        "created_by_id": OWNER,
    }
    return Upload(**{"id": id_of(number), **fields, **more})


def actual(association_id: str, **more: Any) -> Actual:
    fields = {"label": "yes", "number": None, "at": None, "was_acted_on": None}
    return Actual(**{"association_id": association_id, **fields, **more})


def outcome(of: Actual, **more: Any) -> Outcome:
    fields = {name: getattr(of, name) for name in ("association_id", "label", "number", "at", "was_acted_on")}
    return Outcome(**{**fields, "received_at": NOW, **more})


def export(number: int, **more: Any) -> Export:
    fields = {
        "deployment_id": id_of(1),
        "kind": ExportKind.PREDICTIONS,
        "model_id": MODEL,
        "start": BEGINNING_OF_TIME,
        "end": NOW,
        "batch_ids": None,
        "only_matched": True,
        "include_actuals": False,
        "form": FileForm.PARQUET,
        "job_id": id_of(number),
        "job_state": JobState.QUEUED,
        "job_error": None,
        "dataset_id": None,
        "dataset_name": None,
        "rows": None,
        "rows_not_kept": None,
        "created_at": NOW,
        "created_by_id": OWNER,
        "created_by_name": "ann",
    }
    return Export(**{"id": id_of(number), **fields, **more})


def erasure(number: int, **more: Any) -> Erasure:
    fields = {
        "deployment_id": id_of(1),
        "association_id": "jane",
        "job_id": id_of(number),
        "removed": Removed(),
        "leftovers": (),
        "rows_done_at": None,
        "created_at": NOW,
        "created_by_id": OWNER,
        "created_by_name": "ann",
        "finished_at": None,
        "job_state": JobState.QUEUED,
        "job_error": None,
    }
    return Erasure(**{"id": id_of(number), **fields, **more})


def request(**more: Any) -> PredictionRequest:
    fields = {
        "batch_id": id_of(1),
        "model_id": MODEL,
        "at": NOW,
        "predictions": 10,
        "execution_ms": 1.5,
        "user_error": False,
        "server_error": False,
    }
    return PredictionRequest(**{**fields, **more})


def custom_metric(number: int, **more: Any) -> CustomMetric:
    fields = {
        "deployment_id": id_of(1),
        "name": f"metric {number}",
        "units": "EUR",
        "type": MetricType.AVERAGE,
        "is_model_specific": False,
        "created_at": NOW,
        "created_by_id": OWNER,
        "created_by_name": "ann",
    }
    return CustomMetric(**{"id": id_of(number), **fields, **more})


def metric_value(value: float | None, **more: Any) -> MetricValue:
    return MetricValue(**{"at": NOW, "value": value, **more})


def job(number: int, **more: Any) -> Job:
    fields = {
        "kind": "count",
        "args": {"n": [1, None, "é"]},
        "key": None,
        "state": JobState.QUEUED,
        "user_id": OWNER,
        "attempt": 0,
        "max_attempts": 3,
        "owner": None,
        "lease_until": None,
        "run_after": NOW,
        "error": None,
        "result_path": None,
        "created_at": NOW,
        "finished_at": None,
    }
    return Job(**{"id": id_of(number), **fields, **more})


SPEC = JobSpec(
    deployment_id=id_of(1),
    model_package_id=id_of(1),
    intake={"type": "s3", "url": "s3://a/b.csv", "endpointUrl": "http://127.0.0.1:9000"},
    output={"type": "localFile"},
    columns=RowColumns(
        predictions=(ClassColumn("yes", "p"), ClassColumn("no", "q")), association_id="id", row_identifiers=("id", "é")
    ),
    retention=Retention("samples", 10.0),
    batch_prefix="nightly",
    csv=CsvForm(delimiter="tab"),
    remapping={"a": None, "b": "c"},
    chunk_size="auto",
)


def monitoring_job(number: int, **more: Any) -> MonitoringJob:
    fields = {
        "deployment_id": id_of(1),
        "spec": SPEC,
        "model_id": MODEL,
        "status": JobStatus.INITIALIZING,
        "details": "waits",
        "source": "api",
        "definition_id": None,
        "due_at": None,
        "created_at": NOW + number * SECOND,
        "created_by_id": OWNER,
        "created_by_name": "ann",
        "started_at": None,
        "finished_at": None,
        "task_id": None,
        "intake_key": None,
        "batch_id": None,
        "upload_id": None,
        "attempt": 0,
        "is_counted": False,
        "scored_rows": 2**40,
        "failed_rows": 1,
        "skipped_rows": 2,
        "percent": 12.5,
        "intake_size": 2**41,
        "output_size": None,
        "results_deleted": False,
        "logs": ("made",),
    }
    return MonitoringJob(**{"id": id_of(number), **fields, **more})


def definition(number: int, **more: Any) -> JobDefinition:
    fields = {
        "deployment_id": id_of(1),
        "name": f"definition {number}",
        "enabled": True,
        "schedule": Schedule.of({"minute": [0], "hour": [3, 4], "dayOfWeek": ["mon"]}),
        "spec": SPEC,
        "created_at": NOW + number * SECOND,
        "created_by_id": OWNER,
        "created_by_name": "ann",
        "updated_at": NOW,
        "updated_by_id": OWNER,
        "updated_by_name": "ann",
        "next_run_at": NOW,
        "last_scheduled_at": None,
    }
    return JobDefinition(**{"id": id_of(number), **fields, **more})


def replacement(number: int, batch: int, **more: Any) -> BatchReplacement:
    fields = {
        "deployment_id": id_of(1),
        "batch_id": id_of(batch),
        "state": ReplacementState.OPEN,
        "opened_at": NOW,
        "opened_by_id": OWNER,
        "opened_by_name": "ann",
    }
    return BatchReplacement(**{"id": id_of(number), **fields, **more})


def revision(rows: int, **more: Any) -> AccuracyRevision:
    figure = {"value": 0.5, "low": None, "high": None, "n": rows, "bound": 0.0, "reason": None}
    fields = {"batch_id": id_of(1), "model_id": MODEL, "at": NOW, "predictions": 9, "metrics": {"AUC": figure}}
    return AccuracyRevision(**{**fields, "rows_with_actual": rows, "digest": f"{rows:064x}", **more})


def verdict(number: int, **more: Any) -> Verdict:
    section = Section(SectionName.SERVICE, HealthStatus.WARNING, "1 of 2 requests were in error.", looked_at=2)
    reason = Reason(SectionName.SERVICE, HealthStatus.WARNING, "user_errors", "1 of 2", evidence={"requests": 2})
    said = Judgement(HealthStatus.WARNING, (reason,), (section,), 9, 0, None, {"alpha": 0.01})
    fields = {"deployment_id": id_of(1), "batch_id": id_of(1), "model_id": MODEL, "judged_at": NOW, "judgement": said}
    hashes = {"fingerprint": f"{number:064x}", "digest": said.digest}
    return Verdict(**{"id": id_of(number), **fields, **hashes, **more})
