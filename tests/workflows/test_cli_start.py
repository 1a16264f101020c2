"""What every command does first, and rules of the wire that hold for every call (CLIENTS.md 1 and 2.1)."""

import httpx2
import pytest
from tests.process import Running
from tests.workflows.wire import COMMAND_LINE, LIBRARY, SDK, Style, Wire, wire

STYLES = pytest.mark.parametrize("style", [COMMAND_LINE, LIBRARY, SDK], ids=["cli", "library", "sdk"])


def test_every_command_asks_twice_which_version_it_speaks_to(cli: Wire) -> None:
    for _ in range(2):
        found = cli.read("version/")
        assert type(found["major"]) is type(found["minor"]) is int
        assert found["versionString"].split(".")[:2] == [str(found["major"]), str(found["minor"])]
        # Below 2.18 the program stops; below 2.31 it drops the batch id from all that it reports.
        assert found["major"] == 2
        assert found["minor"] >= 31


@STYLES
def test_a_wrong_token_is_told_in_the_words_that_clients_look_for(server: Running, style: Style) -> None:
    with wire(server, style, token="wrong") as stranger:
        for path in ("version/", "deployments/"):
            status, message = stranger.refused("GET", path)
            assert status == 401
            assert "invalid authorization header" in message.lower()


def test_a_missing_token_is_refused(server: Running) -> None:
    answer = httpx2.get(f"{server.url}/api/v2/version/")
    assert answer.status_code == 401
    assert "invalid authorization header" in answer.json()["message"].lower()


@STYLES
def test_a_path_without_its_slash_leads_to_the_one_with_it_and_keeps_the_query(server: Running, style: Style) -> None:
    with wire(server, style) as client:
        answer = client.call("GET", "deployments", params={"search": "50% off", "limit": 2})
        assert answer.status_code in {307, 308}
        assert answer.headers["Location"].partition("?")[2] == answer.request.url.query.decode()
        assert client.read(answer.headers["Location"])["data"] == []


def test_repeated_slashes_anywhere_are_folded(cli: Wire) -> None:
    assert cli.read("/deployments//")["count"] >= 0


def test_what_the_client_can_unpack_may_come_packed(server: Running) -> None:
    answer = httpx2.get(
        f"{server.url}/openapi.json", headers={"Accept-Encoding": "gzip", "Authorization": f"Bearer {server.token}"}
    )
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json()["openapi"].startswith("3.")
