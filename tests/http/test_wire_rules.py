"""The rules of the wire that hold for every call: what clients send, and what they cannot do without."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.http.operations import OPERATIONS, filled, things_of
from tests.material import Prepared, Ready, Serve, binary_block, binary_rows, file_of, new_batch, send_rows, upload
from tests.serving import Served, User, serving

from assay.http.app import create_app
from assay.records.limits import Limits

PROXY, CLIENT = "10.0.0.1", "203.0.113.7"

# Rows of the binary model, small enough to be sent again and again.
ROW = {"predictions": [[0.5, 0.5]]}


def zipped(content: bytes) -> bytes:
    """Content packed by gzip; without the time of packing, which would make each run's bytes others."""
    return gzip.compress(content, mtime=0)


@pytest.fixture(scope="module")
def shared(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server for calls that leave nothing behind."""
    with prepared.copy(tmp_path_factory.mktemp("wire") / "store") as place, serving(place, prepared.tokens) as server:
        yield server


def rows_body(ready: Ready, batch: str | None = None, **more: Any) -> dict[str, Any]:
    block = {"modelId": ready.model_id, **ROW, **more}
    return {"data": [block if batch is None else {**block, "batchId": batch}]}


def count(user: User, ready: Ready, batch: str) -> int:
    return int(user.read(ready.path("monitoringBatches", batch))["predictionsCount"])


# ------------------------------------------------------------------ slashes


def test_a_path_without_its_slash_leads_to_the_one_with_it_and_keeps_the_query(shared: Served, binary: Ready) -> None:
    # A prefix of paths with ids: the query is kept to the letter, repeated parameters included.
    query = "?batchId=a&batchId=b&search=50%25%20off&limit=0"
    for operation in OPERATIONS:
        path = operation.path.format_map(dict.fromkeys(re.findall(r"{(\w+)}", operation.path), binary.id))
        answer = shared.owner.request(operation.method, "http://testserver/api/v2/" + path.rstrip("/") + query)
        assert (operation.name, answer.status_code) == (operation.name, 307)
        assert answer.headers["Location"] == f"http://testserver/api/v2/{path}{query}"


def test_a_redirect_followed_gives_the_answer(owner: User, binary: Ready) -> None:
    body = {"batchName": "by a redirect"}
    path = binary.path("monitoringBatches").rstrip("/")
    answer = owner.post(path, body, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.json()["name"] == "by a redirect"


@pytest.mark.parametrize(
    "path",
    [
        "//api/v2/version/",
        "/api//v2///version//",
        "//api/v2//deployments///{id}/",
        "/api/v2/deployments//{id}/settings/",
    ],
)
def test_repeated_slashes_are_folded(shared: Served, binary: Ready, path: str) -> None:
    assert shared.owner.get("http://testserver" + path.format(id=binary.id)).status_code == 200


def test_folded_slashes_and_a_missing_one_go_together(shared: Served) -> None:
    answer = shared.owner.get("http://testserver//api/v2/deployments?limit=1")
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://testserver/api/v2/deployments/?limit=1")


# ------------------------------------------------------------------ who is calling


@pytest.mark.parametrize("form", ["Bearer {}", "Bearer  {}", "Token {}"])
@pytest.mark.parametrize("path", ["version/", "deployments/", "remoteEvents/", "predictionEnvironments/"])
def test_each_client_spells_its_token_in_its_own_way(shared: Served, form: str, path: str) -> None:
    header = {"Authorization": form.format(shared.tokens["owner"])}
    assert shared.nobody.request("GET", path, headers=header).status_code == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Token  "}])
def test_a_wrong_token_is_told_in_the_words_that_clients_look_for(shared: Served, header: dict[str, str]) -> None:
    for path in ("version/", "deployments/", "nothing/here/"):
        answer = shared.nobody.request("GET", path, headers=header)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
        assert "invalid authorization header" in answer.json()["message"].lower()


# ------------------------------------------------------------------ bodies out

# What these answer is a file as it was sent or made.
FILES = {"getDatasetFile", "downloadJobResult"}


def test_every_answer_says_that_it_is_json_and_nothing_more(served: Served, binary: Ready) -> None:
    things = things_of(served, binary)
    for operation in sorted(OPERATIONS, key=lambda o: o.name.startswith(("delete", "archive", "replace"))):
        for user in (served.nobody, served.stranger, served.owner):
            answer = operation.run(user, things)
            if answer.content and not (operation.name in FILES and answer.status_code == 200):
                assert (operation.name, answer.headers["Content-Type"]) == (operation.name, "application/json")
                assert answer.status_code < 400 or list(answer.json()) == ["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing/", 404),
        ("PUT", "version/", 405),
        ("GET", "deployments/?limit=x", 422),
        ("POST", "remoteEvents/", 422),
    ],
)
def test_every_failure_is_json_with_a_message(shared: Served, method: str, path: str, status: int) -> None:
    answer = shared.owner.request(method, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert list(answer.json()) == ["message"]
    assert answer.json()["message"].isascii()


def test_large_answers_go_packed_to_clients_that_ask_for_it(shared: Served) -> None:
    path = "http://testserver/openapi.json"
    plain = shared.nobody.request("GET", path, headers={"Accept-Encoding": "identity"})
    packed = shared.nobody.request("GET", path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"] == "application/json"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 4
    assert "accept-encoding" in packed.headers["Vary"].lower()
    assert packed.json() == plain.json()


# ------------------------------------------------------------------ bodies in


def test_a_body_may_come_in_chunks(owner: User, binary: Ready, batch: str) -> None:
    raw = json.dumps(rows_body(binary, batch)).encode()
    pieces = (raw[i : i + 7] for i in range(0, len(raw), 7))
    answer = owner.post(
        binary.path("predictionInputs", "fromJSON"), content=pieces, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 202
    assert count(owner, binary, batch) == 1


PACKED_JSON = {"Content-Encoding": "gzip", "Content-Type": "application/json"}


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip"])
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_come_packed(owner: User, binary: Ready, batch: str, name: str, members: int, chunked: bool) -> None:
    raw = json.dumps(rows_body(binary, batch)).encode()
    cuts = [raw[i * len(raw) // members : (i + 1) * len(raw) // members] for i in range(members)]
    packed = b"".join(zipped(cut) for cut in cuts)
    content = (packed[i : i + 5] for i in range(0, len(packed), 5)) if chunked else packed
    for path, headers in ((binary.path("predictionInputs", "fromJSON"), PACKED_JSON | {"Content-Encoding": name}),):
        assert owner.post(path, content=content, headers=headers).status_code == 202
    assert count(owner, binary, batch) == 1


def test_every_door_takes_packed_bodies(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    answer = owner.patch(
        binary.path("monitoringBatches", batch), content=zipped(b'{"batchName": "packed"}'), headers=PACKED_JSON
    )
    assert (answer.status_code, answer.json()["name"]) == (200, "packed")
    table = file_of(binary_rows(91, 2_000))
    path = binary.path("monitoringBatches", batch, "uploads", "packed")
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/csv"}
    assert owner.request("PUT", path, content=zipped(table), headers=headers).status_code == 202
    assert count(owner, binary, batch) == 2_000
    # The same bytes, unpacked, under the same key are the same upload.
    assert upload(owner, binary, batch, "packed", table).status_code == 202
    assert count(owner, binary, batch) == 2_000
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="t.csv"\r\n\r\na\n1\n\r\n--x--\r\n'
    headers = {"Content-Encoding": "gzip", "Content-Type": "multipart/form-data; boundary=x"}
    answer = owner.post("datasets/fromFile/", content=zipped(form), headers=headers)
    owner.finished(answer)
    assert owner.read(f"datasets/{answer.json()['catalogId']}/")["rowCount"] == 1


@pytest.mark.parametrize(
    ("content", "encoding", "status", "words"),
    [
        (b'{"batchName": "x"}', "gzip", 422, "cannot be unpacked"),
        (zipped(b'{"batchName": "x"}')[:-4], "gzip", 422, "ends too early"),
        (zipped(b'{"batchName": "x"}') + b"more", "gzip", 422, "cannot be unpacked"),
        (zipped(b'{"batchName": "x"')[:-1] + b"x", "gzip", 422, "cannot be unpacked"),
        (zlib.compress(b'{"batchName": "x"}'), "deflate", 415, "'deflate'"),
        (b'{"batchName": "x"}', "br", 415, "'br'"),
        (zipped(zipped(b'{"batchName": "x"}')), "gzip, gzip", 415, "gzip, gzip"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(
    served: Served, binary: Ready, content: bytes, encoding: str, status: int, words: str
) -> None:
    before = served.contents()
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    answer = served.owner.post(binary.path("monitoringBatches"), content=content, headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_a_packed_body_is_bounded_by_what_it_unpacks_to(serve: Serve, binary: Ready) -> None:
    most = 200_000
    with serve(limits=Limits(max_json_body_bytes=most)) as server:
        owner = server.owner
        before = server.contents()
        for size in (most + 1, 200 * most):
            packed = zipped(b'{"batchName": "' + b"x" * size + b'"}')
            assert len(packed) < most
            for path in (binary.path("monitoringBatches"), binary.path("predictionInputs", "fromJSON")):
                answer = owner.post(path, content=packed, headers=PACKED_JSON)
                assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/json")
                assert answer.json()["message"]
        assert server.contents() == before
        padded = zipped(b'{"batchName": "fits"}'.ljust(most))
        assert owner.post(binary.path("monitoringBatches"), content=padded, headers=PACKED_JSON).status_code == 200


def test_nothing_is_unpacked_for_a_caller_without_a_token(shared: Served, binary: Ready) -> None:
    answer = shared.nobody.post(binary.path("monitoringBatches"), content=b"no gzip", headers=PACKED_JSON)
    assert answer.status_code == 401


# ------------------------------------------------------------------ absolute addresses


def addresses(user: User, ready: Ready, root: str, headers: dict[str, str]) -> list[str]:
    """Every address of four answers: a page's links, a Location of a 202 and of a 303, and of a redirect."""
    if user.read(ready.path("monitoringBatches"))["totalCount"] < 3:
        for _ in range(3):
            new_batch(user, ready)
    page = user.request(
        "GET", f"{root}{ready.path('monitoringBatches')}?limit=1&offset=1&orderBy=name", headers=headers
    )
    accepted = user.request("PATCH", f"{root}{ready.path('settings')}", json={}, headers=headers)
    status = accepted.headers["Location"]
    done = user.request("GET", f"{root}status/{status.rstrip('/').rpartition('/')[2]}/", headers=headers)
    redirect = user.request("GET", f"{root}version", headers=headers)
    assert (page.status_code, accepted.status_code, done.status_code, redirect.status_code) == (200, 202, 303, 307)
    links = page.json()
    return [links["next"], links["previous"], status, done.headers["Location"], redirect.headers["Location"]]


@pytest.mark.parametrize("host", ["monitor.example:8443", "127.0.0.1:9", "[::1]:8700", "a-b.example"])
def test_addresses_are_made_of_the_host_that_was_called(owner: User, binary: Ready, host: str) -> None:
    found = addresses(owner, binary, "http://testserver/api/v2/", {"Host": host})
    assert all(one.startswith(f"http://{host}/api/v2/") for one in found)
    assert "orderBy=name" in found[0]
    # Whoever cuts the id off a status wants the slash.
    assert [one for one in found[2:] if not one.endswith("/")] == []


@contextmanager
def behind(server: Served, peer: str, *trusted: str) -> Iterator[User]:
    """The owner, calling from an address a server that trusts some."""
    app = create_app(server.context, trusted_proxies=trusted)
    with TestClient(app, client=(peer, 50_000)) as client:
        yield User(client, server.tokens["owner"], server)


FORWARDED = [
    {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "monitor.example", "X-Forwarded-Prefix": "/ml/assay"},
    {"X-Forwarded-Proto": "HTTPS", "X-Forwarded-Host": "monitor.example", "X-Forwarded-Prefix": "/ml/assay/"},
    {"Forwarded": f'for={CLIENT};proto=https;host="monitor.example"', "X-Forwarded-Prefix": "/ml/assay"},
    # A caller wrote the first entry; the proxy added the second.
    {
        "X-Forwarded-For": f"192.0.2.1, {CLIENT}",
        "X-Forwarded-Proto": "http, https",
        "X-Forwarded-Host": "evil.example, monitor.example",
        "X-Forwarded-Prefix": "/ml/assay",
    },
    {
        "Forwarded": f"for=192.0.2.1;host=evil.example;proto=http, for={CLIENT};host=monitor.example;proto=https",
        "X-Forwarded-Prefix": "/ml/assay",
    },
    # Two proxies: the outer one saw what the client called.
    {
        "X-Forwarded-For": f"{CLIENT}, 10.0.0.2",
        "X-Forwarded-Proto": "https, http",
        "X-Forwarded-Host": "monitor.example, inner:81",
        "X-Forwarded-Prefix": "/ml/assay",
    },
    {
        "Forwarded": f'for="{CLIENT}:81";host=monitor.example;proto=https, for=10.0.0.2;host=inner;proto=http',
        "X-Forwarded-Prefix": "/ml/assay",
    },
]


@pytest.mark.parametrize("headers", FORWARDED)
def test_addresses_behind_a_trusted_proxy_are_those_that_the_client_called(
    served: Served, binary: Ready, headers: dict[str, str]
) -> None:
    with behind(served, PROXY, "10.0.0.0/24") as user:
        found = addresses(user, binary, "http://testserver/api/v2/", headers)
    assert [one for one in found if not one.startswith("https://monitor.example/ml/assay/api/v2/")] == []


@pytest.mark.parametrize("trusted", [(), ("10.0.0.2",), ("192.168.0.0/16", "::1")])
@pytest.mark.parametrize("headers", FORWARDED)
def test_nobody_else_is_believed(
    served: Served, binary: Ready, trusted: tuple[str, ...], headers: dict[str, str]
) -> None:
    with behind(served, PROXY, *trusted) as user:
        found = addresses(user, binary, "http://testserver/api/v2/", headers)
    assert [one for one in found if not one.startswith("http://testserver/api/v2/")] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "a b", "X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Host": "user@evil.example", "X-Forwarded-Prefix": "nowhere"},
        {"X-Forwarded-Host": "evil.example/path", "X-Forwarded-Prefix": "/a?b"},
        {"Forwarded": "nonsense"},
        {"Forwarded": ";;,,", "X-Forwarded-For": "unknown, _hidden"},
        {"X-Forwarded-Prefix": "/"},
    ],
)
def test_what_no_proxy_could_mean_is_passed_over(served: Served, binary: Ready, headers: dict[str, str]) -> None:
    with behind(served, PROXY, PROXY) as user:
        found = addresses(user, binary, "http://testserver/api/v2/", headers)
    assert [one for one in found if not one.startswith("http://testserver/api/v2/")] == []


def test_a_prefix_is_no_way_round_the_login(served: Served, binary: Ready) -> None:
    headers = {"X-Forwarded-Prefix": "/open", "Authorization": "Bearer wrong"}
    with behind(served, PROXY, PROXY) as user:
        for path in ("deployments/", binary.path(), "version"):
            assert user.request("GET", path, headers=headers).status_code == 401
        answer = user.request("PUT", "version/", headers={"X-Forwarded-Prefix": "/open"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
        lost = user.request("GET", "nothing/", headers={"X-Forwarded-Prefix": "/open"})
        assert lost.json()["message"] == "No operation at /api/v2/nothing/: see /openapi.json."


def test_a_proxy_that_is_no_address_is_refused_at_the_start(served: Served) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        create_app(served.context, trusted_proxies=["nowhere"])


# ------------------------------------------------------------------ phrases, ids, times


def test_what_is_not_found_is_told_in_the_words_that_clients_look_for(shared: Served, binary: Ready) -> None:
    unknown = "65a0000000000000000000ff"
    for path, phrase in (
        (binary.path("monitoringBatches", unknown), "Monitoring batch not found"),
        (binary.path("monitoringBatches", unknown, "models"), "Monitoring batch not found"),
        (binary.path("predictionsOverBatch") + f"?batchId={unknown}", "Monitoring batch not found"),
        (binary.path("accuracy") + f"?modelId={unknown}", f"Model {unknown} not found"),
        (f"deployments/{unknown}/", "Deployment not found"),
        (f"datasets/{unknown}/", "Data set not found"),
        (f"modelPackages/{unknown}/", "Model package not found"),
        (f"predictionEnvironments/{unknown}/", "Prediction environment not found"),
        (f"status/{unknown}/", "Status not found"),
    ):
        answer = shared.owner.get(path)
        assert answer.status_code == 404
        assert phrase in answer.json()["message"]


def test_ids_are_texts_of_twenty_four_hexadecimal_digits(served: Served, binary: Ready) -> None:
    things = things_of(served, binary)
    callers_own = {"upload", "segment"}
    for name in things.keys() - callers_own:
        assert re.fullmatch("[0-9a-f]{24}", things[name]), name
    assert isinstance(served.owner.read(binary.path())["id"], str)


TIMES = {
    "2026-11-23 10:31:31.323+0000": datetime(2026, 11, 23, 10, 31, 31, 323_000, tzinfo=UTC),
    "2026-11-23 12:31:31.323+0200": datetime(2026, 11, 23, 10, 31, 31, 323_000, tzinfo=UTC),
    "2026-11-23T10:31:31.323456+00:00": datetime(2026, 11, 23, 10, 31, 31, 323_456, tzinfo=UTC),
    "2026-11-23T05:01:31-05:30": datetime(2026, 11, 23, 10, 31, 31, tzinfo=UTC),
    "2026-11-23T10:31:31Z": datetime(2026, 11, 23, 10, 31, 31, tzinfo=UTC),
    "2026-11-23T10:31:31": datetime(2026, 11, 23, 10, 31, 31, tzinfo=UTC),
    "2026-11-23": datetime(2026, 11, 23, tzinfo=UTC),
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.mark.parametrize("text", TIMES)
def test_a_time_is_read_in_every_shape_and_told_in_one(owner: User, binary: Ready, batch: str, text: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(92, 2), batch, timestamp=text))
    told = owner.read(binary.path("monitoringBatches", batch))["latestPredictionTimestamp"]
    assert RFC3339.fullmatch(told)
    assert datetime.fromisoformat(told) == TIMES[text]
    event = {"timestamp": text, "eventType": "x", "deploymentId": binary.id}
    assert owner.post("remoteEvents/", event).status_code == 201
    (found,) = owner.read("remoteEvents/", deploymentId=binary.id)["data"]
    assert datetime.fromisoformat(found["timestamp"]) == TIMES[text]
    for name in ("lastPredictionTimestampStart", "lastPredictionTimestampEnd"):
        page = owner.read("deployments/", **{name: text})
        assert [item["id"] for item in page["data"]] == [binary.id]
    # A plus sign that was not escaped arrives as a blank.
    assert owner.get(f"deployments/?lastPredictionTimestampStart={text}").status_code == 200


def test_every_time_of_an_answer_is_rfc_3339(served: Served, binary: Ready) -> None:
    things = things_of(served, binary)
    found = 0
    for operation in OPERATIONS:
        answer = operation.run(served.owner, things) if operation.method == "GET" else None
        if answer is not None and answer.headers.get("Content-Type") == "application/json":
            found += _check_times(answer.json())
    assert found > 50


def _check_times(value: Any, name: str = "") -> int:
    if isinstance(value, dict):
        return sum(_check_times(part, key) for key, part in value.items())
    if isinstance(value, list):
        return sum(_check_times(part, name) for part in value)
    # A line of a log is prose that begins with a time.
    if name != "logs" and isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
        assert RFC3339.fullmatch(value), (name, value)
        return 1
    return 0


# ------------------------------------------------------------------ pages


def pages(things: dict[str, str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every list of the server that tells its length, with what it must be asked.

    Prediction rows are the one list that does not: its contract has no ``totalCount``.
    """
    return {
        operation.name: (operation.path.format(**things), filled(operation.call.get("params", {}), things))
        for operation in OPERATIONS
        if (operation.name.startswith("list") and operation.name != "listPredictionResults")
        or operation.name == "getFeatureDrift"
    }


def test_a_page_has_the_keys_that_clients_read_without_asking(served: Served, binary: Ready) -> None:
    things = things_of(served, binary)
    for name, (path, params) in pages(things).items():
        page = served.owner.read(path, **params)
        assert {"count", "totalCount", "next", "previous", "data"} <= set(page), name
        assert page["count"] == len(page["data"])
        assert (page["next"], page["previous"]) == (None, None)


def test_a_limit_of_nought_means_all(served: Served, binary: Ready) -> None:
    things = things_of(served, binary)
    for name, (path, params) in pages(things).items():
        page = served.owner.read(path, **params, offset=0, limit=0)
        whole = served.owner.read(path, **params)
        assert page["data"] == whole["data"], name
        assert (page["count"], page["next"]) == (page["totalCount"], None)


def test_pages_follow_each_other_with_the_other_parameters(served: Served, binary: Ready) -> None:
    owner = served.owner
    things = things_of(served, binary)
    for path, params in (
        ("deployments/", {"orderBy": "label", "importance": ["HIGH", "LOW"]}),
        ("status/", {}),
        ("modelPackages/", {"search": "model"}),
        (f"modelPackages/{things['package']}/features/", {"orderBy": "-name"}),
        ("predictionEnvironments/", {"search": "p"}),
    ):
        if path.startswith("predictionEnvironments"):
            owner.post(path, {"name": "pre-production"})
        if "importance" in params:
            for ready, word in ((binary.id, "HIGH"), (served_regression(owner, binary.id), "LOW")):
                owner.patch(f"deployments/{ready}/", {"importance": word})
        whole = owner.read(path, **params)
        assert whole["totalCount"] > 1
        seen, link = [], owner.read(path, **params, limit=1)
        while True:
            seen += link["data"]
            if link["next"] is None:
                break
            link = owner.read(link["next"])
        assert seen == whole["data"]


def served_regression(owner: User, other: str) -> str:
    return next(str(item["id"]) for item in owner.read("deployments/")["data"] if item["id"] != other)


def test_a_parameter_that_comes_twice_is_a_list(owner: User, binary: Ready) -> None:
    batches = [new_batch(owner, binary, batchName=str(n)) for n in range(2)]
    for n, batch in enumerate(batches):
        send_rows(owner, binary, binary_block(binary, binary_rows(93 + n, 10 + n), batch))
    query = "&".join(f"batchId={batch}" for batch in batches)
    assert owner.read(binary.path("targetDrift") + "?" + query)["sampleSize"] == 21
    assert owner.read(binary.path("targetDrift") + "?batchId=" + batches[1])["sampleSize"] == 11
    found = owner.read("deployments/?championModelTargetType=Binary&championModelTargetType=Regression")
    assert found["totalCount"] == 2


# ------------------------------------------------------------------ work that goes on


def test_work_is_waited_for_in_the_one_form_that_suits_every_client(served: Served, tmp_path: Path) -> None:
    owner = served.owner
    answer = owner.post("datasets/fromFile/", files={"file": ("t.csv", b"a\n1\n")})
    assert answer.status_code == 202
    status = answer.headers["Location"]
    assert re.fullmatch(r"http://testserver/api/v2/status/[0-9a-f]{24}/", status)
    waiting = owner.get(status)
    assert (waiting.status_code, waiting.json()["status"]) == (200, "INITIALIZED")
    served.work()
    done = owner.get(status)
    assert (done.status_code, done.headers["Content-Type"]) == (303, "application/json")
    assert done.headers["Location"] == f"http://testserver/api/v2/datasets/{answer.json()['catalogId']}/"
    assert owner.get(done.headers["Location"]).status_code == 200
    failing = owner.post("datasets/fromFile/", files={"file": ("t.parquet", b"no parquet")})
    served.work()
    failed = owner.get(failing.headers["Location"])
    assert (failed.status_code, failed.json()["status"]) == (200, "ERROR")
    assert failed.json()["message"]


# Clients break without it here; of other 202s, which are counted when they are answered, they do not look at it.
SAYS_WHERE = {
    "createDatasetFromFile",
    "createDeployment",
    "updateSettings",
    "replaceModel",
    "addActuals",
    "addCustomMetricValues",
    "createPredictionExport",
    "createActualsExport",
    "createMonitoringJob",
}


def test_every_call_whose_work_goes_on_says_where(served: Served, binary: Ready) -> None:
    things = things_of(served, binary)
    for operation in OPERATIONS:
        if operation.name in SAYS_WHERE:
            answer = operation.run(served.owner, things)
            assert answer.status_code == 202, operation.name
            assert answer.headers["Location"].startswith("http://testserver/api/v2/"), operation.name
            assert answer.headers["Location"].endswith("/")
            answer.json()
            served.work()
