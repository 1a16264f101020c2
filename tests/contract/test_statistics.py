"""What lies around the nine operations keeps to its contract: answers hold what clients need, calls need no more.

Parts of that contract are inferred and answers may hold more than it, so this is no comparison to the letter: every
operation, parameter and field of it is served, and what is served must fit.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.comparison import METHODS, normal
from tests.serving import serving

CONTRACT = yaml.safe_load((Path(__file__).parent / "statistics.openapi.yaml").read_text(encoding="utf-8"))
NAMES = sorted(
    operation["operationId"]
    for operations in CONTRACT["paths"].values()
    for method, operation in operations.items()
    if method in METHODS
)

# Every POST may have it; docs/idempotency.md.
OWN_HEADER = ("header", "Idempotency-Key")

# What this product has nothing to say about; clients refuse null there, and do without the field.
LEFT_OUT = {
    "model.projectId",
    "model.projectName",
    "defaultPredictionServer",
    "geospatialSegmentAttribute",
    "forecastDistance",
    "hidden",
}

# One shape serves for reading settings and for changing some of them; none of these is null in an answer.
NULL_IN_CALLS_ONLY = {"getSettings", "updateSettings"}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with serving(tmp_path_factory.mktemp("described")) as server:
        return dict(server.nobody.get("/openapi.json").json())


def found(document: dict[str, Any], name: str) -> tuple[str, dict[str, Any]] | None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS and operation["operationId"] == name:
                shared = operations.get("parameters", [])
                return f"{method} {path}", {
                    **operation,
                    "parameters": [resolved(document, p) for p in [*shared, *operation.get("parameters", [])]],
                }
    return None


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        place: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        part = place
    return part


def body(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any] | None:
    content = resolved(document, part).get("content", {}).get("application/json")
    return None if content is None else normal(document, content["schema"])


def misfits(place: str, ours: dict[str, Any], theirs: dict[str, Any], *, answer: bool) -> Iterator[str]:
    """Where a shape of ours is not one that the contract allows."""
    allowed = set(theirs.get("types", ())) | ({"integer"} if "number" in theirs.get("types", ()) else set())
    types = set(ours.get("types", ()))
    if not answer:
        types -= {"null"}
    if types and allowed and not types <= allowed:
        yield f"{place}: {sorted(types)}, expected {sorted(allowed)}"
    if "format" in theirs and ours.get("format") != theirs["format"]:
        yield f"{place}: format {ours.get('format')}, expected {theirs['format']}"
    have, want = ours.get("properties", {}), theirs.get("properties", {})
    needed = theirs.get("required", []) if answer else ours.get("required", [])
    for name in needed:
        if name not in (ours if answer else theirs).get("required", []) and (have or answer):
            yield f"{place}.{name}: {'is needed' if answer else 'is asked for'}"
    for name in have.keys() & want.keys():
        yield from misfits(f"{place}.{name}", have[name], want[name], answer=answer)
    if "items" in ours and "items" in theirs:
        yield from misfits(f"{place}[]", ours["items"], theirs["items"], answer=answer)


def unserved(ours: dict[str, Any], theirs: dict[str, Any], place: str = "") -> Iterator[str]:
    """Fields of the contract that a shape of ours does not have, by their place below any list."""
    have, want = ours.get("properties", {}), theirs.get("properties", {})
    for name in want:
        below = f"{place}.{name}".removeprefix(".").removeprefix("data.")
        if name not in have:
            yield below
        else:
            yield from unserved(have[name], want[name], below)
    if "items" in ours and "items" in theirs:
        yield from unserved(ours["items"], theirs["items"], place)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_served_of_the_contract_fits_it(document: dict[str, Any], name: str) -> None:
    contract, served = found(CONTRACT, name), found(document, name)
    assert contract is not None
    assert served is not None
    assert served[0] == contract[0]
    ours, theirs = served[1], contract[1]
    known = {(p["in"], p["name"]): p for p in theirs["parameters"]}
    assert known.keys() <= {(p["in"], p["name"]) for p in ours["parameters"]}
    for parameter in ours["parameters"]:
        key = (parameter["in"], parameter["name"])
        if key == OWN_HEADER:
            # Calls need no more than the contract has.
            assert not parameter["required"]
            continue
        assert key in known
        assert bool(parameter.get("required")) == bool(known[key].get("required"))
    statuses = {s for s in theirs["responses"] if s < "400"}
    assert {s for s in ours["responses"] if s < "400"} <= statuses
    faults = []
    for status in statuses & ours["responses"].keys():
        mine, wanted = body(document, ours["responses"][status]), body(CONTRACT, theirs["responses"][status])
        if wanted is not None:
            assert mine is not None
            faults += misfits(status, mine, wanted, answer=name not in NULL_IN_CALLS_ONLY)
            faults += [f"{status}.{f}: not served" for f in unserved(mine, wanted) if f not in LEFT_OUT]
    if "requestBody" in theirs:
        mine, wanted = body(document, ours["requestBody"]), body(CONTRACT, theirs["requestBody"])
        if mine is not None and wanted is not None:
            faults += misfits("body", mine, wanted, answer=False)
            faults += [f"body.{f}: not read" for f in unserved(mine, wanted)]
    assert faults == []
