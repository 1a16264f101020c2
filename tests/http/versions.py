"""Replacements as tests make them, and what pages tell of a batch."""

from typing import Any

from tests.material import Ready
from tests.serving import Served, User

PAGES = (
    "featureDrift",
    "targetDrift",
    "accuracy",
    "accuracyOverBatch",
    "predictionsOverBatch",
    "predictionsVsActualsOverBatch",
    "batchServiceStats",
    "serviceStatsOverBatch",
    "predictionResults",
)
COUNTS = ("predictionsCount", "serviceHealth", "earliestPredictionTimestamp", "latestPredictionTimestamp")


def path_of(ready: Ready, batch_id: str, *parts: str) -> str:
    """A path below a batch."""
    return ready.path("monitoringBatches", batch_id, *parts)


def opened(user: User, ready: Ready, batch_id: str) -> str:
    """Open a replacement; its id."""
    answer = user.post(path_of(ready, batch_id, "replacement"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def commit(user: User, ready: Ready, batch_id: str, **body: Any) -> Any:
    """Commit; the answer, whatever it is."""
    return user.post(path_of(ready, batch_id, "replacement", "commit"), body or None)


def committed(server: Served, ready: Ready, batch_id: str, **body: Any) -> dict[str, Any]:
    """Commit, and have the accuracy follow; the body of the answer."""
    answer = commit(server.owner, ready, batch_id, **body)
    assert answer.status_code == 200, answer.text
    server.work()
    return dict(answer.json())


def abandon(user: User, ready: Ready, batch_id: str) -> Any:
    """Abandon; the answer, whatever it is."""
    return user.delete(path_of(ready, batch_id, "replacement"))


def versions(user: User, ready: Ready, batch_id: str) -> list[dict[str, Any]]:
    """The versions of a batch, the current one first."""
    return list(user.read(path_of(ready, batch_id, "versions"))["data"])


def figures(user: User, ready: Ready, batch_id: str) -> dict[str, Any]:
    """What pages tell of a batch, a draft or a version, the same whatever its id."""
    batch = user.read(path_of(ready, batch_id))
    models = user.read(path_of(ready, batch_id, "models"))
    found = {page: user.read(ready.path(page), batchId=batch_id) for page in PAGES}
    # An empty batch has the time it was made in the place of these two.
    counts = COUNTS if batch["predictionsCount"] else COUNTS[:2]
    told = {**found, "models": models, **{name: batch[name] for name in counts}}
    return dict(_anonymous(_anonymous(told, batch_id), batch["createdAt"], "MADE"))


def deployment_wide(user: User, ready: Ready, start: str, end: str) -> dict[str, Any]:
    """What pages that name no batch tell."""
    span = {"start": start, "end": end}
    found = {
        "drift": user.read(ready.path("featureDrift")),
        "target": user.read(ready.path("targetDrift")),
        "accuracy": user.read(ready.path("accuracy")),
        "results": user.read(ready.path("predictionResults"), **span),
        "service": user.read(ready.path("serviceStats"), **span),
        "driftOverTime": user.read(ready.path("featureDriftOverTime"), featureNames="age", **span),
        "accuracyOverTime": user.read(ready.path("accuracyOverTime"), **span),
        "limits": user.read(ready.path("monitoringBatchLimits")),
        "list": [one["predictionsCount"] for one in user.read(ready.path("monitoringBatches"))["data"]],
        "overBatch": user.read(ready.path("accuracyOverBatch")),
        "usage": user.read(f"deployments/{ready.id}/")["predictionUsage"],
    }
    ids = [one["id"] for one in user.read(ready.path("monitoringBatches"))["data"]]
    for number, one in enumerate(ids):
        found = _anonymous(found, one, f"batch {number}")
    return found


def _anonymous(value: Any, batch_id: str, name: str = "ID") -> Any:
    if isinstance(value, dict):
        return {key: _anonymous(part, batch_id, name) for key, part in value.items()}
    if isinstance(value, list):
        return [_anonymous(part, batch_id, name) for part in value]
    return value.replace(batch_id, name) if isinstance(value, str) else value
