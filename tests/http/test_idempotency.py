"""A POST that is made again under its ``Idempotency-Key`` has its effect once, and its first answer again."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.effort import examples
from tests.http.operations import OPERATIONS, UNKNOWN, Operation, things_of
from tests.material import Prepared, Ready, binary_block, binary_rows, new_batch
from tests.serving import Served, User, copied, serving

from assay.errors import Unavailable
from assay.http import app
from assay.http.app import create_app
from assay.monitoring import idempotency

POSTS = [operation for operation in OPERATIONS if operation.method == "POST"]
EVERY = pytest.mark.parametrize("operation", POSTS, ids=lambda operation: operation.name)
KEY = "3f0c-retry of 2026-11-23"


@pytest.fixture(scope="module")
def filled(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = copied(prepared.folder, tmp_path_factory.mktemp("filled") / "store")
    with serving(folder, prepared.tokens) as server:
        things = things_of(server, prepared.binary)
    return folder, things


@pytest.fixture
def things(filled: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return filled[1]


@pytest.fixture
def stocked(filled: tuple[Path, dict[str, str]], prepared: Prepared, tmp_path: Path) -> Iterator[Served]:
    """A server with one object of every kind."""
    with serving(copied(filled[0], tmp_path / "stocked"), prepared.tokens) as server:
        yield server


def keyed(operation: Operation, key: str, **more: Any) -> Operation:
    headers = {**operation.call.get("headers", {}), "Idempotency-Key": key}
    return replace(operation, call={**operation.call, **more, "headers": headers})


def rows_body(ready: Ready, batch: str, rows: int = 5, seed: int = 21) -> dict[str, Any]:
    return {"data": [binary_block(ready, binary_rows(seed, rows), batch)]}


def send(user: User, ready: Ready, body: dict[str, Any], key: str | None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return user.post(ready.path("predictionInputs", "fromJSON"), body, headers=headers)


def count(user: User, ready: Ready, batch: str) -> int:
    return int(user.read(ready.path("monitoringBatches", batch))["predictionsCount"])


# ------------------------------------------------------------------ every POST


@EVERY
def test_a_call_under_a_key_has_its_effect_and_its_answer_once(
    stocked: Served, things: dict[str, str], operation: Operation
) -> None:
    owner, call = stocked.owner, keyed(operation, KEY)
    if "{" in operation.path or operation.owned is not None:
        # A refusal is not remembered: the right call can be made under the same key.
        assert call.run(owner, dict.fromkeys(things, UNKNOWN)).status_code == 404
        assert stocked.contents()["idempotency_keys"] == []

    first = call.run(owner, things)
    assert 200 <= first.status_code < 300
    assert "Idempotency-Replayed" not in first.headers

    between = stocked.contents()
    again = call.run(owner, things)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("Location", "Content-Type", "Content-Length"):
        assert again.headers.get(name) == first.headers.get(name)
    assert stocked.contents() == between

    other = keyed(POSTS[0] if operation is not POSTS[0] else POSTS[1], KEY).run(owner, things)
    assert other.status_code == 409
    assert f"Idempotency-Key '{KEY}' was used for POST /api/v2/{operation.path[:5]}" in other.json()["message"]
    assert stocked.contents() == between

    # Somebody else's equal key is another key.
    theirs = call.run(stocked.stranger, things)
    assert "Idempotency-Replayed" not in theirs.headers
    assert theirs.status_code == 404 if operation.owned is not None else theirs.status_code < 300


def test_nothing_of_a_post_waits_for_a_thread_once_it_has_written(served: Served) -> None:
    # All threads may be waiting for the lock that its transaction holds: that would be for ever.
    routes = [route for module in app.ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]
    posts = [route for route in routes if "POST" in route.methods]
    assert len(posts) == len(POSTS)
    assert [route.path for route in posts if not iscoroutinefunction(route.endpoint)] == []


def test_every_post_tells_of_the_header(served: Served) -> None:
    document = served.nobody.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            told = [p for p in operation.get("parameters", []) if p["name"] == "Idempotency-Key"]
            if operation["operationId"] == "createMonitoringBatch":
                # The contract leaves no parameter to add.
                assert "Idempotency-Key" in operation["description"]
            else:
                assert len(told) == (method == "post"), path
            assert method != "post" or "409" in operation["responses"], path


# ------------------------------------------------------------------ bodies


def test_the_same_key_with_another_body_is_refused_in_words(owner: User, served: Served, binary: Ready) -> None:
    batch = new_batch(owner, binary)
    assert send(owner, binary, rows_body(binary, batch, 5), KEY).status_code == 202
    before = served.contents()
    other = send(owner, binary, rows_body(binary, batch, 6), KEY)
    assert other.status_code == 409
    path = f"POST /api/v2/deployments/{binary.id}/predictionInputs/fromJSON/"
    assert other.json()["message"] == (
        f"Idempotency-Key '{KEY}' was used for {path} already, with another body. Send a new call under a new key; a "
        "call that is repeated must be the same to the letter."
    )
    assert served.contents() == before


def test_a_packed_body_is_the_same_as_the_plain_one(owner: User, binary: Ready) -> None:
    batch = new_batch(owner, binary)
    path, plain = binary.path("predictionInputs", "fromJSON"), json.dumps(rows_body(binary, batch)).encode()
    headers = {"Idempotency-Key": KEY, "Content-Type": "application/json"}
    packed = {**headers, "Content-Encoding": "gzip"}
    first = owner.request("POST", path, content=gzip.compress(plain), headers=packed)
    again = owner.request("POST", path, content=plain, headers=headers)
    assert first.status_code == 202
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(owner, binary, batch) == 5


def form(boundary: str, name: str, content: bytes, field: str = "file") -> dict[str, Any]:
    lines = [
        f"--{boundary}",
        f'Content-Disposition: form-data; name="{field}"; filename="{name}"',
        "Content-Type: text/csv",
        "",
    ]
    body = "\r\n".join(lines).encode() + b"\r\n" + content + f"\r\n--{boundary}--\r\n".encode()
    media_type = f"multipart/form-data; boundary={boundary}"
    return {"content": body, "headers": {"Content-Type": media_type, "Idempotency-Key": KEY}}


def test_a_form_is_the_same_whatever_separates_its_parts(owner: User, served: Served) -> None:
    content = b"a,b\r\n1,2\r\n--\r\n"
    first = owner.request("POST", "datasets/fromFile/", **form("one", "t.csv", content))
    before = served.contents()
    again = owner.request("POST", "datasets/fromFile/", **form("another-boundary", "t.csv", content))
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    for other in (form("one", "u.csv", content), form("one", "t.csv", content + b"x"), form("one", "t.csv", b"")):
        assert owner.request("POST", "datasets/fromFile/", **other).status_code == 409
    assert served.contents() == before


def test_a_form_that_cannot_be_read_is_refused_and_not_remembered(owner: User, served: Served) -> None:
    call = form("one", "t.csv", b"a\n1\n")
    broken = {**call, "content": b"--two\r\nnonsense"}
    answer = owner.request("POST", "datasets/fromFile/", **broken)
    assert answer.status_code == 422
    assert "form cannot be read" in answer.json()["message"]
    assert served.contents()["idempotency_keys"] == []
    assert owner.request("POST", "datasets/fromFile/", **call).status_code == 202


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "a\tb", "a\x1f", "cl\xe9"])
def test_what_cannot_be_a_key_is_refused(owner: User, served: Served, binary: Ready, key: str) -> None:
    before = served.contents()
    answer = owner.request(
        "POST",
        binary.path("monitoringBatches"),
        json={"batchName": "b"},
        headers={"Idempotency-Key": key.encode("latin-1")},
    )
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Idempotency-Key: found ")
    assert "expected 1 to 255 printable ASCII characters" in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize("key", ["x", "a" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "with a blank, ~!"])
def test_any_printable_text_can_be_a_key(owner: User, binary: Ready, key: str) -> None:
    for replayed in (None, "true"):
        answer = owner.post(binary.path("monitoringBatches"), {"batchName": "b"}, headers={"Idempotency-Key": key})
        assert answer.headers.get("Idempotency-Replayed") == replayed


def test_two_keys_of_one_call_are_refused(owner: User, served: Served, binary: Ready) -> None:
    headers = [("Authorization", f"Bearer {owner.token}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    url = "http://testserver/api/v2/" + binary.path("monitoringBatches")
    answer = served.client.request("POST", url, json={}, headers=headers)
    assert answer.status_code == 422
    assert "found 2 of them, expected one" in answer.json()["message"]


def test_a_call_without_a_token_learns_nothing_of_keys(owner: User, served: Served, binary: Ready) -> None:
    headers = {"Idempotency-Key": KEY}
    assert owner.post(binary.path("monitoringBatches"), {"batchName": "b"}, headers=headers).status_code == 200
    assert served.nobody.post(binary.path("monitoringBatches"), {"batchName": "b"}, headers=headers).status_code == 401


def test_a_redirect_to_the_path_with_its_slash_takes_no_key(owner: User, binary: Ready) -> None:
    path = binary.path("monitoringBatches").rstrip("/")
    answers = [
        owner.post(path, {"batchName": "b"}, headers={"Idempotency-Key": KEY}, follow_redirects=True) for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].content == answers[1].content


def test_reads_and_other_methods_pass_the_header_over(owner: User, binary: Ready) -> None:
    batch = new_batch(owner, binary)
    path, headers = binary.path("monitoringBatches", batch), {"Idempotency-Key": KEY}
    for name in ("one", "two"):
        assert owner.request("PATCH", path, json={"batchName": name}, headers=headers).json()["name"] == name
    assert owner.request("GET", path, headers=headers).json()["name"] == "two"


def test_keys_are_forgotten_when_their_time_is_over(owner: User, served: Served, binary: Ready) -> None:
    path, headers = binary.path("monitoringBatches"), {"Idempotency-Key": KEY}
    first = owner.post(path, {"batchName": "b"}, headers=headers).json()["id"]
    kept = served.context.limits.idempotency_keys_kept
    assert kept == timedelta(days=7)
    for later, gone in ((kept - timedelta(minutes=1), 0), (kept + timedelta(minutes=1), 1)):
        ctx = replace(served.context, clock=lambda later=later: served.context.clock() + later)
        assert idempotency.forget_old(ctx) == gone
    assert owner.post(path, {"batchName": "b"}, headers=headers).json()["id"] != first


def test_workers_look_for_keys_whose_time_is_over(owner: User, serve: Any, binary: Ready) -> None:
    from assay.records.limits import Limits

    with serve(limits=Limits(idempotency_keys_kept=timedelta(0))) as server:
        path, headers = binary.path("monitoringBatches"), {"Idempotency-Key": KEY}
        assert server.owner.post(path, {"batchName": "b"}, headers=headers).status_code == 200
        assert len(server.contents()["idempotency_keys"]) == 1
        server.work()
        assert server.contents()["idempotency_keys"] == []


def test_a_deleted_deployment_takes_the_keys_of_its_calls_along(owner: User, served: Served, binary: Ready) -> None:
    headers = {"Idempotency-Key": KEY}
    owner.post(binary.path("monitoringBatches"), {"batchName": "b"}, headers=headers)
    owner.post("predictionEnvironments/", {"name": "e"}, headers={"Idempotency-Key": "other"})
    assert owner.delete(f"deployments/{binary.id}/").status_code == 204
    served.work()
    assert [row[1] for row in served.contents()["idempotency_keys"]] == ["other"]


# ------------------------------------------------------------------ at the same time


def at_once(calls: int, make: Any) -> list[Any]:
    """Make calls from as many threads, begun together."""
    start, answers = threading.Barrier(calls), [None] * calls

    def run(number: int) -> None:
        start.wait()
        answers[number] = make(number)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_twenty_calls_at_once_under_one_key_are_one(owner: User, served: Served, binary: Ready) -> None:
    batch = new_batch(owner, binary)
    body = rows_body(binary, batch, 40)
    answers = at_once(20, lambda _: send(owner, binary, body, KEY))
    assert {a.status_code for a in answers} == {202}
    assert len({a.content for a in answers}) == 1
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1
    assert count(owner, binary, batch) == 40
    assert len(owner.read(binary.path("monitoringBatches", batch, "uploads"))["data"]) == 1
    # What the others had made ready is gone again.
    prefixes = {
        row[0].rsplit("/", 1)[0] for row in served.contents()["blobs"] if row[0].startswith(f"rows/{binary.id}")
    }
    assert len(prefixes) == 1


def test_more_writers_than_threads_with_keys_and_without_all_get_through(
    owner: User, served: Served, binary: Ready
) -> None:
    batch = new_batch(owner, binary)
    body = rows_body(binary, batch, 3)

    def make(number: int) -> Any:
        return send(owner, binary, body, None if number % 3 == 0 else f"key {number % 3}-{number}")

    answers = at_once(60, make)
    assert {a.status_code for a in answers} == {202}
    assert count(owner, binary, batch) == 180


class NoCommit:
    """A store whose first transactions are undone at their end, as by a full disk."""

    def __init__(self, store: Any, failures: int) -> None:
        self._store = store
        self._left = failures
        self.blobs = store.blobs
        self.snapshot = store.snapshot

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._store.transaction() as tx:
            yield tx
            self._left -= 1
            if self._left >= 0:
                raise Unavailable("The disk is full. Nothing was stored; send the call again.")


def test_a_call_that_could_not_be_committed_leaves_nothing_and_may_be_made_again(
    owner: User, served: Served, binary: Ready
) -> None:
    batch = new_batch(owner, binary)
    before = served.contents()
    failing = create_app(replace(served.context, store=NoCommit(served.store, 1)))
    with TestClient(failing) as client:
        answers = [send(replace(owner, client=client), binary, rows_body(binary, batch), KEY) for _ in range(3)]
        assert answers[0].status_code == 503
        assert "Nothing was stored" in answers[0].json()["message"]
        assert {a.status_code for a in answers[1:]} == {202}
        assert [a.headers.get("Idempotency-Replayed") for a in answers] == [None, None, "true"]
    assert count(owner, binary, batch) == 5
    assert len(served.contents()["uploads"]) == len(before["uploads"]) + 1


# ------------------------------------------------------------------ a law


CALLS = st.lists(
    st.tuples(st.sampled_from([None, "a", "b", "c"]), st.integers(0, 1), st.integers(1, 3), st.booleans()),
    max_size=12,
)


class Model:
    """What the rules say of a series of calls."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, int]] = {}
        self.rows = [0, 0]

    def expects(self, key: str | None, batch: int, rows: int, *, wrong: bool) -> tuple[int, bool]:
        """Status, and whether the answer is a repeated one."""
        if key in self.known:
            return (202, True) if self.known[key] == (batch, rows) and not wrong else (409, False)
        if wrong:
            return 404, False
        if key is not None:
            self.known[key] = (batch, rows)
        self.rows[batch] += rows
        return 202, False


def test_any_series_of_calls_counts_as_the_rules_say(served: Served, owner: User, binary: Ready) -> None:
    numbers = iter(range(10**6))

    @examples(20)
    @given(calls=CALLS)
    def holds(calls: list[tuple[str | None, int, int, bool]]) -> None:
        model, series = Model(), next(numbers)
        batches = [new_batch(owner, binary), new_batch(owner, binary)]
        for key, batch, rows, wrong in calls:
            name = None if key is None else f"{key} of {series}"
            answer = send(owner, binary, rows_body(binary, UNKNOWN if wrong else batches[batch], rows), name)
            replayed = "Idempotency-Replayed" in answer.headers
            assert (answer.status_code, replayed) == model.expects(key, batch, rows, wrong=wrong)
        assert [count(owner, binary, batch) for batch in batches] == model.rows

    holds()
