"""Deployments: models in service whose data is watched."""

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from assay.client.bodies import Progress
from assay.client.deployment import Deployment, DeploymentLike, Settings, deployment_id_of, is_id
from assay.client.errors import Ambiguous, NotFound
from assay.client.model_packages import Feature, Target
from assay.client.paging import Pages
from assay.client.replacements import Replacements, quietly
from assay.client.shapes import Json, read
from assay.client.transport import path_of

__all__ = ["Deployment", "DeploymentLike", "Deployments", "Settings", "deployment_id_of", "is_id"]


class Deployments(Replacements):
    """``client.deployments``."""

    def create(
        self,
        label: str,
        target: Target,
        *,
        training: str | Path,
        holdout: str | Path | None = None,
        association_id: str | None = None,
        feature_importance: Mapping[str, float] | None = None,
        batches: bool = True,
        progress: Progress | None = None,
    ) -> Deployment:
        """Make a deployment from its training and holdout files.

        When a step fails, what the earlier ones made is deleted again.

        Parameters
        ----------
        label : str
        target : Target
        training, holdout : str or Path
            Tables that the baseline is made of: features from the training data, predictions and accuracy
            from the holdout.
        association_id : str, optional
            Column that ties a prediction to its actual.
        feature_importance : mapping of str to float, optional
        batches : bool, default True
            Whether predictions are watched batch by batch.
        progress : callable, optional
            Told again and again how many bytes of how many have been sent, for one file after the other.

        Returns
        -------
        Deployment

        Raises
        ------
        FileUnusable, WorkFailed, Refused
            When files and target do not fit together; the message says how.
        AssayClientError
        """
        with ExitStack() as undo:
            training_id = self._upload(training, progress, undo)
            holdout_id = None if holdout is None else self._upload(holdout, progress, undo)
            package = self._model_packages.create(
                label,
                target,
                training_dataset_id=training_id,
                holdout_dataset_id=holdout_id,
                feature_importance=feature_importance,
            )
            undo.callback(quietly, self._model_packages.archive, package.id)
            deployment_id = self._deploy(package.id, label, undo)
            self.update_settings(deployment_id, _first_settings(association_id, batches=batches))
            undo.pop_all()
        return self.get(deployment_id)

    def from_model_package(self, package_id: str, label: str) -> Deployment:
        """Deploy a model package that the server has.

        Raises
        ------
        WorkFailed, Refused
            When its data cannot serve as a baseline; the message says why.
        AssayClientError
        """
        return self.get(self._deploy(package_id, label, None))

    def list(self, *, search: str | None = None, page_size: int | None = None) -> Pages[Deployment]:
        """All deployments that the caller may see, of the given text in their label.

        Parameters
        ----------
        search : str, optional
        page_size : int, optional
            Most items of one page; all are given in the end.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, "deployments/", {"search": search, "limit": page_size}, Deployment.of)

    def find(self, id_or_label: str) -> Deployment | None:
        """The deployment of this id or this exact label, if there is one.

        Raises
        ------
        Ambiguous
            When several deployments bear the label.
        AssayClientError
        """
        if is_id(id_or_label):
            with suppress(NotFound):
                return self.get(id_or_label)
        found = [one for one in self.list(search=id_or_label) if one.label == id_or_label]
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise Ambiguous(f"{len(found)} deployments are called '{id_or_label}'. Use an id: {ids}.")
        return found[0] if found else None

    def update(self, deployment: DeploymentLike, **changes: str | None) -> Deployment:
        """Change ``label``, ``description`` or ``importance``; only what is given.

        Raises
        ------
        Refused
        AssayClientError
        """
        path = path_of("deployments", deployment_id_of(deployment))
        self._transport.patch(path, changes)
        return self.get(deployment_id_of(deployment))

    def delete(self, deployment: DeploymentLike) -> None:
        """Delete a deployment with all its batches.

        Raises
        ------
        NotFound, Refused
        AssayClientError
        """
        answer = self._transport.send("DELETE", path_of("deployments", deployment_id_of(deployment)))
        self._transport.wait(answer, "Deleting the deployment")

    def settings(self, deployment: DeploymentLike) -> Settings:
        """What the deployment tracks.

        Raises
        ------
        AssayClientError
        """
        return Settings.of(self._transport.get(path_of("deployments", deployment_id_of(deployment), "settings")))

    def update_settings(self, deployment: DeploymentLike, changes: Json) -> Settings:
        """Change settings and wait until they hold.

        Parameters
        ----------
        deployment : Deployment or str
        changes : dict
            Members of the settings as the API names them; what is left out stays. For example
            ``{"batchMonitoring": {"enabled": True}}``.

        Raises
        ------
        Refused
        AssayClientError
        """
        path = path_of("deployments", deployment_id_of(deployment), "settings")
        self._transport.wait(self._transport.patch(path, changes), "Changing the settings")
        return self.settings(deployment)

    def features(self, deployment: DeploymentLike) -> Pages[Feature]:
        """The features of the current model.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        path = path_of("deployments", deployment_id_of(deployment), "features")
        return Pages(self._transport, path, {}, Feature.of)

    def _deploy(self, package_id: str, label: str, undo: ExitStack | None) -> str:
        body = {"modelPackageId": package_id, "label": label}
        answer = self._transport.post("deployments/fromModelPackage/", body)
        deployment_id = read(str, (answer.json or {}).get("id"), "id")
        if undo is not None:
            undo.callback(quietly, self.delete, deployment_id)
        self._transport.wait(answer, f"Deploying '{label}'")
        return deployment_id


def _first_settings(association_id: str | None, *, batches: bool) -> Json:
    settings: Json = {
        "batchMonitoring": {"enabled": batches},
        "targetDrift": {"enabled": True},
        "featureDrift": {"enabled": True},
    }
    if association_id is not None:
        settings["associationId"] = {"columnNames": [association_id], "requiredInPredictionRequests": False}
    return settings
