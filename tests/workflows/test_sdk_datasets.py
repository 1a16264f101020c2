"""Start and data sets of the SDK (CLIENTS.md 4.1 and 4.2)."""

from tests.workflows import rows
from tests.workflows.wire import Wire

NEEDED = {
    "datasetId",
    "versionId",
    "name",
    "categories",
    "creationDate",
    "isDataEngineEligible",
    "isLatestVersion",
    "isSnapshot",
    "processingState",
}


def test_it_starts_with_one_call_for_the_version(sdk: Wire) -> None:
    found = sdk.read("version/")
    assert isinstance(found["versionString"], str)
    # A greater major is an error to it, a lower minor than its own a warning.
    assert found["major"] == 2
    assert found["minor"] >= 49


def test_a_file_becomes_a_data_set_that_is_read_behind_the_redirect(sdk: Wire) -> None:
    content = rows.csv(rows.churn(121, 90))
    where = sdk.finished(sdk.done("POST", "datasets/fromFile/", files={"file": ("scored.csv", content)}))
    found = sdk.read(where)
    assert found.keys() >= NEEDED
    assert (found["name"], found["processingState"]) == ("scored.csv", "COMPLETED")
    assert isinstance(found["categories"], list)
    assert sdk.file(f"datasets/{found['datasetId']}/file/") == content
    sdk.delete(f"datasets/{found['datasetId']}/")
