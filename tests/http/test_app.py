"""What holds for every call: slashes, content types, methods, the form of refusals."""

import importlib
import json
import pkgutil
import re
from typing import Any

import pytest
from tests.http.operations import OPERATIONS, things_of
from tests.material import Ready
from tests.serving import Served, User, serving

import assay.http
from assay.http.app import ROUTERS


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with serving(tmp_path_factory.mktemp("described")) as server:
        answer = server.nobody.get("/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def test_every_router_is_mounted_below_the_api_with_a_slash_at_the_end(document: dict[str, Any]) -> None:
    paths = document["paths"]
    modules = [importlib.import_module(f"assay.http.{m.name}") for m in pkgutil.iter_modules(assay.http.__path__)]
    assert {m.__name__ for m in ROUTERS} == {m.__name__ for m in modules if hasattr(m, "router")}
    assert [path for path in paths if not (path.startswith("/api/v2/") and path.endswith("/"))] == []


def test_what_a_call_lacks_is_named_without_the_rest_of_the_call(owner: User, binary: Ready) -> None:
    answer = owner.get(binary.path("featureDriftOverBatch"))
    words = "featureNames: found nothing, expected a value, for the field is required"
    assert (answer.status_code, answer.json()) == (422, {"message": words})
    told = owner.post(binary.path("customMetrics"), json={"name": "margin"}).json()["message"]
    assert "units: found nothing, expected a value" in told
    assert "margin" not in told


@pytest.mark.parametrize("path", ["//api/v2/version/", "/api//v2///version//", "/api/v2/deployments//"])
def test_repeated_slashes_count_as_one(owner: User, path: str) -> None:
    assert owner.get("http://testserver" + path).status_code == 200


def test_a_path_without_its_slash_leads_to_the_one_with_it_and_keeps_the_query(owner: User, binary: Ready) -> None:
    path = "/api/v2/" + binary.path("monitoringBatches").rstrip("/")
    for method in ("GET", "POST"):
        answer = owner.request(method, path + "?limit=3&orderBy=name")
        assert answer.status_code == 307
        assert answer.headers["Location"] == f"http://testserver{path}/?limit=3&orderBy=name"


# What these give is a file of the caller's own.
FILES = {"getDatasetFile", "downloadJobResult"}


def test_every_answer_with_a_body_is_json_and_says_just_that(served: Served, binary: Ready) -> None:
    # A client treats an answer as JSON only when the type has no charset behind it.
    things = things_of(served, binary)
    for operation in sorted(OPERATIONS, key=lambda o: o.name.startswith(("delete", "archive"))):
        for user in (served.nobody, served.stranger, served.owner):
            answer = operation.run(user, things)
            if answer.content and not (operation.name in FILES and user.token == served.owner.token):
                assert (operation.name, answer.headers["Content-Type"]) == (operation.name, "application/json")
                answer.json()


def test_an_unknown_path_is_told_where_to_look(owner: User) -> None:
    answer = owner.get("nothing/here/")
    assert answer.status_code == 404
    assert answer.json() == {"message": "No operation at /api/v2/nothing/here/: see /openapi.json."}


def test_a_method_that_a_path_does_not_know_is_answered_with_those_it_knows(owner: User, binary: Ready) -> None:
    answer = owner.request("PUT", binary.path("monitoringBatches"))
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert "GET, POST" in answer.json()["message"]


def test_a_path_of_words_alone_is_not_taken_for_one_with_an_id(owner: User) -> None:
    assert owner.request("OPTIONS", "datasets/fromFile/").headers["Allow"] == "POST"


def test_the_description_needs_no_other_server(served: Served, document: dict[str, Any]) -> None:
    assert re.findall(r"https?://[^\"\s]+", json.dumps(document)) == []
    for page in ("/docs", "/redoc"):
        assert served.nobody.get(page).status_code == 404


def test_the_description_names_a_schema_for_every_reference(document: dict[str, Any]) -> None:
    known = set(document["components"]["schemas"])
    assert set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document))) <= known


def test_every_operation_is_described_by_a_sentence(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["description"].strip().endswith(".")
            assert operation["security"] == [{"BearerAuth": []}]


def test_every_refusal_that_a_call_can_meet_is_described(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            wanted = {"400", "401", "404", "422", "500"} | ({"413"} if "requestBody" in operation else set())
            assert wanted <= set(operation["responses"]), (method, path)
