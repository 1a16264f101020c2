"""Models: what is deployed, and how its columns are to be read."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class TargetType(StrEnum):
    """What a model predicts."""

    BINARY = "Binary"
    MULTICLASS = "Multiclass"
    REGRESSION = "Regression"


class FeatureKind(StrEnum):
    """How the values of a feature are read."""

    NUMERIC = "Numeric"
    CATEGORICAL = "Categorical"
    BINARY = "Binary"
    TEXT = "Text"
    DATE = "Date"


@dataclass(frozen=True, slots=True)
class Feature:
    """One input column of a model; importance in [0, 1], 1 for the most important, None if unknown."""

    name: str
    kind: FeatureKind
    importance: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is predicted.

    Attributes
    ----------
    class_names : tuple of str
        Empty for regression. For a binary target the positive class comes first.
    threshold : float
        Score from which on a row counts as predicted positive (binary only).
    prediction_column : str or None
        Column of the training and holdout data, and by default of uploaded files, that holds the prediction:
        the positive class's probability, or the predicted value.
    """

    name: str
    type: TargetType
    class_names: tuple[str, ...] = ()
    threshold: float = 0.5
    prediction_column: str | None = None


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A registered model version: target, data sets, features."""

    id: str
    owner_id: str
    name: str
    model_id: str
    target: Target
    description: dict[str, Any]
    training_dataset_id: str | None
    holdout_dataset_id: str | None
    features: tuple[Feature, ...]
    created_at: datetime
    archived_at: datetime | None

    def can_replace(self, other: "ModelPackage") -> bool:
        """Whether both predict the same: one target, of one type, with the same classes in any order."""
        mine, theirs = self.target, other.target
        return (mine.type, mine.name, set(mine.class_names)) == (theirs.type, theirs.name, set(theirs.class_names))

    def feature(self, name: str) -> Feature | None:
        """The feature of this name, if the model has it."""
        return next((f for f in self.features if f.name == name), None)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a model's batches are compared with; immutable.

    The bytes are written and read by ``assay.stats``: bins frozen from the training data, the training data's
    profile over them, the same two for the holdout's predictions, and the holdout's accuracy accumulators.
    The last two are None without a holdout that has predictions; the bins then have a single cell.
    """

    id: str
    model_package_id: str
    rows: int
    holdout_rows: int
    feature_bins: bytes = field(repr=False)
    feature_profile: bytes = field(repr=False)
    prediction_bins: bytes = field(repr=False)
    prediction_profile: bytes | None = field(repr=False)
    accuracy: bytes | None = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PackageQuery:
    """Which model packages are wanted; None means no such filter.

    Attributes
    ----------
    similar_to : ModelPackage or None
        Keep packages of the same target type, target and classes, but not this one itself.
    threshold : float or None
        Keep binary packages with this prediction threshold.
    """

    search: str | None = None
    model_id: str | None = None
    similar_to: ModelPackage | None = None
    threshold: float | None = None

    def keeps(self, package: ModelPackage) -> bool:
        """Whether a package passes the filters that look into its target."""
        return self._keeps_threshold(package) and self._keeps_target(package)

    @property
    def looks_into_targets(self) -> bool:
        """Whether `keeps` must be asked."""
        return self.similar_to is not None or self.threshold is not None

    def _keeps_threshold(self, package: ModelPackage) -> bool:
        target = package.target
        return self.threshold is None or (target.type is TargetType.BINARY and target.threshold == self.threshold)

    def _keeps_target(self, package: ModelPackage) -> bool:
        return self.similar_to is None or (package.id != self.similar_to.id and package.can_replace(self.similar_to))
