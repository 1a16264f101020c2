"""Replacing the model of a deployment, and which models it had."""

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from assay.client.bodies import Progress
from assay.client.datasets import Datasets
from assay.client.deployment import Deployment, DeploymentLike, deployment_id_of
from assay.client.errors import AssayClientError
from assay.client.model_packages import ModelPackage, ModelPackages, Target
from assay.client.paging import Pages
from assay.client.shapes import At, Shape
from assay.client.transport import Transport, path_of

Reason = Literal["ACCURACY", "DATA_DRIFT", "ERRORS", "SCHEDULED_REFRESH", "SCORING_SPEED", "DEPRECATION", "OTHER"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPeriod(Shape):
    """One service of a model in a deployment.

    Attributes
    ----------
    replaced_at : datetime or None
        None for the present model.
    reason : str or None
        Why it came; None for a deployment's first model.
    """

    model_id: str
    model_package_id: str
    model_package_name: str
    deployed_at: datetime
    replaced_at: datetime | None = None
    reason: str | None = None
    deployed_by: Annotated[str | None, At("deployedBy.name")] = None


@dataclass(frozen=True, slots=True)
class NewModel:
    """The data of a model that is yet to be registered; it predicts what the present model does.

    Attributes
    ----------
    training, holdout : str or Path
        Tables that its baseline is made of, as for a new deployment.
    name : str or None
        Name of its package; the deployment's label unless told.
    feature_importance : mapping of str to float, or None
    """

    training: str | Path
    holdout: str | Path | None = None
    name: str | None = None
    feature_importance: Mapping[str, float] | None = None


class Replacements:
    """The part of ``client.deployments`` that looks after their models."""

    def __init__(self, transport: Transport, datasets: Datasets, model_packages: ModelPackages) -> None:
        self._transport = transport
        self._datasets = datasets
        self._model_packages = model_packages

    def get(self, deployment_id: str) -> Deployment:
        """One deployment.

        Raises
        ------
        NotFound
        AssayClientError
        """
        return Deployment.of(self._transport.get(path_of("deployments", deployment_id)))

    def replace_model(
        self,
        deployment: DeploymentLike,
        model: NewModel | str,
        *,
        reason: Reason = "OTHER",
        progress: Progress | None = None,
    ) -> Deployment:
        """Put another model into service, and wait until its baseline is ready.

        Rows of the former model keep their figures; ask for them with its ``model_id``.

        Parameters
        ----------
        deployment : Deployment or str
        model : NewModel or str
            The data of a new model, or the id of a model package that the server has. When a step fails, what was
            made of the data is deleted again and the deployment keeps its model.
        reason : str, default "OTHER"
        progress : callable, optional
            Told again and again how many bytes of how many have been sent, for one file after the other.

        Raises
        ------
        WorkFailed, Refused
            When the model predicts something else, or its data cannot serve as a baseline; the message says why.
        AssayClientError
        """
        deployment_id = deployment_id_of(deployment)
        with ExitStack() as undo:
            package_id = model
            if not isinstance(model, str):
                package_id = self._register(self.get(deployment_id), model, progress, undo).id
            body = {"modelPackageId": package_id, "reason": reason}
            answer = self._transport.patch(path_of("deployments", deployment_id, "model"), body)
            self._transport.wait(answer, "Replacing the model")
            undo.pop_all()
        return self.get(deployment_id)

    def model_history(self, deployment: DeploymentLike) -> Pages[ModelPeriod]:
        """The models that the deployment has and had, the present one first.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        path = path_of("deployments", deployment_id_of(deployment), "modelHistory")
        return Pages(self._transport, path, {}, ModelPeriod.of)

    def _register(
        self, deployment: Deployment, model: NewModel, progress: Progress | None, undo: ExitStack
    ) -> ModelPackage:
        present = self._model_packages.get(str(deployment.model_package_id))
        training_id = self._upload(model.training, progress, undo)
        holdout_id = None if model.holdout is None else self._upload(model.holdout, progress, undo)
        package = self._model_packages.create(
            model.name or deployment.label,
            target_of(present),
            training_dataset_id=training_id,
            holdout_dataset_id=holdout_id,
            feature_importance=model.feature_importance,
        )
        undo.callback(quietly, self._model_packages.archive, package.id)
        return package

    def _upload(self, path: str | Path, progress: Progress | None, undo: ExitStack) -> str:
        dataset = self._datasets.upload(path, progress=progress)
        undo.callback(quietly, self._datasets.delete, dataset.id)
        return dataset.id


def target_of(package: ModelPackage) -> Target:
    """What a model package predicts."""
    return Target(
        package.target_name,
        package.target_type,  # type: ignore[arg-type]  # the server knows the same three
        package.class_names,
        package.threshold,
        package.prediction_column,
    )


def quietly(act: Any, object_id: str) -> None:
    """Undo something; that it cannot be undone must not hide why it was to be."""
    with suppress(AssayClientError):
        act(object_id)
