"""What a deployment can do here, in the names of the public API, and why not where it cannot."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.monitoring import access
from assay.records.deployments import Deployment

if TYPE_CHECKING:
    from assay.monitoring.context import Context
    from assay.records.users import User


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that a deployment can do, or not.

    Attributes
    ----------
    message : str or None
        Why it cannot, or what is needed first.
    """

    name: str
    supported: bool
    message: str | None = None


_NO_SCORING = "Assay watches predictions and makes none."
_NO_TIME_SERIES = "Assay has no time series models."

_ALWAYS = (
    Capability("supportsModelReplacement", supported=True),
    Capability("supportsTargetDriftTracking", supported=True),
    Capability("supportsFeatureDriftTracking", supported=True),
    Capability("supportsPredictionsDataCollection", supported=True),
    Capability("supportsAutomaticActuals", supported=False, message=_NO_TIME_SERIES),
    Capability("supportsPredictionIntervals", supported=False, message=_NO_TIME_SERIES),
    Capability("supportsPredictionsByForecastDate", supported=False, message=_NO_TIME_SERIES),
    Capability("supportsChallengerModels", supported=False, message=f"{_NO_SCORING} The setting is only kept."),
    Capability("supportsHumilityRules", supported=False, message=f"{_NO_SCORING} The setting is only kept."),
    Capability("supportsPredictionWarning", supported=False, message=f"{_NO_SCORING} The setting is only kept."),
    Capability("supportsPredictionExplanations", supported=False, message=_NO_SCORING),
    Capability("supportsRetraining", supported=False, message="Assay trains no models."),
    Capability("supportsSecondaryDatasetConfigurations", supported=False, message=_NO_SCORING),
    Capability("supportsFairness", supported=False, message="Fairness is not tracked. The setting is only kept."),
)


def of(deployment: Deployment) -> list[Capability]:
    """What this deployment can do."""
    settings = deployment.settings
    joined = settings.association_id_column is not None
    return [
        Capability("supportsBatchMonitoring", supported=True),
        Capability(
            "supportsAccuracy",
            supported=True,
            message=None
            if joined
            else "Actuals are joined by association id: send one with each row, or set its column.",
        ),
        Capability(
            "supportsSegmentedAnalysisDriftAndAccuracy",
            supported=True,
            message=None if settings.segmented_by else "No segments are set: segmentAnalysis takes their attributes.",
        ),
        *_ALWAYS,
    ]


def get(ctx: "Context", caller: "User", deployment_id: str) -> list[Capability]:
    """What a deployment can do."""
    with ctx.store.snapshot() as tx:
        return of(access.deployment(tx, caller, deployment_id))
