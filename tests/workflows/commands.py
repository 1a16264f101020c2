"""What the command line program sends for its commands, call by call."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from tests.workflows import rows
from tests.workflows.wire import Wire

ROWS_A_CALL = 10_000


@dataclass(frozen=True)
class Deployed:
    """A deployment made by these commands, and the rows that its baseline was made from."""

    id: str
    model_id: str
    package_id: str
    training: pd.DataFrame
    holdout: pd.DataFrame
    classes: tuple[str, ...] = ()

    def path(self, *parts: str) -> str:
        """A path below the deployment."""
        return "/".join(["deployments", self.id, *parts]) + "/"


def sent_time(moment: datetime) -> str:
    """A moment as the program and the library write it: a blank for the T, thousandths, no colon in the offset.

    >>> sent_time(datetime(2026, 11, 23, 10, 31, 31, 323000, UTC))
    '2026-11-23 10:31:31.323+0000'
    """
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"


def recently(**ago: float) -> datetime:
    """A moment so long ago, to the thousandth of a second."""
    now = datetime.now(UTC) - timedelta(**ago)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


# ------------------------------------------------------------------ data sets, models, deployments


def upload_dataset(wire: Wire, name: str, content: bytes) -> str:
    """``dataset upload``: the id of the data set, once it has been read."""
    answer = wire.done("POST", "datasets/fromFile/", files={"file": (name, content)})
    wire.finished(answer)
    return str(answer.json()["catalogId"])


def create_model(wire: Wire, config: dict[str, Any], **more: Any) -> str:
    """``model create``: the id of the package."""
    return str(wire.post("modelPackages/fromJSON/", {**config, **more}).json()["id"])


def deploy_model(wire: Wire, package_id: str, label: str, settings: dict[str, Any] | None = None, **more: Any) -> str:
    """``model deploy``: makes the deployment, waits, switches drift on and what else is told, and waits again."""
    body = {"modelPackageId": package_id, "label": label, "description": "", **more}
    answer = wire.post("deployments/fromModelPackage/", body)
    wire.finished(answer)
    deployment_id = str(answer.json()["id"])
    wanted = {"targetDrift": {"enabled": True}, "featureDrift": {"enabled": True}, **(settings or {})}
    changed = wire.patch(f"deployments/{deployment_id}/settings/", wanted)
    assert changed.status_code == 202
    wire.finished(changed)
    return deployment_id


BATCHES = {"batchMonitoring": {"enabled": True}}


def deployed(
    wire: Wire,
    target: dict[str, Any],
    training: pd.DataFrame,
    holdout: pd.DataFrame,
    settings: dict[str, Any] | None = None,
) -> Deployed:
    """A model in service with batches, by the commands from the data sets on."""
    datasets = {
        "trainingDataCatalogId": upload_dataset(wire, "training.csv", rows.csv(training)),
        "holdoutDataCatalogId": upload_dataset(wire, "holdout.csv", rows.csv(holdout)),
    }
    name = f"{target['name']} model"
    package_id = create_model(wire, {"name": name, "target": target}, datasets=datasets)
    deployment_id = deploy_model(
        wire, package_id, f"{target['name']} service", BATCHES if settings is None else settings
    )
    return Deployed(
        id=deployment_id,
        model_id=str(wire.read(f"deployments/{deployment_id}/")["model"]["id"]),
        package_id=package_id,
        training=training,
        holdout=holdout,
        classes=tuple(target.get("classNames", ())),
    )


CHURN = {"name": "outcome", "type": "Binary", "classNames": ["Yes", "No"], "predictionProbabilitiesColumn": "Yes"}
DELAY = {"name": "minutes", "type": "Regression", "predictionProbabilitiesColumn": "predicted"}
KIND = {"name": "outcome", "type": "Multiclass", "classNames": list(rows.KINDS)}
FLAGS = {"name": "outcome", "type": "Binary", "classNames": ["1", "0"], "predictionProbabilitiesColumn": "score"}


def churn_service(wire: Wire, settings: dict[str, Any] | None = None) -> Deployed:
    """The binary model in service."""
    columns = [*rows.CHURN_FEATURES, "outcome"]
    holdout = rows.churn(2, 300)[[*columns, "Yes"]]
    return deployed(wire, CHURN, rows.churn(1, 500)[columns], holdout, settings)


def delay_service(wire: Wire) -> Deployed:
    """The regression in service."""
    columns = [*rows.DELAY_FEATURES, "minutes"]
    return deployed(wire, DELAY, rows.delay(3, 400)[columns], rows.delay(4, 200)[[*columns, "predicted"]])


def kind_service(wire: Wire) -> Deployed:
    """The model of three classes in service."""
    columns = [*rows.KIND_FEATURES, "outcome"]
    return deployed(wire, KIND, rows.kind(5, 300)[columns], rows.kind(6, 200)[columns])


def flags_service(wire: Wire) -> Deployed:
    """The binary model of classes like numbers in service."""
    return deployed(wire, FLAGS, rows.flags(7, 300)[["weight", "outcome"]], rows.flags(8, 200).drop(columns="key"))


def create_batch(wire: Wire, deployed: Deployed, name: str = "a batch", **more: Any) -> str:
    """``batch create``: the id of the batch."""
    answer = wire.post(deployed.path("monitoringBatches"), {"batchName": name, **more})
    return str(answer.json()["id"])


# ------------------------------------------------------------------ reports


def pairs(frame: pd.DataFrame, order: Sequence[str] = ("Yes", "No")) -> list[list[float]]:
    """Probabilities, a column a class, in this order."""
    return [list(entry) for entry in frame[list(order)].itertuples(index=False)]


def one_hot(frame: pd.DataFrame, column: str, order: Sequence[str]) -> list[list[float]]:
    """What the program makes of a column of labels."""
    return [[float(label == name) for name in order] for label in frame[column]]


def inputs(
    deployed: Deployed,
    frame: pd.DataFrame,
    predictions: list[Any],
    *,
    at: datetime,
    batch_id: str | None = None,
    names: Sequence[str] | None = None,
    keys: bool = True,
    order: Sequence[str] | None = None,
) -> dict[str, Any]:
    """One element of ``predictionInputs``: all columns of the file, unless ``names`` chooses."""
    element: dict[str, Any] = {
        "timestamp": sent_time(at),
        "modelId": deployed.model_id,
        "features": rows.features(frame, names),
        "predictions": predictions,
    }
    if order or deployed.classes:
        element["classNames"] = list(order or deployed.classes)
    if keys:
        element["associationIds"] = frame["key"].tolist()
    return element if batch_id is None else {**element, "batchId": batch_id}


def request(
    deployed: Deployed,
    predictions: int,
    *,
    at: datetime,
    batch_id: str | None = None,
    milliseconds: float | None = 10,
    user_error: bool = False,
    system_error: bool = False,
) -> dict[str, Any]:
    """One element of ``predictionRequests``."""
    element: dict[str, Any] = {
        "timestamp": sent_time(at),
        "modelId": deployed.model_id,
        "numPredictions": predictions,
        "executionTime": milliseconds,
        "userError": user_error,
        "systemError": system_error,
    }
    return element if batch_id is None else {**element, "batchId": batch_id}


def send_inputs(wire: Wire, deployed: Deployed, *elements: dict[str, Any], **more: Any) -> None:
    """One call of rows."""
    body = {"data": list(elements), "skipDriftTracking": False, "skipAccuracyTracking": False, **more}
    wire.report(deployed.path("predictionInputs", "fromJSON"), body)


def send_requests(wire: Wire, deployed: Deployed, *elements: dict[str, Any]) -> None:
    """One call of service figures."""
    wire.report(deployed.path("predictionRequests", "fromJSON"), {"data": list(elements)})


def report_predictions(
    wire: Wire,
    deployed: Deployed,
    frame: pd.DataFrame,
    predictions: list[Any],
    *,
    at: datetime | None = None,
    milliseconds: float = 10,
    **more: Any,
) -> None:
    """``predictions report``: two calls for each block of the file, several of them at once and in any order."""
    moment = recently(hours=1) if at is None else at
    batch_id = more.get("batch_id")
    calls: list[Any] = []
    for start in range(0, len(frame), ROWS_A_CALL):
        block, chunk = frame.iloc[start : start + ROWS_A_CALL], predictions[start : start + ROWS_A_CALL]
        element = inputs(deployed, block, chunk, at=moment, **more)
        figures = request(deployed, len(block), at=moment, batch_id=batch_id, milliseconds=milliseconds)
        calls += [(send_inputs, element), (send_requests, figures)]
    order = np.random.default_rng(0).permutation(len(calls))
    with ThreadPoolExecutor(4) as at_once:
        started = [at_once.submit(calls[place][0], wire, deployed, calls[place][1]) for place in order]
        for call in started:
            call.result()


def report_churn(wire: Wire, deployed: Deployed, frame: pd.DataFrame, batch_id: str | None = None, **more: Any) -> None:
    """``predictions report`` of the binary model, with both probability columns named."""
    report_predictions(wire, deployed, frame, pairs(frame), batch_id=batch_id, **more)


def report_actuals(wire: Wire, deployed: Deployed, frame: pd.DataFrame, column: str = "outcome", **more: Any) -> None:
    """``actuals report``: asks for the kind of target, then sends outcomes; done when the server says so."""
    assert wire.read(deployed.path())["model"]["targetType"] in {"Binary", "Multiclass", "Regression"}
    for start in range(0, len(frame), ROWS_A_CALL):
        block = frame.iloc[start : start + ROWS_A_CALL]
        data = [
            {"associationId": str(key), "actualValue": value, **more}
            for key, value in zip(block["key"], rows.values(block[column]), strict=True)
        ]
        answer = wire.report(deployed.path("actuals", "fromJSON"), {"data": data})
        assert isinstance(answer.json(), dict)
        wire.finished(answer)


# ------------------------------------------------------------------ reads


def batch_of(wire: Wire, deployed: Deployed, batch_id: str) -> dict[str, Any]:
    """``batch get --service-stats``."""
    return dict(wire.read(deployed.path("monitoringBatches", batch_id)))


def predictions_of(wire: Wire, deployed: Deployed, batch_id: str) -> dict[str, Any]:
    """``batch get --data-drift``: what was predicted in the batch."""
    (bucket,) = wire.read(deployed.path("predictionsOverBatch"), batchId=batch_id)["buckets"]
    return dict(bucket)


def drift_of(wire: Wire, deployed: Deployed, **params: Any) -> dict[str, Any]:
    """Drift score of each feature."""
    return {item["name"]: item["driftScore"] for item in wire.pages(deployed.path("featureDrift"), **params)}


def accuracy_of(wire: Wire, deployed: Deployed, **params: Any) -> dict[str, Any]:
    """Each metric's value."""
    found = wire.read(deployed.path("accuracy"), **params)["data"]
    return {item["metricName"]: item["value"] for item in found}


def service_of(wire: Wire, deployed: Deployed, **params: Any) -> dict[str, Any]:
    """Service figures of some batches."""
    return dict(wire.read(deployed.path("batchServiceStats"), **params)["metrics"])
