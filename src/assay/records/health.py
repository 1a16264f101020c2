"""What the health indicators of a deployment look at, and from when on they change.

The groups and their fields are those of the public API; what it does not fix is a choice of ours and said below.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Self

from assay.records.batches import HealthStatus

# How many of the latest batches an indicator may look at.
BATCH_COUNTS = (1, 5, 10, 50, 100, 1_000, 10_000)


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """Service health looks at the last ``batch_count`` batches that have requests."""

    batch_count: int = 1


@dataclass(frozen=True, slots=True)
class DriftRule:
    """When drift health changes.

    Attributes
    ----------
    batch_count : int
        How many of the latest batches are taken together.
    time_interval : str
        ISO 8601 duration, for a deployment without batches.
    drift_threshold : float
        PSI above which a feature has drifted.
    importance_threshold : float
        In [0, 1]; a feature of at least this importance counts as important.
    low_importance_warning_count, low_importance_failing_count : int
        How many drifted features below the importance threshold make a warning or a failure; 0: no number does.
    high_importance_warning_count, high_importance_failing_count : int
        The same of the important ones.
    excluded_features, starred_features : tuple of str
        Features left out, and features that always count as important.
    """

    batch_count: int = 1
    time_interval: str = "P7D"
    drift_threshold: float = 0.15
    importance_threshold: float = 0.5
    low_importance_warning_count: int = 1
    low_importance_failing_count: int = 0
    high_importance_warning_count: int = 0
    high_importance_failing_count: int = 1
    excluded_features: tuple[str, ...] = ()
    starred_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccuracyRule:
    """When accuracy health changes.

    Attributes
    ----------
    metric : str or None
        None: LogLoss for classes, RMSE for numbers.
    measurement : str
        ``percent``: the thresholds are losses against the baseline in percent; ``value``: they are values of the
        metric itself.
    warning_threshold, failing_threshold : float or None
        None: no loss makes it. The defaults are ours.
    """

    batch_count: int = 1
    metric: str | None = None
    measurement: str = "percent"
    warning_threshold: float | None = 5.0
    failing_threshold: float | None = 10.0


@dataclass(frozen=True, slots=True)
class FairnessRule:
    """How many protected classes below the limit make a warning or a failure. Kept; nothing here depends on it."""

    protected_class_warning_count: int = 1
    protected_class_failing_count: int = 2


@dataclass(frozen=True, slots=True)
class CustomCondition:
    """One condition on a custom metric; the operator is ``lt``, ``lte``, ``gt`` or ``gte``."""

    metric_id: str
    compare_operator: str
    threshold: float
    category_name: str | None = None


@dataclass(frozen=True, slots=True)
class CustomRule:
    """Conditions on custom metrics of which any makes a warning or a failure."""

    warning_conditions: tuple[CustomCondition, ...] = ()
    failing_conditions: tuple[CustomCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelinessRule:
    """How often data is expected, as an ISO 8601 duration."""

    enabled: bool = False
    expected_frequency: str = "P1D"


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """All rules of a deployment's health."""

    service: ServiceRule = field(default_factory=ServiceRule)
    data_drift: DriftRule = field(default_factory=DriftRule)
    accuracy: AccuracyRule = field(default_factory=AccuracyRule)
    fairness: FairnessRule = field(default_factory=FairnessRule)
    custom_metrics: CustomRule = field(default_factory=CustomRule)
    predictions_timeliness: TimelinessRule = field(default_factory=TimelinessRule)
    actuals_timeliness: TimelinessRule = field(default_factory=TimelinessRule)

    @classmethod
    def of(cls, changed: dict[str, dict[str, Any]]) -> Self:
        """The defaults with what was changed, by group and field, in the form of the database's JSON.

        Examples
        --------
        >>> HealthSettings.of({"service": {"batch_count": 5}}).service
        ServiceRule(batch_count=5)
        """
        defaults = cls()
        rules = {
            rule.name: replace(
                getattr(defaults, rule.name),
                **{name: _stored(value) for name, value in changed.get(rule.name, {}).items()},
            )
            for rule in fields(cls)
        }
        return cls(**rules)


def _stored(value: Any) -> Any:
    """JSON has lists and objects where the rules have tuples and conditions."""
    if not isinstance(value, list):
        return value
    return tuple(CustomCondition(**one) if isinstance(one, dict) else one for one in value)


@dataclass(frozen=True, slots=True)
class Health:
    """How something does, why, and between which times it was looked at (None: nothing was)."""

    status: HealthStatus
    message: str
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeploymentHealth:
    """The four indicators of a deployment."""

    service: Health
    drift: Health
    accuracy: Health
    fairness: Health
