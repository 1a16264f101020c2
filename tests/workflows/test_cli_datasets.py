"""Data sets of the command line program (CLIENTS.md 2.2)."""

from tests.workflows import rows
from tests.workflows.commands import upload_dataset
from tests.workflows.polling import Progress
from tests.workflows.wire import Wire

UNKNOWN = "65a0000000000000000000ff"


def test_a_file_is_uploaded_read_described_and_deleted(cli: Wire) -> None:
    frame = rows.churn(11, 120)
    dataset_id = upload_dataset(cli, "scored.csv", rows.csv(frame))
    found = cli.read(f"datasets/{dataset_id}/")
    assert (found["datasetId"], found["name"]) == (dataset_id, "scored.csv")
    assert (found["rowCount"], found["datasetSize"]) == (len(frame), len(rows.csv(frame)))
    cli.delete(f"datasets/{dataset_id}/")
    status, message = cli.refused("GET", f"datasets/{dataset_id}/")
    assert status in {404, 410}
    assert "not found" in message or "deleted" in message


def test_a_list_leads_on_to_every_data_set(cli: Wire) -> None:
    made = {upload_dataset(cli, f"{i}.csv", b"a,b\n1,2\n") for i in range(5)}
    for limit in (None, 2):
        listed = [item["datasetId"] for item in cli.pages("datasets/", limit=limit)]
        assert made <= set(listed)
        assert len(listed) == len(set(listed))


def test_a_file_that_cannot_be_read_ends_the_wait_with_its_reason(cli: Wire) -> None:
    answer = cli.done("POST", "datasets/fromFile/", files={"file": ("broken.csv", b'a,b\n1,2\n"3')})
    ended = cli.followed(answer.headers["Location"])
    assert cli.style.rule(ended) is Progress.FAILED
    assert (ended.status_code, ended.json()["status"]) == (200, "ERROR")
    assert ended.json()["message"]


def test_an_unknown_data_set_is_not_found(cli: Wire) -> None:
    for method in ("GET", "DELETE"):
        assert cli.refused(method, f"datasets/{UNKNOWN}/")[0] == 404
