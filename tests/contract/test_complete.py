"""Where the contract's operations are served in full: every parameter, every field, every status, every word."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.contract.test_statistics import CONTRACT, body, document, found  # noqa: F401  # a fixture among them

WHOLE = [
    "getVersion",
    "listStatus",
    "getStatus",
    "deleteStatus",
    "createDatasetFromFile",
    "listDatasets",
    "getDataset",
    "deleteDataset",
    "getDatasetFile",
    "createModelPackage",
    "listModelPackages",
    "getModelPackage",
    "archiveModelPackage",
    "listModelPackageFeatures",
    "createPredictionEnvironment",
    "listPredictionEnvironments",
    "getPredictionEnvironment",
    "deletePredictionEnvironment",
    "createDeployment",
    "listDeployments",
    "getDeployment",
    "updateDeployment",
    "deleteDeployment",
    "replaceModel",
    "listDeploymentFeatures",
    "getCapabilities",
    "getSettings",
    "updateSettings",
    "getHealthSettings",
    "updateHealthSettings",
    "getDefaultHealthSettings",
    "addRemoteEvent",
]

# Statuses that no call can meet here: a deployment is gone at once, and what somebody may not see is not there for him.
NEVER = {
    "202": {"deleteDeployment"},
    "403": {"createModelPackage", "listModelPackages", "createDeployment", "updateSettings"},
}

# Left out, as clients want it, where there is none: a server that scores, a project of the vendor's.
NEVER_SHOWN = {"defaultPredictionServer", "model.projectId", "model.projectName"}


def fields(shape: dict[str, Any], place: str = "") -> Iterator[str]:
    """Every field of a shape, with those of its parts."""
    for name, part in shape.get("properties", {}).items():
        here = f"{place}{name}"
        yield here
        yield from fields(part, f"{here}.")
    if "items" in shape:
        yield from fields(shape["items"], f"{place}[].")


@pytest.mark.parametrize("name", WHOLE)
def test_every_parameter_is_served_with_every_word(document: dict[str, Any], name: str) -> None:  # noqa: F811
    ours, theirs = found(document, name), found(CONTRACT, name)
    assert ours is not None
    assert theirs is not None
    have = {(p["in"], p["name"]): p for p in ours[1]["parameters"]}
    for wanted in theirs[1]["parameters"]:
        mine = have[wanted["in"], wanted["name"]]
        assert words(wanted["schema"]) <= words(mine["schema"]) or not words(mine["schema"])


def words(schema: dict[str, Any]) -> set[str]:
    """The words that a parameter may have; empty for any."""
    parts = [schema, *schema.get("anyOf", []), *schema.get("allOf", [])]
    return {word for part in parts for word in part.get("enum", ())}


@pytest.mark.parametrize("name", WHOLE)
def test_every_field_is_served(document: dict[str, Any], name: str) -> None:  # noqa: F811
    ours, theirs = found(document, name), found(CONTRACT, name)
    assert ours is not None
    assert theirs is not None
    for status, answer in theirs[1]["responses"].items():
        wanted = body(CONTRACT, answer) if status < "300" else None
        if wanted is not None:
            mine = body(document, ours[1]["responses"][status])
            assert mine is not None
            assert missing(wanted, mine) == set()
    if "requestBody" in theirs[1]:
        wanted, mine = body(CONTRACT, theirs[1]["requestBody"]), body(document, ours[1]["requestBody"])
        if wanted is not None:
            assert mine is not None
            assert missing(wanted, mine) == set()


def missing(wanted: dict[str, Any], mine: dict[str, Any]) -> set[str]:
    """Fields that the contract has and we have not."""
    return {name.removeprefix("data.[].") for name in set(fields(wanted)) - set(fields(mine))} - NEVER_SHOWN


@pytest.mark.parametrize("name", WHOLE)
def test_every_status_is_described(document: dict[str, Any], name: str) -> None:  # noqa: F811
    ours, theirs = found(document, name), found(CONTRACT, name)
    assert ours is not None
    assert theirs is not None
    wanted = {s for s in theirs[1]["responses"] if s != "default" and name not in NEVER.get(s, ())}
    assert wanted <= set(ours[1]["responses"])
