"""The Python client; it knows only the HTTP API."""

from assay.client.accuracy import Accuracy, AccuracyRow, BatchAccuracy
from assay.client.actual_files import Actual, ActualColumns
from assay.client.actuals import ActualsReport
from assay.client.audit import AuditLine
from assay.client.batch import Batch, BatchModel, BatchSeal, SealDifference
from assay.client.batch_versions import AccuracyRevision, BatchVersion, Replacement, RevisionMetric
from assay.client.client import Client
from assay.client.custom_metric import (
    BatchMetric,
    CustomMetric,
    MetricColumns,
    MetricSummary,
    MetricValue,
    NewMetric,
    SubmitReport,
    TimeMetric,
)
from assay.client.custom_metric_figures import MetricSeries
from assay.client.datasets import Dataset
from assay.client.deployment import Deployment, Settings
from assay.client.drift import BatchDrift, DriftRow, FeatureDrift, TargetDrift
from assay.client.erasures import Erasure
from assay.client.errors import (
    Ambiguous,
    AssayClientError,
    Conflict,
    FileUnusable,
    NotFound,
    Refused,
    ServerProblem,
    StillWorking,
    Unauthorized,
    Unreachable,
    WorkFailed,
)
from assay.client.exports import Export, ExportedFile
from assay.client.jobs import JobColumns, MonitoringJob
from assay.client.limits import Limits
from assay.client.model_packages import Feature, ModelPackage, Target
from assay.client.paging import Pages
from assay.client.predictions import BatchOutcome, BatchPredictions, PredictionRows, PushReport
from assay.client.replacements import ModelPeriod, NewModel
from assay.client.series import Series
from assay.client.service import BatchService, PredictionRequest, ServiceStats
from assay.client.uploads import Columns, UploadReport
from assay.client.verdict import Gate, Verdict, VerdictReason, VerdictSection
from assay.client.waiting import Patience

__all__ = [
    "Accuracy",
    "AccuracyRevision",
    "AccuracyRow",
    "Actual",
    "ActualColumns",
    "ActualsReport",
    "Ambiguous",
    "AssayClientError",
    "AuditLine",
    "Batch",
    "BatchAccuracy",
    "BatchDrift",
    "BatchMetric",
    "BatchModel",
    "BatchOutcome",
    "BatchPredictions",
    "BatchSeal",
    "BatchService",
    "BatchVersion",
    "Client",
    "Columns",
    "Conflict",
    "CustomMetric",
    "Dataset",
    "Deployment",
    "DriftRow",
    "Erasure",
    "Export",
    "ExportedFile",
    "Feature",
    "FeatureDrift",
    "FileUnusable",
    "Gate",
    "JobColumns",
    "Limits",
    "MetricColumns",
    "MetricSeries",
    "MetricSummary",
    "MetricValue",
    "ModelPackage",
    "ModelPeriod",
    "MonitoringJob",
    "NewMetric",
    "NewModel",
    "NotFound",
    "Pages",
    "Patience",
    "PredictionRequest",
    "PredictionRows",
    "PushReport",
    "Refused",
    "Replacement",
    "RevisionMetric",
    "SealDifference",
    "Series",
    "ServerProblem",
    "ServiceStats",
    "Settings",
    "StillWorking",
    "SubmitReport",
    "Target",
    "TargetDrift",
    "TimeMetric",
    "Unauthorized",
    "Unreachable",
    "UploadReport",
    "Verdict",
    "VerdictReason",
    "VerdictSection",
    "WorkFailed",
]
