"""Seeded data of two models, and the bodies that bring it to the server."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.serving import Production, Served, User

FORMS = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
CLASSES = ("yes", "no")


@dataclass(frozen=True)
class Ready:
    """A deployment that is ready for batches, and the data it was made from."""

    id: str
    model_id: str
    package_id: str
    training: pl.DataFrame
    holdout: pl.DataFrame
    classes: tuple[str, ...] = ()

    def path(self, *parts: str) -> str:
        """A path below the deployment."""
        return "/".join(["deployments", self.id, *parts]) + "/"


@dataclass(frozen=True)
class Prepared:
    """A closed store with two deployments, ready to be copied by ``copy``, which is given an empty folder."""

    folder: Path
    tokens: dict[str, str]
    binary: Ready
    regression: Ready
    copy: Callable[[Path], AbstractContextManager[Path | Production]]


Serve = Callable[..., AbstractContextManager[Served]]


def binary_rows(seed: int, rows: int, shift: float = 0.0) -> pl.DataFrame:
    """Rows of the binary model: age has gaps, region has levels and gaps, income has a long tail."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40.0 + 10.0 * shift, 10.0, rows)
    income = rng.lognormal(3.0, 0.8, rows)
    region = rng.choice(["north", "south", "east", "west"], rows, p=[0.4, 0.3, 0.2, 0.1])
    score = 1.0 / (1.0 + np.exp(-(age - 40.0) / 8.0))
    target = np.where(rng.random(rows) < score, "yes", "no")
    gap, blank = rng.random(rows) < 0.05, rng.random(rows) < 0.03
    return pl.DataFrame(
        {
            "age": [None if g else round(v, 6) for v, g in zip(age.tolist(), gap, strict=True)],
            "income": income.round(6),
            "region": [None if b else v for v, b in zip(region.tolist(), blank, strict=True)],
            "score": score.round(6),
            "target": target,
            "id": [f"{seed}-{i}" for i in range(rows)],
        }
    )


def regression_rows(seed: int, rows: int, shift: float = 0.0) -> pl.DataFrame:
    """Rows of the regression model."""
    rng = np.random.default_rng(seed)
    length = rng.gamma(3.0, 2.0, rows) + shift
    kind = rng.choice(["a", "b"], rows)
    predicted = 10.0 + 3.0 * length
    amount = predicted + rng.normal(0.0, 2.0, rows)
    return pl.DataFrame(
        {
            "length": length.round(6),
            "kind": kind,
            "predicted": predicted.round(6),
            "amount": amount.round(6),
            "id": [f"{seed}-{i}" for i in range(rows)],
        }
    )


def file_of(frame: pl.DataFrame, form: str = "csv") -> bytes:
    """A table's bytes."""
    buffer = io.BytesIO()
    if form == "csv":
        frame.write_csv(buffer)
    elif form == "parquet":
        frame.write_parquet(buffer)
    else:
        frame.write_ipc_stream(buffer, compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def dataset(user: User, name: str, content: bytes) -> str:
    """Upload a table and have it read; its id."""
    answer = user.post("datasets/fromFile/", files={"file": (name, content)})
    user.finished(answer)
    return str(answer.json()["catalogId"])


def deployed(user: User, target: dict[str, Any], training: pl.DataFrame, holdout: pl.DataFrame, **more: Any) -> Ready:
    """Register and deploy a model, with batches and association ids switched on."""
    package = user.post(
        "modelPackages/fromJSON/",
        {
            "name": f"{target['name']} model",
            "target": target,
            "datasets": {
                "trainingDataCatalogId": dataset(user, "training.csv", file_of(training)),
                "holdoutDataCatalogId": dataset(user, "holdout.csv", file_of(holdout)),
            },
            **more,
        },
    )
    assert package.status_code == 201, package.text
    answer = user.post(
        "deployments/fromModelPackage/", {"modelPackageId": package.json()["id"], "label": f"{target['name']} service"}
    )
    user.finished(answer)
    ready = Ready(
        id=answer.json()["id"],
        model_id=package.json()["modelId"],
        package_id=package.json()["id"],
        training=training,
        holdout=holdout,
        classes=tuple(target.get("classNames", ())),
    )
    settings = {"batchMonitoring": {"enabled": True}, "associationId": {"columnNames": ["id"]}}
    user.finished(user.patch(ready.path("settings"), settings))
    return ready


def binary_deployment(server: Served) -> Ready:
    """The binary model in service."""
    target = {
        "name": "target",
        "type": "Binary",
        "classNames": list(CLASSES),
        "predictionProbabilitiesColumn": "score",
    }
    training = binary_rows(1, 600).drop("id", "score")
    importance = {"age": 2.0, "income": 0.5, "region": 0.0}
    return deployed(server.owner, target, training, binary_rows(2, 400).drop("id"), featureImportance=importance)


def regression_deployment(server: Served) -> Ready:
    """The regression model in service."""
    target = {"name": "amount", "type": "Regression", "predictionProbabilitiesColumn": "predicted"}
    training = regression_rows(3, 500).drop("id", "predicted")
    return deployed(server.owner, target, training, regression_rows(4, 300).drop("id"))


# ---------------------------------------------------------------- batches and rows


def new_batch(user: User, ready: Ready, **fields: Any) -> str:
    """Make a batch; its id."""
    answer = user.post(ready.path("monitoringBatches"), {"batchName": "a batch", **fields})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def new_metric(user: User, ready: Ready, **fields: Any) -> str:
    """Make a custom metric, an average that belongs to no model unless told; its id."""
    body = {"name": "a metric", "units": "EUR", "type": "average", "isModelSpecific": False, **fields}
    answer = user.post(ready.path("customMetrics"), body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def features_of(frame: pl.DataFrame, *names: str) -> list[dict[str, Any]]:
    """Columns as the JSON door takes them."""
    return [{"name": name, "values": frame[name].to_list()} for name in names]


def binary_block(ready: Ready, frame: pl.DataFrame, batch_id: str | None = None, **more: Any) -> dict[str, Any]:
    """Rows of the binary model for the JSON door, in the model's class order."""
    block = {
        "modelId": ready.model_id,
        "features": features_of(frame, "age", "income", "region"),
        "predictions": [[s, 1.0 - s] for s in frame["score"]],
        "associationIds": frame["id"].to_list(),
        "classNames": list(ready.classes),
        **more,
    }
    return block if batch_id is None else {**block, "batchId": batch_id}


def regression_block(ready: Ready, frame: pl.DataFrame, batch_id: str | None = None, **more: Any) -> dict[str, Any]:
    """Rows of the regression model for the JSON door."""
    block = {
        "modelId": ready.model_id,
        "features": features_of(frame, "length", "kind"),
        "predictions": frame["predicted"].to_list(),
        "associationIds": frame["id"].to_list(),
        **more,
    }
    return block if batch_id is None else {**block, "batchId": batch_id}


def send_rows(user: User, ready: Ready, *blocks: dict[str, Any], **more: Any) -> None:
    """Add rows by the JSON door."""
    answer = user.post(ready.path("predictionInputs", "fromJSON"), {"data": list(blocks), **more})
    assert answer.status_code == 202, answer.text


def request_of(ready: Ready, batch_id: str | None, **more: Any) -> dict[str, Any]:
    """One reported prediction request."""
    record = {"modelId": ready.model_id, "numPredictions": 1, "userError": False, "systemError": False, **more}
    return record if batch_id is None else {**record, "batchId": batch_id}


def send_requests(user: User, ready: Ready, *records: dict[str, Any]) -> None:
    """Report prediction requests."""
    answer = user.post(ready.path("predictionRequests", "fromJSON"), {"data": list(records)})
    assert answer.status_code == 202, answer.text


def upload(user: User, ready: Ready, batch_id: str, key: str, content: bytes, form: str = "csv", **params: Any) -> Any:
    """Send a file of rows; the answer, whatever it is."""
    path = ready.path("monitoringBatches", batch_id, "uploads", key)
    return user.put(path, content, FORMS.get(form, form), **params)


def send_actuals(user: User, ready: Ready, values: dict[str, Any], **more: Any) -> None:
    """Add actual values by association id, and have the accuracy computed."""
    data = [{"associationId": key, "actualValue": value} for key, value in values.items()]
    user.finished(user.post(ready.path("actuals", "fromJSON"), {"data": data, **more}))
