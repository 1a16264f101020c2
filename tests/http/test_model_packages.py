"""Model packages: registered, listed, archived; their features."""

from typing import Any

import pytest
from tests.http.operations import UNKNOWN
from tests.material import Ready, dataset
from tests.serving import Served, User

TABLE = b"age,region,note,when,flag,target,score\n" + b"".join(
    f"{i},{'ab'[i % 2]},some words of row {i},2026-01-0{i + 1},{'true' if i % 2 else 'false'},{i % 2},0.{i}\n".encode()
    for i in range(9)
)
BINARY = {"name": "target", "type": "Binary", "classNames": ["1", "0"], "predictionProbabilitiesColumn": "score"}


def registered(user: User, **fields: Any) -> Any:
    return user.post("modelPackages/fromJSON/", {"target": BINARY, **fields})


def test_a_model_has_the_features_of_its_training_data_with_their_kinds(owner: User) -> None:
    training = dataset(owner, "t.csv", TABLE)
    answer = registered(
        owner, name="m", datasets={"trainingDataCatalogId": training}, featureImportance={"age": 4, "region": 1}
    )
    assert answer.status_code == 201
    package = answer.json()
    assert package["target"] == {
        "name": "target",
        "type": "Binary",
        "classNames": ["1", "0"],
        "classCount": 2,
        "predictionThreshold": 0.5,
        "predictionProbabilitiesColumn": "score",
    }
    assert package["datasets"]["trainingDataCatalogId"] == training
    assert (package["isArchived"], package["activeDeploymentCount"]) == (False, 0)
    assert owner.read(f"modelPackages/{package['id']}/") == package
    found = owner.read(f"modelPackages/{package['id']}/features/", offset=0, limit=0)
    kinds = {item["name"]: item["featureType"] for item in found["data"]}
    assert kinds == {"age": "Numeric", "flag": "Binary", "note": "Text", "region": "Categorical", "when": "Date"}
    assert {i["name"]: i["importance"] for i in found["data"] if i["importance"] is not None} == {
        "age": 1.0,
        "region": 0.25,
    }
    assert next(i["dateFormat"] for i in found["data"] if i["name"] == "when") is not None


def test_features_are_searched_sorted_and_paged(owner: User) -> None:
    training = dataset(owner, "t.csv", TABLE)
    package = registered(
        owner, datasets={"trainingDataCatalogId": training}, featureImportance={"note": 3, "age": 1}
    ).json()
    path = f"modelPackages/{package['id']}/features/"

    def names(**params: Any) -> list[str]:
        return [item["name"] for item in owner.read(path, **params)["data"]]

    assert names() == ["age", "flag", "note", "region", "when"]
    assert names(orderBy="-name") == ["when", "region", "note", "flag", "age"]
    assert names(orderBy="importance")[:2] == ["age", "note"]
    assert names(search="E") == ["age", "note", "region", "when"]
    assert names(forSegmentedAnalysis="true") == ["flag", "region"]
    assert names(offset=1, limit=2) == ["flag", "note"]
    page = owner.read(path, limit=2)
    assert (page["count"], page["totalCount"]) == (2, 5)
    assert [item["name"] for item in owner.read(page["next"])["data"]] == ["note", "region"]


def test_a_model_can_keep_its_own_id_and_is_found_by_it(owner: User) -> None:
    own = "65a000000000000000000abc"
    package = registered(owner, name="A model", modelId=own).json()
    assert package["modelId"] == own
    assert [p["id"] for p in owner.read("modelPackages/", modelId=own)["data"]] == [package["id"]]
    assert [p["id"] for p in owner.read("modelPackages/", search="a MODEL")["data"]] == [package["id"]]
    assert owner.read("modelPackages/", search="no such name")["data"] == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"modelId": "x"}, "modelId"),
        ({"target": {**BINARY, "classNames": None}}, "target.classNames: found 0 names"),
        ({"target": {**BINARY, "classNames": ["1"]}}, "found 1 names"),
        ({"target": {**BINARY, "classNames": ["1", "1"]}}, "distinct"),
        ({"target": {**BINARY, "classNames": ["1", "2", "3"]}}, "found 3 names"),
        ({"target": {**BINARY, "type": "Multiclass"}}, "three or more"),
        ({"target": {**BINARY, "type": "Regression"}}, "no classes"),
        ({"target": {**BINARY, "type": "Clustering"}}, "target.type"),
        ({"target": {**BINARY, "name": " "}}, "target.name"),
        ({"target": {**BINARY, "predictionThreshold": 1.01}}, "[0, 1]"),
        ({"target": {**BINARY, "predictionThreshold": -0.01}}, "[0, 1]"),
        ({"target": None}, "target"),
        ({"datasets": {"trainingDataCatalogId": UNKNOWN}}, "Data set not found"),
        ({"featureImportance": {"nothing": 1}}, "no feature nothing"),
        ({"featureImportance": {"age": "much"}}, "featureImportance.age"),
        ({"featureImportance": [1]}, "featureImportance"),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_the_place(served: Served, fields: dict[str, Any], words: str) -> None:
    before = served.contents()
    answer = registered(served.owner, **fields)
    assert answer.status_code == (404 if "not found" in words else 422)
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_data_without_the_target_is_refused_with_the_columns_it_has(owner: User) -> None:
    other = dataset(owner, "t.csv", b"a,b\n1,2\n")
    for role in ("trainingDataCatalogId", "holdoutDataCatalogId"):
        answer = registered(owner, datasets={role: other})
        assert answer.status_code == 422
        assert "no target column 'target'. It has: a, b." in answer.json()["message"]


def test_an_archived_model_leaves_lists_and_stays_in_service(owner: User, binary: Ready) -> None:
    path = f"modelPackages/{binary.package_id}/"
    assert owner.read(path)["activeDeploymentCount"] == 1
    assert owner.post(path + "archive/").status_code == 204
    assert owner.read(path)["isArchived"] is True
    assert binary.package_id not in [p["id"] for p in owner.read("modelPackages/")["data"]]
    assert owner.get(binary.path()).status_code == 200
    assert owner.post(path + "archive/").status_code == 410
    answer = owner.post("deployments/fromModelPackage/", {"modelPackageId": binary.package_id, "label": "x"})
    assert answer.status_code == 410


def test_a_package_shows_every_part_of_itself(owner: User) -> None:
    training, holdout = dataset(owner, "t.csv", TABLE), dataset(owner, "h.csv", TABLE)
    description = {
        "modelName": "m",
        "description": "d",
        "location": "/models/m",
        "buildEnvironmentType": "Python",
    }
    found = registered(
        owner,
        modelDescription=description,
        datasets={
            "trainingDataCatalogId": training,
            "trainingDataCatalogVersionId": training,
            "holdoutDataCatalogId": holdout,
        },
    ).json()
    assert found["datasets"] == {
        "trainingDataCatalogId": training,
        "trainingDataCatalogVersionId": training,
        "holdoutDataCatalogId": holdout,
        "holdoutDataCatalogVersionId": holdout,
        "datasetName": "t.csv",
        "holdoutDatasetName": "h.csv",
        "trainingDataSize": 9,
    }
    assert (found["name"], found["modelDescription"]) == ("m", description)
    assert set(found["modelKind"].values()) == {False}
    assert (found["modelExecutionType"], found["buildStatus"]) == ("external", None)
    assert found["importMeta"]["creatorUsername"] == "owner"
    assert set(found["timeseries"].values()) == set(found["sourceMeta"].values()) == {None}
    assert all(name.startswith("supports") for name in found["capabilities"])


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"modelDescription": {"modelName": "x" * 513}}, 422, "modelName"),
        ({"modelDescription": {"description": "x" * 2_049}}, 422, "description"),
        ({"modelDescription": {"location": "x" * 2_049}}, 422, "location"),
        ({"geospatialMonitoring": {"primaryGeospatialColumn": "g"}}, 422, "geospatialMonitoring"),
        ({"datasets": {"trainingDataCatalogVersionId": UNKNOWN}}, 404, "Data set version not found"),
    ],
)
def test_a_package_that_cannot_be_served_is_refused(
    served: Served, fields: dict[str, Any], status: int, words: str
) -> None:
    before = served.contents()
    answer = registered(served.owner, **fields)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_packages_are_filtered(served: Served, binary: Ready) -> None:
    owner = served.owner
    alike = {**BINARY, "classNames": ["0", "1"], "predictionThreshold": 0.25}
    first = registered(owner, name="first").json()["id"]
    second = registered(owner, name="second", target=alike).json()["id"]
    third = registered(owner, name="third", target={**BINARY, "name": "other"}).json()["id"]
    runs = owner.post("predictionEnvironments/", {"name": "e"}).json()["id"]
    does_not = owner.post("predictionEnvironments/", {"name": "e", "supportedModelFormats": ["x"]}).json()["id"]
    every = {item["id"] for item in owner.read("modelPackages/")["data"]}
    for query, expected in (
        (f"similarTo={first}", {second}),
        (f"similarTo={first}&forChallenger=true", {second}),
        (f"similarTo={second}&search=FIRST", {first}),
        (f"similarTo={third}", set()),
        ("predictionThreshold=0.25", {second}),
        (f"similarTo={first}&predictionThreshold=0.5", set()),
        ("imported=false", every),
        ("imported=true", set()),
        (f"predictionEnvironmentId={runs}", every),
        (f"predictionEnvironmentId={does_not}", set()),
        ("modelKind=isTimeSeries&modelKind=isMultiseries", set()),
        ("buildStatus=complete", set()),
    ):
        page = owner.read(f"modelPackages/?{query}")
        assert {item["id"] for item in page["data"]} == expected, query
        assert page["totalCount"] == len(expected)
    for query, status in (
        (f"similarTo={UNKNOWN}", 404),
        (f"predictionEnvironmentId={UNKNOWN}", 404),
        ("predictionThreshold=half", 422),
        ("buildStatus=broken", 422),
        ("imported=perhaps", 422),
    ):
        assert owner.get(f"modelPackages/?{query}").status_code == status
