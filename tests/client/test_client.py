from pathlib import Path

import pytest
from tests.client.wire import DEPLOYMENT, Reply, Wire, page

from assay.client import Client

VERSION = {"major": 2, "minor": 49, "versionString": "2.49.0"}


def _header(wire: Wire) -> str | None:
    return wire.calls[-1].headers.get("Authorization")


def test_the_environment_names_server_and_token(wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wire.on("GET", "version/", Reply(json=VERSION))
    monkeypatch.setenv("ASSAY_URL", wire.url)
    (tmp_path / "token").write_text("of-file\n")
    monkeypatch.setenv("ASSAY_TOKEN_FILE", str(tmp_path / "token"))
    with Client() as client:
        client.version()
    assert _header(wire) == "Bearer of-file"
    monkeypatch.setenv("ASSAY_TOKEN", "of-environment")
    with Client() as client:
        client.version()
    assert _header(wire) == "Bearer of-environment"
    with Client(token="of-caller") as client:
        client.version()
    assert _header(wire) == "Bearer of-caller"


def test_without_a_token_none_is_sent(wire: Wire) -> None:
    wire.on("GET", "version/", Reply(json=VERSION))
    with Client(wire.url) as client:
        client.version()
        assert client.has_token is False
    assert _header(wire) is None


def test_the_default_is_the_server_on_this_machine() -> None:
    with Client() as client:
        assert client.url == "http://127.0.0.1:8700"


@pytest.mark.parametrize(("content", "words"), [(None, "Cannot read the token file"), ("\n", "is empty")])
def test_a_token_file_without_a_token_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("ASSAY_TOKEN_FILE", str(path))
    with pytest.raises(ValueError, match=words):
        Client()


def test_limits_keep_whatever_the_server_tells(wire: Wire, client: Client) -> None:
    told = {"maxBatches": 100_000, "batchesCount": 12, "maxRowsPerCall": 10_000, "maxUploadBytes": 5}
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatchLimits/", Reply(json=told))
    limits = client.limits.get(DEPLOYMENT)
    assert (limits.max_batches, limits.batches_count, limits.max_rows_per_call) == (100_000, 12, 10_000)
    assert limits.max_batch_name_length is None
    assert limits.raw["maxUploadBytes"] == 5


def test_datasets_can_be_listed_and_deleted(wire: Wire, client: Client) -> None:
    found = {"datasetId": "d", "name": "a.csv", "processingState": "COMPLETED", "rowCount": 7, "datasetSize": 99}
    wire.on("GET", "datasets/", page(found))
    wire.on("DELETE", "datasets/d/", Reply(204))
    assert [(one.id, one.rows, one.size) for one in client.datasets.list()] == [("d", 7, 99)]
    client.datasets.delete("d")
