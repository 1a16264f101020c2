"""The tables. Migrations make them; this package only describes them to the repositories."""

from assay.storage.sql.tables.accounts import tokens, users
from assay.storage.sql.tables.accuracy_revisions import accuracy_revisions
from assay.storage.sql.tables.actuals import accuracy, accuracy_slices, actuals, closed_accuracy
from assay.storage.sql.tables.audit import audit_log, seals
from assay.storage.sql.tables.batch_versions import batch_replacements
from assay.storage.sql.tables.batches import batch_models, batches
from assay.storage.sql.tables.custom_metrics import custom_metric_segments, custom_metric_values, custom_metrics
from assay.storage.sql.tables.datasets import datasets
from assay.storage.sql.tables.deployments import deployed_models, deployments
from assay.storage.sql.tables.environments import prediction_environments
from assay.storage.sql.tables.erasures import erasures
from assay.storage.sql.tables.events import remote_events
from assay.storage.sql.tables.exports import exports
from assay.storage.sql.tables.health import health_settings
from assay.storage.sql.tables.idempotency import idempotency_keys
from assay.storage.sql.tables.jobs import jobs
from assay.storage.sql.tables.model_history import model_history
from assay.storage.sql.tables.models import baselines, model_packages
from assay.storage.sql.tables.monitoring_jobs import job_definitions, job_parts, monitoring_jobs
from assay.storage.sql.tables.schema import SERIAL, UtcDateTime, metadata
from assay.storage.sql.tables.segments import segment_values, segmented_uploads
from assay.storage.sql.tables.service import service_requests
from assay.storage.sql.tables.uploads import prediction_keys, profiles, uploads
from assay.storage.sql.tables.verdicts import verdicts

__all__ = [
    "SERIAL",
    "UtcDateTime",
    "accuracy",
    "accuracy_revisions",
    "accuracy_slices",
    "actuals",
    "audit_log",
    "baselines",
    "batch_models",
    "batch_replacements",
    "batches",
    "closed_accuracy",
    "custom_metric_segments",
    "custom_metric_values",
    "custom_metrics",
    "datasets",
    "deployed_models",
    "deployments",
    "erasures",
    "exports",
    "health_settings",
    "idempotency_keys",
    "job_definitions",
    "job_parts",
    "jobs",
    "metadata",
    "model_history",
    "model_packages",
    "monitoring_jobs",
    "prediction_environments",
    "prediction_keys",
    "profiles",
    "remote_events",
    "seals",
    "segment_values",
    "segmented_uploads",
    "service_requests",
    "tokens",
    "uploads",
    "users",
    "verdicts",
]
