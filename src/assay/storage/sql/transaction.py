"""One transaction: a connection and a repository per resource."""

import sqlalchemy as sa

from assay.storage.sql.accuracy import AccuracyStates
from assay.storage.sql.accuracy_revisions import AccuracyRevisions
from assay.storage.sql.actuals import Actuals
from assay.storage.sql.audit_log import AuditLog
from assay.storage.sql.batch_versions import BatchVersions
from assay.storage.sql.batches import Batches
from assay.storage.sql.blob_references import BlobReferences
from assay.storage.sql.custom_metric_values import CustomMetricValues
from assay.storage.sql.custom_metrics import CustomMetrics
from assay.storage.sql.datasets import Datasets
from assay.storage.sql.deployments import Deployments
from assay.storage.sql.environments import PredictionEnvironments
from assay.storage.sql.erasures import Erasures
from assay.storage.sql.events import RemoteEvents
from assay.storage.sql.exports import Exports
from assay.storage.sql.health import HealthChanges
from assay.storage.sql.idempotency_keys import IdempotencyKeys
from assay.storage.sql.job_definitions import JobDefinitions
from assay.storage.sql.jobs import Jobs
from assay.storage.sql.kept_uploads import KeptUploads
from assay.storage.sql.model_history import ModelHistory
from assay.storage.sql.models import Baselines, ModelPackages
from assay.storage.sql.monitoring_jobs import MonitoringJobs
from assay.storage.sql.outcomes import Outcomes
from assay.storage.sql.profiles import Profiles
from assay.storage.sql.seals import Seals
from assay.storage.sql.segments import Segments
from assay.storage.sql.service import ServiceRequests
from assay.storage.sql.upkeep import Upkeep
from assay.storage.sql.uploads import PredictionKeys, Uploads
from assay.storage.sql.users import Tokens, Users
from assay.storage.sql.verdicts import Verdicts


class Transaction:
    """Everything that can be read or written together; ``writing`` tells a transaction from a snapshot."""

    def __init__(self, connection: sa.Connection, *, writing: bool = False) -> None:
        self.users = Users(connection)
        self.tokens = Tokens(connection)
        self.jobs = Jobs(connection)
        self.idempotency_keys = IdempotencyKeys(connection)
        self.datasets = Datasets(connection, writing=writing)
        self.model_packages = ModelPackages(connection)
        self.baselines = Baselines(connection)
        self.deployments = Deployments(connection, writing=writing)
        self.model_history = ModelHistory(connection)
        self.health_changes = HealthChanges(connection)
        self.prediction_environments = PredictionEnvironments(connection, writing=writing)
        self.remote_events = RemoteEvents(connection)
        self.batches = Batches(connection)
        self.seals = Seals(connection)
        self.audit_log = AuditLog(connection)
        self.batch_versions = BatchVersions(connection)
        self.uploads = Uploads(connection)
        self.prediction_keys = PredictionKeys(connection)
        self.profiles = Profiles(connection)
        self.segments = Segments(connection)
        self.actuals = Actuals(connection)
        self.accuracy = AccuracyStates(connection)
        self.accuracy_revisions = AccuracyRevisions(connection)
        self.service_requests = ServiceRequests(connection)
        self.verdicts = Verdicts(connection)
        self.monitoring_jobs = MonitoringJobs(connection)
        self.job_definitions = JobDefinitions(connection)
        self.custom_metrics = CustomMetrics(connection)
        self.custom_metric_values = CustomMetricValues(connection)
        self.exports = Exports(connection)
        self.kept_uploads = KeptUploads(connection)
        self.outcomes = Outcomes(connection)
        self.erasures = Erasures(connection)
        self.upkeep = Upkeep(connection)
        self.blob_references = BlobReferences(connection)
