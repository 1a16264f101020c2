"""Data sets: uploaded, read, listed, deleted."""

import polars as pl
import pytest
from tests.material import Ready, dataset, file_of
from tests.serving import Served, User

TABLE = pl.DataFrame({"n": [1.5, None, 3.0], "c": ["a", "b", None]})


@pytest.mark.parametrize(("form", "name"), [("csv", "t.csv"), ("parquet", "t.parquet"), ("arrow", "t.arrow")])
def test_a_table_is_read_and_comes_back_as_it_was_sent(owner: User, form: str, name: str) -> None:
    content = file_of(TABLE, form)
    dataset_id = dataset(owner, name, content)
    found = owner.read(f"datasets/{dataset_id}/")
    assert found["datasetId"] == found["versionId"] == dataset_id
    assert (found["name"], found["rowCount"], found["datasetSize"]) == (name, 3, len(content))
    assert (found["processingState"], found["error"], found["createdBy"]) == ("COMPLETED", None, "owner")
    answer = owner.get(f"datasets/{dataset_id}/file/")
    assert (answer.status_code, answer.content) == (200, content)


def test_the_name_is_that_of_the_file_without_its_folders(owner: User) -> None:
    dataset_id = dataset(owner, "../../folder/Tafel ä.CSV", b"a\n1\n")
    assert owner.read(f"datasets/{dataset_id}/")["name"] == "Tafel ä.CSV"


@pytest.mark.parametrize("name", ["t.xlsx", "t", "csv", "t.csv.gz"])
def test_a_file_of_another_kind_is_refused_with_the_known_ones(served: Served, name: str) -> None:
    before = served.contents()
    answer = served.owner.post("datasets/fromFile/", files={"file": (name, b"a\n1\n")})
    assert answer.status_code == 415
    assert name in answer.json()["message"]
    assert ".parquet" in answer.json()["message"]
    assert served.contents() == before


def test_a_call_without_a_file_is_refused(owner: User) -> None:
    for more in ({}, {"json": {"file": "x"}}, {"data": {"file": "text"}}, {"files": {"other": ("t.csv", b"a\n1\n")}}):
        answer = owner.request("POST", "datasets/fromFile/", **more)
        assert answer.status_code == 422
        assert answer.json()["message"].startswith("file:")


def test_a_table_cannot_be_used_before_it_is_read(owner: User) -> None:
    answer = owner.post("datasets/fromFile/", files={"file": ("t.csv", b"target\n1\n")})
    dataset_id = answer.json()["catalogId"]
    assert owner.read(f"datasets/{dataset_id}/")["processingState"] == "RUNNING"
    assert owner.get(f"datasets/{dataset_id}/file/").status_code == 409
    body = {"target": {"name": "target", "type": "Regression"}, "datasets": {"trainingDataCatalogId": dataset_id}}
    refused = owner.post("modelPackages/fromJSON/", body)
    assert refused.status_code == 409
    assert "still being read" in refused.json()["message"]


def test_a_table_that_cannot_be_read_is_marked_so_and_can_be_left_out(served: Served) -> None:
    owner = served.owner
    owner.post("datasets/fromFile/", files={"file": ("bad.parquet", b"PAR1 and nothing more")})
    good = dataset(owner, "good.csv", b"a\n1\n")
    newest = owner.read("datasets/", limit=2)["data"]
    assert [item["processingState"] for item in newest] == ["COMPLETED", "ERROR"]
    assert "cannot be read as Parquet" in newest[1]["error"]
    ids = [item["datasetId"] for item in owner.read("datasets/", filterFailed="true")["data"]]
    assert good in ids
    assert newest[1]["datasetId"] not in ids
    assert owner.get(f"datasets/{newest[1]['datasetId']}/file/").status_code == 410


def test_the_list_is_ordered_by_age_and_paged(owner: User) -> None:
    ids = [dataset(owner, f"{i}.csv", b"a\n1\n") for i in range(3)]
    newest = owner.read("datasets/", limit=3)
    assert [item["datasetId"] for item in newest["data"]] == ids[::-1]
    oldest = owner.read("datasets/", orderBy="created")
    assert [item["datasetId"] for item in oldest["data"]][-3:] == ids
    second = owner.read(owner.read("datasets/", limit=1)["next"])
    assert [item["datasetId"] for item in second["data"]] == [ids[1]]


def test_a_deleted_table_is_gone_and_leaves_no_bytes(served: Served) -> None:
    owner = served.owner
    before = served.contents()["blobs"]
    dataset_id = dataset(owner, "t.csv", b"a\n1\n")
    assert owner.delete(f"datasets/{dataset_id}/").status_code == 204
    assert owner.delete(f"datasets/{dataset_id}/").status_code == 410
    assert owner.get(f"datasets/{dataset_id}/").status_code == 410
    assert dataset_id not in [item["datasetId"] for item in owner.read("datasets/")["data"]]
    assert served.contents()["blobs"] == before


def test_a_table_that_a_model_names_is_kept(owner: User, binary: Ready) -> None:
    named = owner.read(f"modelPackages/{binary.package_id}/")["datasets"]["trainingDataCatalogId"]
    answer = owner.delete(f"datasets/{named}/")
    assert answer.status_code == 409
    assert "Archive" in answer.json()["message"]
    assert owner.get(f"datasets/{named}/").status_code == 200


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, ["TRAINING", "PREDICTION"]),
        ("TRAINING", ["TRAINING"]),
        (["PREDICTION", "SAMPLE", "PREDICTION"], ["PREDICTION", "SAMPLE"]),
        ('["TRAINING", "PREDICTION"]', ["TRAINING", "PREDICTION"]),
    ],
)
def test_a_table_says_what_it_is_meant_for_and_is_found_by_it(
    owner: User, sent: str | list[str] | None, expected: list[str]
) -> None:
    form = {} if sent is None else {"data": {"categories": sent}}
    answer = owner.post("datasets/fromFile/", files={"file": ("t.csv", b"a\n1\n")}, **form)
    dataset_id = answer.json()["catalogId"]
    assert owner.read(f"datasets/{dataset_id}/")["categories"] == expected
    for word in ("TRAINING", "PREDICTION", "SAMPLE", "TRAIN", "%"):
        listed = [item["datasetId"] for item in owner.read("datasets/", category=word)["data"]]
        assert (dataset_id in listed) == (word in expected), word


@pytest.mark.parametrize("sent", ["", " ", "x" * 65, "[", "[1]", "[]", ["A"] * 17])
def test_categories_that_are_no_words_are_refused(served: Served, sent: str | list[str]) -> None:
    before = served.contents()
    answer = served.owner.post("datasets/fromFile/", files={"file": ("t.csv", b"a\n1\n")}, data={"categories": sent})
    assert answer.status_code == 422
    assert served.contents() == before
