"""What is judged: one model in one batch, by the settings of its deployment."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.monitoring.context import Context
from assay.monitoring.watched import WatchedModel
from assay.records.batches import Batch
from assay.records.deployments import VerdictRule
from assay.records.health import HealthSettings

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True)
class Subject:
    """Whose verdict is wanted, read in one transaction."""

    ctx: Context
    tx: "Transaction"
    model: WatchedModel
    batch: Batch
    health: HealthSettings

    @property
    def rule(self) -> VerdictRule:
        """Levels and gates that the deployment's settings name."""
        return self.model.deployment.settings.verdict

    @property
    def settings(self) -> dict[str, Any]:
        """What the judgement goes by, for readers of it."""
        drift, accuracy = self.health.data_drift, self.health.accuracy
        return {
            "alpha": self.rule.alpha,
            "bigPsi": self.rule.big_psi,
            "bigRate": self.rule.big_rate,
            "importanceThreshold": drift.importance_threshold,
            "excludedFeatures": list(drift.excluded_features),
            "starredFeatures": list(drift.starred_features),
            "accuracyMetric": accuracy.metric,
            "accuracyMeasurement": accuracy.measurement,
            "accuracyWarningThreshold": accuracy.warning_threshold,
            "accuracyFailingThreshold": accuracy.failing_threshold,
        }
