"""What a process counts of its own work, for Prometheus. Labels are words of the program, never ids or names."""

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from assay.records.jobs import Backlog

Rows = Literal["predictions", "aggregates", "actuals"]
Outcome = Literal["done", "refused", "failed", "lost", "postponed", "handed_back"]

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
JOB_SECONDS = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0)


@dataclass(frozen=True, slots=True)
class Stock:
    """What is read from the database when somebody asks for the meters."""

    backlog: Backlog
    database_bytes: int


class Meters:
    """Counters, histograms and gauges in a registry of their own: two servers in one process do not share them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        mine = self.registry
        self._requests = Counter("assay_requests", "Answered requests.", ["operation", "status"], registry=mine)
        self._request_seconds = Histogram(
            "assay_request_seconds",
            "Seconds from the first byte of a request to the last of its answer.",
            ["operation"],
            buckets=REQUEST_SECONDS,
            registry=mine,
        )
        self._rows = Counter("assay_rows_taken_in", "Rows that were stored and count.", ["kind"], registry=mine)
        self._jobs = Counter("assay_job_attempts", "Attempts of jobs that ended.", ["kind", "outcome"], registry=mine)
        self._job_seconds = Histogram(
            "assay_job_seconds", "Seconds that an attempt took.", ["kind"], buckets=JOB_SECONDS, registry=mine
        )
        self._held = Gauge("assay_jobs", "Jobs in the queue by state.", ["state"], registry=mine)
        self._due = Gauge("assay_jobs_due", "Jobs that could run now and wait for a worker.", registry=mine)
        self._oldest = Gauge(
            "assay_oldest_due_job_seconds", "How long the oldest of them has waited; 0 without any.", registry=mine
        )
        self._bytes = Gauge("assay_database_bytes", "Size of the metadata database.", registry=mine)

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count a request; statuses are told apart by their hundreds."""
        self._requests.labels(operation, f"{status // 100}xx").inc()
        self._request_seconds.labels(operation).observe(seconds)

    def took_in(self, kind: Rows, rows: int) -> None:
        """Count rows that are stored."""
        self._rows.labels(kind).inc(rows)

    def worked(self, kind: str, outcome: Outcome, seconds: float) -> None:
        """Count an attempt of a job."""
        self._jobs.labels(kind, outcome).inc()
        self._job_seconds.labels(kind).observe(seconds)

    def exposition(self, stock: Stock) -> bytes:
        """All of it in Prometheus' text format, with what the database told."""
        backlog = stock.backlog
        for state, count in (("queued", backlog.queued), ("running", backlog.running), ("failed", backlog.failed)):
            self._held.labels(state).set(count)
        self._due.set(backlog.due)
        self._oldest.set(backlog.oldest_seconds)
        self._bytes.set(stock.database_bytes)
        return generate_latest(self.registry)
