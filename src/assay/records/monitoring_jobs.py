"""Monitoring jobs: rows that come as a whole, are counted by the server, and are given back with a status each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assay.records.job_specs import JobSpec
from assay.records.schedules import Schedule


class JobStatus(StrEnum):
    """How far a monitoring job has come."""

    INITIALIZING = "INITIALIZING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    ABORTED = "ABORTED"
    FAILED = "FAILED"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in {JobStatus.INITIALIZING, JobStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class MonitoringJob:
    """One monitoring job.

    Attributes
    ----------
    source : str
        What started it: ``api``, ``definition`` (on demand) or ``schedule``.
    due_at : datetime or None
        The moment of its definition's schedule that it was made for.
    task_id : str or None
        The queued work that runs it; None until its rows are there.
    attempt : int
        The attempt of that work which wrote the figures and the result.
    is_counted : bool
        Whether its rows count already: from then on it cannot be cancelled any more.
    scored_rows, failed_rows, skipped_rows : int
        Rows counted, rows left out because they cannot be read, rows that had nothing to report.
    intake_size, output_size : int or None
        Bytes in, bytes out.
    queue_position : int or None
        Its place among the work that waits, from 1; None unless it waits.
    """

    id: str
    deployment_id: str
    spec: JobSpec
    model_id: str
    status: JobStatus
    details: str
    source: str
    definition_id: str | None
    due_at: datetime | None
    created_at: datetime
    created_by_id: str
    created_by_name: str
    started_at: datetime | None
    finished_at: datetime | None
    task_id: str | None
    intake_key: str | None
    batch_id: str | None
    upload_id: str | None
    attempt: int
    is_counted: bool
    scored_rows: int
    failed_rows: int
    skipped_rows: int
    percent: float
    intake_size: int | None
    output_size: int | None
    results_deleted: bool
    logs: tuple[str, ...]
    queue_position: int | None = None

    @property
    def prefix(self) -> str:
        """Where its bytes lie in the blob store."""
        return f"monitoring_jobs/{self.id}"

    @property
    def result_key(self) -> str:
        """Blob of its rows with their status."""
        return f"{self.prefix}/attempt-{self.attempt}/result.csv"

    @property
    def has_result(self) -> bool:
        """Whether its rows can be downloaded."""
        return self.status is JobStatus.COMPLETED and not self.results_deleted

    def elapsed_sec(self, now: datetime) -> int:
        """Whole seconds that it has run so far, or ran in all."""
        if self.started_at is None:
            return 0
        return max(0, int(((self.finished_at or now) - self.started_at).total_seconds()))


@dataclass(frozen=True, slots=True)
class JobPart:
    """One part of the rows that are uploaded in parts."""

    number: int
    blob_key: str
    size: int


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which monitoring jobs are wanted; None and empty mean no such filter."""

    owner_id: str | None = None
    created_by_id: str | None = None
    deployment_id: str | None = None
    model_id: str | None = None
    job_id: str | None = None
    definition_id: str | None = None
    statuses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    intake_types: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
    order_by: str = "-created"


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A monitoring job to be run again, on demand or by a schedule.

    Attributes
    ----------
    next_run_at : datetime or None
        When it is due next; None unless it is enabled and has a schedule.
    last_scheduled_at : datetime or None
        When it was due last.
    last_started : tuple of (str, datetime) or None
        Status and time of its latest job.
    last_success_at, last_failure_at : datetime or None
        When a job of it last ended well, and when one last failed.
    """

    id: str
    deployment_id: str
    name: str
    enabled: bool
    schedule: Schedule | None
    spec: JobSpec
    created_at: datetime
    created_by_id: str
    created_by_name: str
    updated_at: datetime
    updated_by_id: str
    updated_by_name: str
    next_run_at: datetime | None
    last_scheduled_at: datetime | None
    last_started: tuple[str, datetime] | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
