"""Model packages: what is deployed, with its target, data sets and features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from assay.client.paging import Pages
from assay.client.shapes import At, Shape
from assay.client.transport import Transport, path_of

TargetType = Literal["Binary", "Multiclass", "Regression"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a model predicts.

    Attributes
    ----------
    name : str
        Column of the training data that holds the outcome.
    type : {"Binary", "Multiclass", "Regression"}
    class_names : tuple of str
        For a binary target the positive class first; empty for regression.
    threshold : float or None
        Score from which on a row counts as predicted positive; the server takes 0.5 when None. Binary only.
    prediction_column : str or None
        Column of training, holdout and later files that holds the positive class's probability, or the
        predicted value.
    """

    name: str
    type: TargetType
    class_names: tuple[str, ...] = ()
    threshold: float | None = None
    prediction_column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage(Shape):
    """A registered model version."""

    id: str
    name: str
    model_id: str
    target_name: Annotated[str, At("target.name")]
    target_type: Annotated[str, At("target.type")]
    class_names: Annotated[tuple[str, ...], At("target.classNames")] = ()
    threshold: Annotated[float | None, At("target.predictionThreshold")] = None
    prediction_column: Annotated[str | None, At("target.predictionProbabilitiesColumn")] = None
    training_dataset_id: Annotated[str | None, At("datasets.trainingDataCatalogId")] = None
    holdout_dataset_id: Annotated[str | None, At("datasets.holdoutDataCatalogId")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature(Shape):
    """One input column of a model; importance in [0, 1], 1 for the most important, None if unknown."""

    name: str
    type: Annotated[str | None, At("featureType")] = None
    importance: float | None = None


class ModelPackages:
    """``client.model_packages``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        name: str,
        target: Target,
        *,
        training_dataset_id: str,
        holdout_dataset_id: str | None = None,
        feature_importance: Mapping[str, float] | None = None,
    ) -> ModelPackage:
        """Register a model version.

        Parameters
        ----------
        name : str
        target : Target
        training_dataset_id, holdout_dataset_id : str
            Data sets that the baseline is made of: features from the training data, predictions and accuracy
            from the holdout.
        feature_importance : mapping of str to float, optional
            How much the model leans on each feature; the greatest counts as 1.

        Raises
        ------
        Refused
            When target and data do not fit together; the message says how.
        AssayClientError
        """
        body: dict[str, Any] = {
            "name": name,
            "target": _target_json(target),
            "datasets": _given(trainingDataCatalogId=training_dataset_id, holdoutDataCatalogId=holdout_dataset_id),
        }
        if feature_importance is not None:
            body["featureImportance"] = dict(feature_importance)
        return ModelPackage.of(self._transport.post("modelPackages/fromJSON/", body).json)

    def get(self, package_id: str) -> ModelPackage:
        """One model package.

        Raises
        ------
        NotFound
        AssayClientError
        """
        return ModelPackage.of(self._transport.get(path_of("modelPackages", package_id)))

    def list(self, *, search: str | None = None, page_size: int | None = None) -> Pages[ModelPackage]:
        """All model packages that the caller may see, of the given text in their name.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        params = {"search": search, "limit": page_size}
        return Pages(self._transport, "modelPackages/", params, ModelPackage.of)

    def features(self, package_id: str) -> Pages[Feature]:
        """The features of a model package.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, path_of("modelPackages", package_id, "features"), {}, Feature.of)

    def archive(self, package_id: str) -> None:
        """Take a model package out of use.

        Raises
        ------
        NotFound
        AssayClientError
        """
        self._transport.send("POST", path_of("modelPackages", package_id, "archive"))


def _target_json(target: Target) -> dict[str, Any]:
    return _given(
        name=target.name,
        type=target.type,
        classNames=list(target.class_names) or None,
        predictionThreshold=target.threshold,
        predictionProbabilitiesColumn=target.prediction_column,
    )


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
