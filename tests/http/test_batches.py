"""Batches: made, listed, changed, locked, deleted; the nine operations beyond their shapes."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples
from tests.material import (
    FORMS,
    Ready,
    Serve,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    regression_block,
    regression_rows,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
    upload,
)
from tests.serving import Served, User

from assay.records.limits import Limits


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    assert found.tzinfo is not None
    return found


def batches(user: User, ready: Ready, **params: Any) -> list[str]:
    return [item["name"] for item in user.read(ready.path("monitoringBatches"), **params)["data"]]


def one(user: User, ready: Ready, batch_id: str) -> dict[str, Any]:
    return dict(user.read(ready.path("monitoringBatches", batch_id)))


# ------------------------------------------------------------------ making


def test_a_new_batch_is_answered_with_everything_it_has(owner: User, binary: Ready) -> None:
    before = datetime.now(UTC)
    sent = {
        "batchName": "June",
        "description": "all of June",
        "externalContextUrl": "https://example.com/runs/6?a=b#c",
        "isLocked": True,
    }
    answer = owner.post(binary.path("monitoringBatches"), sent)
    assert answer.status_code == 200
    batch = answer.json()
    created = moment(batch["createdAt"])
    assert before <= created <= datetime.now(UTC)
    assert batch == {
        "id": batch["id"],
        "name": "June",
        "description": "all of June",
        "externalContextUrl": "https://example.com/runs/6?a=b#c",
        "createdAt": batch["createdAt"],
        "createdBy": {"id": batch["createdBy"]["id"], "name": "owner"},
        "isLocked": True,
        "predictionsCount": 0,
        "earliestPredictionTimestamp": batch["createdAt"],
        "latestPredictionTimestamp": batch["createdAt"],
        "serviceHealth": {
            "status": "unknown",
            "message": "No prediction requests were reported for this batch.",
        },
        "batchPredictionJobId": None,
        "batchPredictionJobStatus": None,
    }
    assert len(batch["id"]) == 24
    assert set(batch["id"]) <= set("0123456789abcdef")
    assert one(owner, binary, batch["id"]) == batch


@pytest.mark.parametrize("body", [None, {}, {"description": None, "externalContextUrl": None, "isLocked": None}])
def test_a_batch_can_be_made_from_nothing_and_gets_a_name(
    owner: User, binary: Ready, body: dict[str, Any] | None
) -> None:
    answer = owner.post(binary.path("monitoringBatches"), body)
    assert answer.status_code == 200
    batch = answer.json()
    assert batch["name"].startswith("Batch of ")
    assert (batch["description"], batch["externalContextUrl"], batch["isLocked"]) == (None, None, False)


def test_two_batches_may_have_one_name(owner: User, binary: Ready) -> None:
    assert new_batch(owner, binary, batchName="twin") != new_batch(owner, binary, batchName="twin")


def test_a_batch_on_a_deployment_without_batches_is_refused_with_what_to_do(owner: User, binary: Ready) -> None:
    owner.finished(owner.patch(binary.path("settings"), {"batchMonitoring": {"enabled": False}}))
    answer = owner.post(binary.path("monitoringBatches"), {"batchName": "b"})
    assert answer.status_code == 422
    assert "Batch monitoring is not enabled" in answer.json()["message"]
    assert "settings" in answer.json()["message"]


def test_the_limit_of_batches_is_enforced_and_told(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(max_batches=2)) as server:
        ids = [new_batch(server.owner, binary) for _ in range(2)]
        answer = server.owner.post(binary.path("monitoringBatches"), {"batchName": "third"})
        assert answer.status_code == 422
        assert "2 batches" in answer.json()["message"]
        assert server.owner.delete(binary.path("monitoringBatches", ids[0])).status_code == 200
        new_batch(server.owner, binary)


def test_the_limits_are_those_that_are_enforced(serve: Serve, binary: Ready) -> None:
    limits = Limits(max_batches=7, max_rows_per_call=11, max_batch_name_length=13, max_description_length=17)
    with serve(limits=limits) as server:
        new_batch(server.owner, binary)
        found = server.owner.read(binary.path("monitoringBatchLimits"))
    expected = {
        "maxBatches": 7,
        "batchesCount": 1,
        "maxRowsPerCall": 11,
        "maxBatchNameLength": 13,
        "maxDescriptionLength": 17,
        "maxExternalContextUrlLength": limits.max_url_length,
        "maxJsonBodyBytes": limits.max_json_body_bytes,
        "maxUploadBytes": limits.max_upload_bytes,
        "maxUploadKeyLength": limits.max_upload_key_length,
        "maxAssociationIdLength": limits.max_association_id_length,
    }
    assert found == expected


# ------------------------------------------------------------------ fields

LONGEST = Limits()


@pytest.mark.parametrize(
    ("field", "shown", "longest"),
    [
        ("batchName", "name", "n" * LONGEST.max_batch_name_length),
        ("batchName", "name", "é" * LONGEST.max_batch_name_length),
        ("description", "description", "d" * LONGEST.max_description_length),
        (
            "externalContextUrl",
            "externalContextUrl",
            "http://example.com/" + "u" * (LONGEST.max_url_length - len("http://example.com/")),
        ),
    ],
)
def test_a_text_of_the_greatest_length_is_kept_and_one_more_is_refused(
    owner: User, binary: Ready, batch: str, field: str, shown: str, longest: str
) -> None:
    path = binary.path("monitoringBatches", batch)
    assert owner.patch(path, {field: longest}).json()[shown] == longest
    answer = owner.patch(path, {field: longest + "x"})
    assert answer.status_code == 422
    message = answer.json()["message"]
    assert message == f"{field}: found {len(longest) + 1} characters, expected at most {len(longest)}."
    assert one(owner, binary, batch)[shown] == longest


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u2003"])
def test_a_blank_name_is_refused(owner: User, binary: Ready, batch: str, name: str) -> None:
    for answer in (
        owner.post(binary.path("monitoringBatches"), {"batchName": name}),
        owner.patch(binary.path("monitoringBatches", batch), {"batchName": name}),
    ):
        assert answer.status_code == 422
        assert answer.json()["message"].startswith("batchName")


def test_a_null_name_is_refused_because_the_contract_has_none(owner: User, binary: Ready, batch: str) -> None:
    assert owner.patch(binary.path("monitoringBatches", batch), {"batchName": None}).status_code == 422
    assert owner.post(binary.path("monitoringBatches"), {"batchName": None}).status_code == 422


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "https://example.com",
        "https://user@example.com:8443/x/y?q=1&r=%20#f",
        "http://[::1]:8080/",
        "http://192.0.2.1/a",
        "HTTPS://EXAMPLE.COM/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_web_address_is_kept_as_it_came(owner: User, binary: Ready, batch: str, url: str) -> None:
    answer = owner.patch(binary.path("monitoringBatches", batch), {"externalContextUrl": url})
    assert answer.status_code == 200, answer.text
    assert one(owner, binary, batch)["externalContextUrl"] == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "example.com",
        "/runs/6",
        "//example.com/x",
        "ftp://example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http:",
        "http://",
        "http:///path",
        "http://?q",
        "http://:80/",
        "http://a b/",
        "http://example.com/a b",
        "http://example.com/\n",
        "http://example.com:port/",
        "http://example.com:99999/",
        "http://[::1/",
        " https://example.com",
        "https://example.com\x00",
        "https://example.com/\u202e",
    ],
)
def test_what_is_no_web_address_is_refused(owner: User, binary: Ready, batch: str, url: str) -> None:
    answer = owner.patch(binary.path("monitoringBatches", batch), {"externalContextUrl": url})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("externalContextUrl")
    assert one(owner, binary, batch)["externalContextUrl"] is None


FIELDS = {
    "batchName": st.text(
        st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20
    ).filter(str.strip),
    "description": st.none()
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
    "externalContextUrl": st.none() | st.sampled_from(["https://example.com/a", "http://example.com/b"]),
    "isLocked": st.none() | st.booleans(),
}
SHOWN = {"batchName": "name"}


@examples(25)
@given(changes=st.lists(st.fixed_dictionaries({}, optional=FIELDS), max_size=5))
def test_a_change_touches_only_what_is_sent(served: Served, binary: Ready, changes: list[dict[str, Any]]) -> None:
    owner = served.owner
    batch_id = new_batch(owner, binary, description="d", externalContextUrl="https://example.com/")
    expected = one(owner, binary, batch_id)
    for change in changes:
        # A null lock is in the contract and means "leave it".
        expected |= {SHOWN.get(k, k): v for k, v in change.items() if not (k == "isLocked" and v is None)}
        answer = owner.patch(binary.path("monitoringBatches", batch_id), change)
        assert (answer.status_code, answer.json()) == (200, expected)
    assert one(owner, binary, batch_id) == expected


def test_a_change_without_a_body_changes_nothing(owner: User, binary: Ready, batch: str) -> None:
    before = one(owner, binary, batch)
    answer = owner.request("PATCH", binary.path("monitoringBatches", batch))
    assert (answer.status_code, answer.json()) == (200, before)


def test_fields_that_cannot_be_set_are_passed_over(owner: User, binary: Ready, batch: str) -> None:
    before = one(owner, binary, batch)
    sent = {"id": "x", "predictionsCount": 5, "createdAt": "2020-01-01T00:00:00Z", "name": "other", "deletedAt": None}
    answer = owner.patch(binary.path("monitoringBatches", batch), sent)
    assert (answer.status_code, answer.json()) == (200, before)


@pytest.mark.parametrize("body", [[], "text", 1, True, {"isLocked": "yes"}, {"batchName": 1}, {"description": []}])
def test_a_body_of_the_wrong_types_is_refused(owner: User, binary: Ready, batch: str, body: Any) -> None:
    before = one(owner, binary, batch)
    answer = owner.patch(binary.path("monitoringBatches", batch), body)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert one(owner, binary, batch) == before


# ------------------------------------------------------------------ listing

# Name, first and last prediction day; None for an empty batch.
SPANS = {
    "bravo": ("2026-03-01", "2026-03-09"),
    "Alpha": ("2026-03-02", "2026-03-03"),
    "delta 50%": ("2026-03-03", "2026-03-08"),
    "charlie_x": ("2026-02-01", "2026-03-10"),
    "École": None,
}


@pytest.fixture
def listed(owner: User, regression: Ready) -> dict[str, str]:
    """Batches of the regression deployment, by name, made in the order of `SPANS`."""
    ids = {}
    rows = regression_rows(1, 2)
    for name, span in SPANS.items():
        ids[name] = new_batch(owner, regression, batchName=name)
        blocks = [regression_block(regression, rows, ids[name], timestamp=day) for day in span or ()]
        if blocks:
            send_rows(owner, regression, *blocks)
    return ids


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("createdAt", ["bravo", "Alpha", "delta 50%", "charlie_x", "École"]),
        ("-createdAt", ["École", "charlie_x", "delta 50%", "Alpha", "bravo"]),
        ("name", ["Alpha", "bravo", "charlie_x", "delta 50%", "École"]),
        ("-name", ["École", "delta 50%", "charlie_x", "bravo", "Alpha"]),
        # The empty batch has the time when it was made, which is later than all others.
        ("earliestPredictionTimestamp", ["charlie_x", "bravo", "Alpha", "delta 50%", "École"]),
        ("-earliestPredictionTimestamp", ["École", "delta 50%", "Alpha", "bravo", "charlie_x"]),
        ("latestPredictionTimestamp", ["Alpha", "delta 50%", "bravo", "charlie_x", "École"]),
        ("-latestPredictionTimestamp", ["École", "charlie_x", "bravo", "delta 50%", "Alpha"]),
    ],
)
def test_batches_come_in_the_asked_order(
    owner: User, regression: Ready, listed: dict[str, str], order: str, names: list[str]
) -> None:
    assert batches(owner, regression, orderBy=order) == names


def test_the_newest_batch_comes_first_unless_told(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    assert batches(owner, regression) == list(reversed(SPANS))


@pytest.mark.parametrize("order", ["", "predictionsCount", "NAME", "--name", "name,createdAt"])
def test_an_unknown_order_is_refused_with_the_known_ones(owner: User, binary: Ready, order: str) -> None:
    answer = owner.get(binary.path("monitoringBatches"), orderBy=order)
    assert answer.status_code == 422
    assert "latestPredictionTimestamp" in answer.json()["message"]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"startAfter": "2026-03-01T00:00:00Z"}, {"Alpha", "delta 50%", "École"}),
        ({"startAfter": "2026-02-28T23:59:59Z"}, {"bravo", "Alpha", "delta 50%", "École"}),
        ({"endBefore": "2026-03-09T00:00:00Z"}, {"Alpha", "delta 50%"}),
        ({"endBefore": "2026-03-09T00:00:00.000001Z"}, {"Alpha", "delta 50%", "bravo"}),
        ({"startAfter": "2026-03-01", "endBefore": "2026-03-05"}, {"Alpha"}),
        # The same moments in the other shapes that clients send.
        ({"startAfter": "2026-03-01T01:00:00+01:00"}, {"Alpha", "delta 50%", "École"}),
        ({"startAfter": "2026-03-01 01:00:00.000+0100"}, {"Alpha", "delta 50%", "École"}),
        ({"startAfter": "2026-03-01T00:00:00"}, {"Alpha", "delta 50%", "École"}),
        ({"startAfter": "2026-02-28T19:00:00-05:00"}, {"Alpha", "delta 50%", "École"}),
    ],
)
def test_batches_are_filtered_by_their_prediction_times(
    owner: User, regression: Ready, listed: dict[str, str], params: dict[str, str], names: set[str]
) -> None:
    found = owner.read(regression.path("monitoringBatches"), **params)
    assert {item["name"] for item in found["data"]} == names
    assert (found["count"], found["totalCount"]) == (len(names), len(names))


def test_a_plus_sign_that_was_not_escaped_is_understood(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    path = regression.path("monitoringBatches") + "?startAfter=2026-03-01T01:00:00+01:00"
    assert {item["name"] for item in owner.read(path)["data"]} == {"Alpha", "delta 50%", "École"}


def test_batches_are_filtered_by_when_they_were_made(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    made = {name: one(owner, regression, key)["createdAt"] for name, key in listed.items()}
    assert batches(owner, regression, createdAfter=made["delta 50%"]) == ["École", "charlie_x"]
    assert batches(owner, regression, createdBefore=made["delta 50%"]) == ["Alpha", "bravo"]
    inside = {"createdAfter": made["bravo"], "createdBefore": made["charlie_x"]}
    assert batches(owner, regression, **inside) == ["delta 50%", "Alpha"]


@pytest.mark.parametrize("name", ["createdAfter", "createdBefore", "startAfter", "endBefore"])
@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30T00:00:00Z", "", "9" * 40, "1e9"])
def test_a_filter_that_is_no_time_is_refused_with_an_example(owner: User, binary: Ready, name: str, text: str) -> None:
    answer = owner.get(binary.path("monitoringBatches"), **{name: text})
    assert answer.status_code == 422
    assert "2026-11-23T10:31:31Z" in answer.json()["message"]


def test_batches_are_filtered_by_their_maker(served: Served, binary: Ready) -> None:
    mine = new_batch(served.owner, binary, batchName="mine")
    new_batch(served.admin, binary, batchName="the admin's")
    maker = one(served.owner, binary, mine)["createdBy"]["id"]
    assert batches(served.owner, binary, createdBy=maker) == ["mine"]
    assert batches(served.owner, binary) == ["the admin's", "mine"]
    assert batches(served.owner, binary, createdBy="nobody") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("alpha", {"Alpha"}),
        ("ALPHA", {"Alpha"}),
        ("l", {"Alpha", "delta 50%", "charlie_x", "École"}),
        ("%", {"delta 50%"}),
        ("50%", {"delta 50%"}),
        ("_", {"charlie_x"}),
        ("a_p", set()),
        ("\\", set()),
        ("'", set()),
        ("  ", set()),
        ("École", {"École"}),
        ("école", {"École"}),
        ("ÉCOLE", {"École"}),
    ],
)
def test_a_search_finds_names_whatever_their_case_and_takes_wildcards_as_text(
    owner: User, regression: Ready, listed: dict[str, str], text: str, names: set[str]
) -> None:
    found = owner.read(regression.path("monitoringBatches"), search=text)
    assert {item["name"] for item in found["data"]} == names
    assert found["totalCount"] == len(names)


def test_a_search_finds_an_id_only_when_it_is_whole(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    batch_id = listed["bravo"]
    assert batches(owner, regression, search=batch_id) == ["bravo"]
    assert batches(owner, regression, search=batch_id[:-1]) == []


def test_filters_are_joined(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    assert batches(owner, regression, search="a", startAfter="2026-03-01", orderBy="name") == ["Alpha", "delta 50%"]


def pages(user: User, url: str) -> list[dict[str, Any]]:
    found = [user.read(url)]
    while found[-1]["next"] is not None:
        found.append(user.read(found[-1]["next"]))
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7])
def test_following_next_shows_everything_once_and_previous_leads_back(
    owner: User, regression: Ready, listed: dict[str, str], limit: int
) -> None:
    url = regression.path("monitoringBatches") + f"?orderBy=name&limit={limit}&search=a"
    found = pages(owner, url)
    names = [item["name"] for page in found for item in page["data"]]
    assert names == ["Alpha", "bravo", "charlie_x", "delta 50%"]
    assert {page["totalCount"] for page in found} == {4}
    assert [page["count"] for page in found] == [len(page["data"]) for page in found]
    assert found[0]["previous"] is None
    for before, after in itertools.pairwise(found):
        assert owner.read(after["previous"])["data"] == before["data"]


def test_links_are_absolute_and_keep_the_other_parameters(
    owner: User, regression: Ready, listed: dict[str, str]
) -> None:
    asked = {"orderBy": "-name", "search": "a", "startAfter": "2026-01-01T00:00:00+00:00", "limit": "1", "offset": "1"}
    found = owner.read(regression.path("monitoringBatches"), **asked)
    for link, offset in ((found["next"], "2"), (found["previous"], "0")):
        parts = urlsplit(link)
        assert (parts.scheme, parts.netloc) == ("http", "testserver")
        assert parts.path == f"/api/v2/{regression.path('monitoringBatches')}"
        assert parse_qs(parts.query) == {k: [v] for k, v in {**asked, "offset": offset}.items()}


def test_links_lead_to_the_host_that_the_caller_named(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    url = regression.path("monitoringBatches") + "?limit=1"
    answer = owner.request("GET", url, headers={"Host": "assay.example:8443"})
    assert answer.json()["next"].startswith("http://assay.example:8443/api/v2/")


def test_a_page_past_the_end_is_empty_and_leads_back(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    found = owner.read(regression.path("monitoringBatches"), offset=100, limit=2)
    assert (found["count"], found["totalCount"], found["data"], found["next"]) == (0, 5, [], None)
    assert found["previous"] is not None


def test_a_limit_of_zero_means_as_many_as_a_page_holds(owner: User, regression: Ready, listed: dict[str, str]) -> None:
    found = owner.read(regression.path("monitoringBatches"), limit=0)
    assert (found["count"], found["next"]) == (5, None)


@pytest.mark.parametrize(
    "params",
    [{"offset": -1}, {"limit": -1}, {"offset": "x"}, {"limit": 1.5}, {"offset": 2**63}, {"limit": "9" * 30}],
)
def test_a_page_that_cannot_be_is_refused(owner: User, binary: Ready, params: dict[str, Any]) -> None:
    answer = owner.get(binary.path("monitoringBatches"), **params)
    assert answer.status_code == 422
    assert next(iter(params)) in answer.json()["message"]


def test_a_deployments_list_holds_its_own_batches_only(owner: User, binary: Ready, listed: dict[str, str]) -> None:
    assert batches(owner, binary) == []


# ------------------------------------------------------------------ what arrives shows at once


def test_rows_show_as_soon_as_they_are_accepted(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(5, 30)
    send_rows(
        owner,
        binary,
        binary_block(binary, rows[:10], batch, timestamp="2026-11-23 10:31:31.323+0000"),
        binary_block(binary, rows[10:], batch, timestamp="2026-11-20T01:00:00+01:00"),
    )
    found = one(owner, binary, batch)
    assert found["predictionsCount"] == 30
    assert moment(found["earliestPredictionTimestamp"]) == datetime(2026, 11, 20, tzinfo=UTC)
    assert moment(found["latestPredictionTimestamp"]) == datetime(2026, 11, 23, 10, 31, 31, 323000, tzinfo=UTC)
    models = owner.read(binary.path("monitoringBatches", batch, "models"))["data"]
    assert [(m["modelId"], m["predictionsCount"]) for m in models] == [(binary.model_id, 30)]
    assert owner.read(binary.path("featureDrift"), batchId=batch)["data"][0]["sampleSize"] == 30


def test_rows_without_a_time_have_that_of_their_arrival(owner: User, binary: Ready, batch: str) -> None:
    before = datetime.now(UTC)
    send_rows(owner, binary, binary_block(binary, binary_rows(5, 3), batch))
    found = one(owner, binary, batch)
    for name in ("earliestPredictionTimestamp", "latestPredictionTimestamp"):
        assert before <= moment(found[name]) <= datetime.now(UTC)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_small_file_shows_as_soon_as_it_is_accepted(owner: User, binary: Ready, batch: str, form: str) -> None:
    rows = binary_rows(6, 40)
    assert upload(owner, binary, batch, "k", file_of(rows, form), form).status_code == 202
    assert one(owner, binary, batch)["predictionsCount"] == 40


def test_a_large_file_shows_when_its_job_has_run(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=100)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        answer = upload(owner, binary, batch, "k", file_of(binary_rows(6, 40)))
        assert answer.json()["state"] == "pending"
        assert one(owner, binary, batch)["predictionsCount"] == 0
        assert owner.finished(answer).endswith(f"/monitoringBatches/{batch}/uploads/k/")
        assert one(owner, binary, batch)["predictionsCount"] == 40


def test_service_figures_alone_count_no_rows(owner: User, binary: Ready, batch: str) -> None:
    send_requests(owner, binary, request_of(binary, batch, numPredictions=500, timestamp="2026-05-05"))
    found = one(owner, binary, batch)
    assert found["predictionsCount"] == 0
    assert found["earliestPredictionTimestamp"] == "2026-05-05T00:00:00Z"


@pytest.mark.parametrize(
    ("flags", "status", "words"),
    [
        ([], "unknown", "No prediction requests"),
        ([(False, False)] * 3, "passing", "3 requests succeeded"),
        ([(False, False), (True, False)], "warning", "1 of 2 requests"),
        ([(False, True), (True, False), (False, False)], "failing", "1 of 3 requests"),
    ],
)
def test_service_health_says_how_the_reported_requests_ended(
    owner: User, binary: Ready, batch: str, flags: list[tuple[bool, bool]], status: str, words: str
) -> None:
    if flags:
        records = [request_of(binary, batch, userError=user, systemError=server) for user, server in flags]
        send_requests(owner, binary, *records)
    health = one(owner, binary, batch)["serviceHealth"]
    assert health["status"] == status
    assert words in health["message"]
    listed = owner.read(binary.path("monitoringBatches"))["data"][0]
    assert listed["serviceHealth"] == health


# ------------------------------------------------------------------ locking


def test_a_locked_batch_takes_no_predictions_and_everything_else(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    rows = binary_rows(7, 20)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    assert owner.patch(binary.path("monitoringBatches", batch), {"isLocked": True}).json()["isLocked"] is True

    before = served.contents()
    refused = [
        owner.post(binary.path("predictionInputs", "fromJSON"), {"data": [binary_block(binary, rows, batch)]}),
        owner.post(binary.path("predictionRequests", "fromJSON"), {"data": [request_of(binary, batch)]}),
        upload(owner, binary, batch, "new", file_of(rows)),
    ]
    for answer in refused:
        assert answer.status_code == 422
        assert "'a batch' is locked" in answer.json()["message"]
        assert "isLocked" in answer.json()["message"]
    assert served.contents() == before

    send_actuals(owner, binary, dict(zip(rows["id"], rows["target"], strict=True)))
    assert owner.read(binary.path("accuracy"), batchId=batch)["data"][0]["sampleSize"] == 20
    assert owner.patch(binary.path("monitoringBatches", batch), {"batchName": "sealed"}).json()["name"] == "sealed"
    path = binary.path("monitoringBatches", batch, "models", binary.model_id)
    assert owner.patch(path, {"endTime": "2100-01-01T00:00:00Z"}).status_code == 200
    assert owner.read(binary.path("featureDrift"), batchId=batch)["data"][0]["sampleSize"] == 20
    assert owner.delete(binary.path("monitoringBatches", batch)).status_code == 200


def test_an_unlocked_batch_takes_predictions_again(owner: User, binary: Ready, batch: str) -> None:
    for locked in (True, False):
        owner.patch(binary.path("monitoringBatches", batch), {"isLocked": locked})
    send_rows(owner, binary, binary_block(binary, binary_rows(7, 5), batch))
    assert one(owner, binary, batch)["predictionsCount"] == 5


def test_a_call_for_a_locked_and_an_open_batch_is_refused_as_a_whole(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    locked = new_batch(owner, binary, isLocked=True)
    before = served.contents()
    rows = binary_rows(7, 5)
    blocks = [binary_block(binary, rows, batch), binary_block(binary, rows, locked)]
    assert owner.post(binary.path("predictionInputs", "fromJSON"), {"data": blocks}).status_code == 422
    records = [request_of(binary, batch), request_of(binary, locked)]
    assert owner.post(binary.path("predictionRequests", "fromJSON"), {"data": records}).status_code == 422
    assert served.contents() == before


def test_an_upload_that_a_batch_has_already_can_be_repeated_after_locking(
    owner: User, binary: Ready, batch: str
) -> None:
    content = file_of(binary_rows(7, 5))
    first = upload(owner, binary, batch, "k", content)
    owner.patch(binary.path("monitoringBatches", batch), {"isLocked": True})
    again = upload(owner, binary, batch, "k", content)
    assert (again.status_code, again.json()) == (202, first.json())


def test_a_batch_cannot_be_locked_while_its_upload_waits(serve: Serve, binary: Ready) -> None:
    # The file was accepted before: what was answered 2xx is not lost, and a locked batch takes no rows.
    with serve(limits=Limits(inline_upload_bytes=100)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        answer = upload(owner, binary, batch, "k", file_of(binary_rows(6, 40)))
        path = binary.path("monitoringBatches", batch)
        refused = owner.patch(path, {"isLocked": True, "batchName": "sealed"})
        assert refused.status_code == 409
        assert "cannot be locked yet: 1 of its uploads ('k')" in refused.json()["message"]
        assert (one(owner, binary, batch)["isLocked"], one(owner, binary, batch)["name"]) == (False, "a batch")
        owner.finished(answer)
        assert owner.patch(path, {"isLocked": True}).json()["predictionsCount"] == 40


# ------------------------------------------------------------------ deleting


def test_a_deleted_batch_leaves_every_statistic_at_once(served: Served, binary: Ready) -> None:
    owner = served.owner
    kept = new_batch(owner, binary, batchName="kept")
    first, second = binary_rows(21, 30), binary_rows(22, 50, shift=1.0)

    def fill(batch_id: str, rows: Any) -> None:
        send_rows(owner, binary, binary_block(binary, rows, batch_id, timestamp="2026-06-01"))
        send_requests(owner, binary, request_of(binary, batch_id, numPredictions=7, executionTime=5))
        send_actuals(owner, binary, dict(zip(rows["id"], rows["target"], strict=True)))

    def everything() -> dict[str, Any]:
        reads = {
            "featureDrift": {},
            "targetDrift": {},
            "accuracy": {},
            "featureDriftOverBatch": {"featureNames": "age,region"},
            "accuracyOverBatch": {"metric": "AUC"},
            "batchServiceStats": {},
            "serviceStatsOverBatch": {},
            "predictionsOverBatch": {"includePercentiles": "true"},
            "predictionsVsActualsOverBatch": {},
            "monitoringBatches": {},
        }
        return {name: owner.read(binary.path(name), **params) for name, params in reads.items()}

    fill(kept, first)
    before = everything()
    gone = new_batch(owner, binary, batchName="gone")
    fill(gone, second)
    assert everything() != before
    answer = owner.delete(binary.path("monitoringBatches", gone))
    assert answer.status_code == 200
    assert gone in answer.json()["message"]
    assert everything() == before
    served.work()
    assert everything() == before
    assert owner.read(binary.path("monitoringBatchLimits"))["batchesCount"] == 1
    for path in ("", "models/", f"models/{binary.model_id}/", "uploads/"):
        answer = owner.get(binary.path("monitoringBatches", gone) + path)
        assert answer.status_code == 404
        assert "Monitoring batch not found" in answer.json()["message"]
    for path in ("predictionsOverBatch", "accuracyOverBatch", "serviceStatsOverBatch", "featureDrift"):
        assert owner.get(binary.path(path), batchId=gone).status_code == 404


def test_a_batch_is_deleted_once(owner: User, binary: Ready, batch: str) -> None:
    assert owner.delete(binary.path("monitoringBatches", batch)).status_code == 200
    assert owner.delete(binary.path("monitoringBatches", batch)).status_code == 404
    assert owner.patch(binary.path("monitoringBatches", batch), {"batchName": "x"}).status_code == 404


def test_nothing_of_a_deleted_batch_is_left_when_its_job_has_run(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    before = served.contents()
    rows = binary_rows(7, 20)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    upload(owner, binary, batch, "k", file_of(binary_rows(8, 20)))
    send_requests(owner, binary, request_of(binary, batch))
    owner.delete(binary.path("monitoringBatches", batch))
    served.work()
    after = served.contents()
    # The row of the batch itself stays, marked, and so do the jobs and what the log tells of it.
    assert {name for name in before if before[name] != after[name]} == {"audit_log", "batches", "jobs"}


def test_a_batch_deleted_while_its_upload_waits_leaves_nothing(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=100)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        before = server.contents()
        upload(owner, binary, batch, "k", file_of(binary_rows(6, 40)))
        owner.delete(binary.path("monitoringBatches", batch))
        server.work()
        after = server.contents()
    assert {name for name in before if before[name] != after[name]} == {"audit_log", "batches", "jobs"}


# ------------------------------------------------------------------ models in a batch


@pytest.fixture
def filled(owner: User, binary: Ready, batch: str) -> str:
    """Path of the only model in a batch with predictions from the 1st to the 9th of March."""
    rows = binary_rows(8, 4)
    blocks = [binary_block(binary, rows, batch, timestamp=day) for day in ("2026-03-01", "2026-03-09")]
    send_rows(owner, binary, *blocks)
    return binary.path("monitoringBatches", batch, "models", binary.model_id)


def test_a_model_of_a_batch_has_its_rows_and_times(owner: User, binary: Ready, batch: str, filled: str) -> None:
    assert owner.read(filled) == {
        "batchId": batch,
        "modelId": binary.model_id,
        "predictionsCount": 8,
        "startTime": "2026-03-01T00:00:00Z",
        "endTime": "2026-03-09T00:00:00Z",
    }


def test_models_of_a_batch_are_filtered_and_paged(owner: User, binary: Ready, batch: str, filled: str) -> None:
    path = binary.path("monitoringBatches", batch, "models")
    everything = owner.read(path)
    assert (everything["count"], everything["totalCount"]) == (1, 1)
    assert everything["data"] == [owner.read(filled)]
    assert owner.read(path, modelId=binary.model_id)["data"] == everything["data"]
    other = owner.read(path, modelId="65a0000000000000000000ff")
    assert (other["count"], other["totalCount"], other["data"]) == (0, 0, [])
    past = owner.read(path, offset=1, limit=1)
    assert (past["count"], past["totalCount"], past["next"]) == (0, 1, None)


def test_an_empty_batch_has_no_models(owner: User, binary: Ready, batch: str) -> None:
    assert owner.read(binary.path("monitoringBatches", batch, "models"))["data"] == []
    answer = owner.get(binary.path("monitoringBatches", batch, "models", binary.model_id))
    assert answer.status_code == 404
    assert f"Model {binary.model_id} not found" in answer.json()["message"]


@pytest.mark.parametrize(
    ("sent", "span"),
    [
        ({"startTime": "2026-02-27T12:00:00Z"}, ("2026-02-27T12:00:00Z", "2026-03-09T00:00:00Z")),
        ({"endTime": "2026-03-05 02:00:00+0200"}, ("2026-03-01T00:00:00Z", "2026-03-05T00:00:00Z")),
        ({"startTime": "2026-01-01", "endTime": "2026-01-01"}, ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")),
        ({}, ("2026-03-01T00:00:00Z", "2026-03-09T00:00:00Z")),
    ],
)
def test_the_span_of_a_model_can_be_changed_and_the_batch_follows(
    owner: User, binary: Ready, batch: str, filled: str, sent: dict[str, str], span: tuple[str, str]
) -> None:
    answer = owner.patch(filled, sent)
    assert answer.status_code == 200
    assert (answer.json()["startTime"], answer.json()["endTime"]) == span
    assert owner.read(filled) == answer.json()
    found = one(owner, binary, batch)
    assert (found["earliestPredictionTimestamp"], found["latestPredictionTimestamp"]) == span


@pytest.mark.parametrize(
    "sent",
    [
        {"startTime": "2026-03-10T00:00:00Z"},
        {"endTime": "2026-02-28T23:59:59Z"},
        {"startTime": "2026-05-02", "endTime": "2026-05-01"},
        {"startTime": "2026-03-01T00:00:00Z", "endTime": "2026-03-01T00:30:00+01:00"},
    ],
)
def test_an_end_before_the_start_is_refused(owner: User, filled: str, sent: dict[str, str]) -> None:
    before = owner.read(filled)
    answer = owner.patch(filled, sent)
    assert answer.status_code == 422
    assert "is before startTime" in answer.json()["message"]
    assert owner.read(filled) == before


@pytest.mark.parametrize("value", [None, 5, "noon", [], True, ""])
def test_a_time_that_is_none_is_refused(owner: User, filled: str, value: Any) -> None:
    before = owner.read(filled)
    answer = owner.patch(filled, {"startTime": value})
    assert answer.status_code == 422
    assert "2026-11-23T10:31:31Z" in answer.json()["message"]
    assert owner.read(filled) == before


def test_later_rows_widen_a_span_again(owner: User, binary: Ready, batch: str, filled: str) -> None:
    owner.patch(filled, {"startTime": "2026-03-05", "endTime": "2026-03-06"})
    send_rows(owner, binary, binary_block(binary, binary_rows(9, 1), batch, timestamp="2026-03-07"))
    found = owner.read(filled)
    assert (found["startTime"], found["endTime"]) == ("2026-03-05T00:00:00Z", "2026-03-07T00:00:00Z")


def test_times_are_utc_whatever_zone_they_came_in(owner: User, binary: Ready, batch: str) -> None:
    blocks = [
        binary_block(binary, binary_rows(i, 1), batch, timestamp=text)
        for i, text in enumerate(["2026-01-01T23:30:00-02:00", "2026-01-02T01:00:00"])
    ]
    send_rows(owner, binary, *blocks)
    found = one(owner, binary, batch)
    earliest, latest = (moment(found[k]) for k in ("earliestPredictionTimestamp", "latestPredictionTimestamp"))
    assert latest - earliest == timedelta(minutes=30)
