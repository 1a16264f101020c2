import socket

import pytest
from tests.client.conftest import QUICK
from tests.client.wire import API, BATCH, DEPLOYMENT, Reply, Wire, accepted, batch, done

from assay.client import (
    Client,
    Conflict,
    NotFound,
    Patience,
    Refused,
    ServerProblem,
    StillWorking,
    Unauthorized,
    Unreachable,
    WorkFailed,
)

VERSION = {"major": 2, "minor": 49, "versionString": "2.49.0"}
BATCHES = f"deployments/{DEPLOYMENT}/monitoringBatches/"


@pytest.mark.parametrize("suffix", ["", "/", "/api/v2", "/api/v2/"])
def test_the_root_may_be_given_with_or_without_the_api(wire: Wire, suffix: str) -> None:
    wire.on("GET", "version/", Reply(json=VERSION))
    with Client(wire.url + suffix, "secret") as client:
        assert client.version() == VERSION
        assert client.url == wire.url


def test_a_call_says_who_asks(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(json=VERSION))
    client.version()
    assert wire.calls[0].headers["Authorization"] == "Bearer secret"
    assert wire.calls[0].headers["User-Agent"].startswith("assay/")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8700", "ftp://host", "http://", "http://host/?x=1", "http://h:port"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"no address of a server|Port could not be cast"):
        Client(url or " ")


def test_a_token_with_a_line_break_in_it_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="token holds blanks"):
        Client("http://host", "abc\ndef")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Unauthorized),
        (403, Refused),
        (404, NotFound),
        (409, Conflict),
        (410, NotFound),
        (413, Refused),
        (422, Refused),
        (500, ServerProblem),
    ],
)
def test_an_error_repeats_the_servers_message(wire: Wire, client: Client, status: int, kind: type[Exception]) -> None:
    wire.on("GET", "version/", Reply(status, {"message": "Batch '2013-07' is locked."}))
    with pytest.raises(kind, match=r"^Batch '2013-07' is locked\.$") as caught:
        client.version()
    assert type(caught.value) is kind
    assert caught.value.status == status  # type: ignore[attr-defined]


def test_an_error_without_a_message_tells_status_and_address(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(404, text="<html>nginx</html>"))
    with pytest.raises(NotFound, match=r"/api/v2/version/ answered 404 Not Found\."):
        client.version()


def test_an_answer_that_is_no_json_asks_whether_the_address_is_right(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(200, text="<html>Welcome</html>"))
    with pytest.raises(ServerProblem, match="Is it the address of an Assay server"):
        client.version()


def test_a_redirect_is_told_and_not_followed(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(301, headers={"Location": "https://elsewhere/api/v2/version/"}))
    with pytest.raises(ServerProblem, match="redirect to 'https://elsewhere/api/v2/version/'"):
        client.version()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_while_the_server_is_busy(wire: Wire, client: Client, status: int) -> None:
    busy = Reply(status, {"message": "Later."})
    wire.on("GET", "version/", busy, busy, Reply(json=VERSION))
    assert client.version() == VERSION
    assert len(wire.calls) == 3


def test_a_read_is_repeated_when_the_connection_breaks(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(drop=True), Reply(json=VERSION))
    assert client.version() == VERSION


def test_after_the_last_try_the_servers_message_is_told(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(503, {"message": "The server is starting."}))
    with pytest.raises(ServerProblem, match=r"The server is starting\."):
        client.version()
    assert len(wire.calls) == Patience().tries


def test_other_failures_are_not_repeated(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(500, {"message": "Bug."}))
    with pytest.raises(ServerProblem, match="Bug"):
        client.version()
    assert len(wire.calls) == 1


@pytest.mark.parametrize("reply", [Reply(503, {"message": "Later."}), Reply(drop=True)])
def test_a_post_is_made_again_under_the_key_of_the_first_time(wire: Wire, client: Client, reply: Reply) -> None:
    wire.on("POST", BATCHES, reply, reply, Reply(json=batch()))
    assert client.batches.create(DEPLOYMENT, "2013-07").name == "2013-07"
    keys = [call.headers["Idempotency-Key"] for call in wire.calls]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert len({call.body for call in wire.calls}) == 1


def test_every_post_has_a_key_of_its_own_unless_the_caller_names_one(wire: Wire, client: Client) -> None:
    wire.on("POST", BATCHES, Reply(json=batch()))
    for key in (None, None, "nightly 1"):
        client.batches.create(DEPLOYMENT, "2013-07", idempotency_key=key)
    first, second, named = (call.headers["Idempotency-Key"] for call in wire.calls)
    assert first != second
    assert named == "nightly 1"


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "a\nb", "clé", " a"])
def test_what_cannot_be_a_key_is_refused_before_anything_is_sent(wire: Wire, client: Client, key: str) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        client.batches.create(DEPLOYMENT, "2013-07", idempotency_key=key)
    assert wire.calls == []


def test_other_calls_go_without_a_key(wire: Wire, client: Client) -> None:
    wire.on("GET", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    wire.on("PATCH", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    client.batches.lock(client.batches.get(DEPLOYMENT, BATCH))
    assert [call.headers.get("Idempotency-Key") for call in wire.calls] == [None, None]


@pytest.mark.parametrize("reply", [Reply(503, {"message": "Later."}), Reply(drop=True)])
def test_a_patch_that_may_have_arrived_is_not_repeated(wire: Wire, client: Client, reply: Reply) -> None:
    wire.on("GET", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    wire.on("PATCH", f"{BATCHES}{BATCH}/", reply)
    with pytest.raises((ServerProblem, Unreachable)):
        client.batches.lock(client.batches.get(DEPLOYMENT, BATCH))
    assert len(wire.asked("PATCH")) == 1


def test_a_post_that_broke_every_time_says_that_its_fate_is_not_known_and_its_key(wire: Wire, client: Client) -> None:
    wire.on("POST", BATCHES, Reply(drop=True))
    with pytest.raises(Unreachable, match=r"not known whether.* with Idempotency-Key 'night-1' it counts once"):
        client.batches.create(DEPLOYMENT, "2013-07", idempotency_key="night-1")
    assert len(wire.calls) == Patience().tries


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_call_is_repeated_when_no_connection_was_made(method: str) -> None:
    pauses: list[float] = []
    with socket.socket() as taken:
        # Bound and not listening: connections are refused, and nobody else can take the port.
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Client(address, "secret") as client:
            client._transport._sleep = pauses.append
            with pytest.raises(Unreachable, match=rf"Cannot reach {address}: .*assay serve"):
                client._transport.send(method, "version/")
    assert pauses == [0.25, 0.5, 1.0]


def test_the_servers_wish_for_a_pause_is_heard(wire: Wire, client: Client) -> None:
    pauses: list[float] = []
    client._transport._sleep = pauses.append
    wire.on("GET", "version/", Reply(429, {"message": "Slow."}, {"Retry-After": "7"}), Reply(json=VERSION))
    assert client.version() == VERSION
    assert pauses == [7.0]


def test_a_wish_for_a_very_long_pause_ends_the_call(wire: Wire, client: Client) -> None:
    wire.on("GET", "version/", Reply(429, {"message": "Tomorrow."}, {"Retry-After": "86400"}))
    with pytest.raises(Refused, match="Tomorrow"):
        client.version()
    assert len(wire.calls) == 1


def test_silence_is_told_with_how_long_it_lasted(wire: Wire) -> None:
    wire.on("GET", "version/", Reply(json=VERSION, delay=0.5))
    patience = Patience(tries=1)
    with (
        Client(wire.url, "secret", timeout=0.1, patience=patience) as client,
        pytest.raises(Unreachable, match="was silent for 0 s"),
    ):
        client.version()


# ---------------------------------------------------------------- work that goes on after the answer


def test_a_running_job_is_asked_after_until_it_is_done(wire: Wire, client: Client) -> None:
    path = f"deployments/{DEPLOYMENT}/settings/"
    wire.on("PATCH", path, accepted(wire, "s1"))
    running = [Reply(json={"status": "INITIALIZED"}), Reply(json={"status": "RUNNING"})]
    wire.on("GET", "status/s1/", *running, done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("GET", path, Reply(json={"batchMonitoring": {"enabled": True}}))
    settings = client.deployments.update_settings(DEPLOYMENT, {"batchMonitoring": {"enabled": True}})
    assert settings.batch_monitoring is True
    assert [call.path for call in wire.calls] == [path, "status/s1/", "status/s1/", "status/s1/", path]


@pytest.mark.parametrize("word", ["ERROR", "ABORTED", "EXPIRED"])
def test_a_failed_job_raises_the_servers_message(wire: Wire, client: Client, word: str) -> None:
    wire.on("DELETE", f"{BATCHES}{BATCH}/", accepted(wire, "s1"))
    wire.on("GET", f"{BATCHES}{BATCH}/", Reply(json=batch()))
    wire.on("GET", "status/s1/", Reply(json={"status": word, "message": "Row 7 holds 'x'."}))
    with pytest.raises(WorkFailed, match=r"^Row 7 holds 'x'\.$"):
        client.batches.delete(client.batches.get(DEPLOYMENT, BATCH))


def test_a_failed_job_without_a_message_is_named(wire: Wire, client: Client) -> None:
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s1"))
    wire.on("GET", "status/s1/", Reply(json={"status": "ABORTED"}))
    with pytest.raises(WorkFailed, match="Changing the settings ended as ABORTED"):
        client.deployments.update_settings(DEPLOYMENT, {})


@pytest.mark.parametrize("state", [{"status": "COMPLETED"}, {"id": "no status at all"}])
def test_other_ways_to_say_that_a_job_is_done(wire: Wire, client: Client, state: dict[str, str]) -> None:
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s1"))
    wire.on("GET", "status/s1/", Reply(json=state))
    wire.on("GET", f"deployments/{DEPLOYMENT}/settings/", Reply(json={}))
    client.deployments.update_settings(DEPLOYMENT, {})


def test_waiting_has_an_end_and_says_where_to_ask_again(wire: Wire) -> None:
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s1"))
    wire.on("GET", "status/s1/", Reply(json={"status": "RUNNING"}))
    patience = Patience(poll_pause=0.001, longest_poll_pause=0.005, limit=0.05)
    with (
        Client(wire.url, "secret", patience=patience) as client,
        pytest.raises(StillWorking, match=rf"still going on.*{wire.url}{API}status/s1/"),
    ):
        client.deployments.update_settings(DEPLOYMENT, {})


def test_a_server_that_is_started_anew_is_waited_for(wire: Wire, client: Client) -> None:
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s1"))
    away = [Reply(drop=True)] * 6 + [Reply(503)] * 6
    wire.on("GET", "status/s1/", Reply(json={"status": "RUNNING"}), *away, Reply(json={"status": "COMPLETED"}))
    wire.on("GET", f"deployments/{DEPLOYMENT}/settings/", Reply(json={}))
    client.deployments.update_settings(DEPLOYMENT, {})


def test_a_server_that_stays_away_is_told(wire: Wire, client: Client) -> None:
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s1"))
    wire.on("GET", "status/s1/", Reply(drop=True))
    with pytest.raises(Unreachable, match="broke"):
        client.deployments.update_settings(DEPLOYMENT, {})


def test_pauses_between_questions_grow_up_to_a_limit(wire: Wire, client: Client) -> None:
    pauses: list[float] = []
    client._transport._sleep = pauses.append
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", accepted(wire, "s1"))
    running = [Reply(json={"status": "RUNNING"})] * 4
    wire.on("GET", "status/s1/", *running, done(wire, f"deployments/{DEPLOYMENT}/"))
    wire.on("GET", f"deployments/{DEPLOYMENT}/settings/", Reply(json={}))
    client.deployments.update_settings(DEPLOYMENT, {})
    assert pauses == pytest.approx([0.001, 0.0015, 0.002, 0.002])
    assert QUICK.longest_poll_pause == 0.002


def test_the_token_stays_with_the_server_wherever_a_location_points(wire: Wire, client: Client) -> None:
    elsewhere = {"Location": f"http://elsewhere.invalid{API}status/s1/"}
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", Reply(202, {}, elsewhere))
    wire.on("GET", "status/s1/", Reply(json={"status": "COMPLETED"}))
    wire.on("GET", f"deployments/{DEPLOYMENT}/settings/", Reply(json={}))
    client.deployments.update_settings(DEPLOYMENT, {})
    assert [call.path for call in wire.calls][1] == "status/s1/"


def test_a_location_outside_the_api_is_a_problem_of_the_server(wire: Wire, client: Client) -> None:
    wire.on("PATCH", f"deployments/{DEPLOYMENT}/settings/", Reply(202, {}, {"Location": "/somewhere"}))
    with pytest.raises(ServerProblem, match="'/somewhere', which is not below"):
        client.deployments.update_settings(DEPLOYMENT, {})
