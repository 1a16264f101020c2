"""What is refused: with a 4xx that says what was found, what was expected and where, and with nothing left behind."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples
from tests.http.operations import OPERATIONS, UNKNOWN, Operation
from tests.material import (
    FORMS,
    Prepared,
    Ready,
    Serve,
    binary_block,
    binary_rows,
    dataset,
    file_of,
    new_batch,
    new_metric,
    regression_block,
    regression_rows,
    send_actuals,
    send_rows,
    upload,
)
from tests.serving import Served, User, serving

from assay.records.limits import Limits


@pytest.fixture(scope="module")
def shared(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all refusals: each is compared with what was there before it."""
    with prepared.copy(tmp_path_factory.mktemp("shared") / "store") as place, serving(place, prepared.tokens) as server:
        yield server


@pytest.fixture(scope="module")
def scratch(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for what may be taken as well as refused; it fills up."""
    with (
        prepared.copy(tmp_path_factory.mktemp("scratch") / "store") as place,
        serving(place, prepared.tokens) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def things(shared: Served, prepared: Prepared) -> dict[str, str]:
    owner, binary = shared.owner, prepared.binary
    return {
        "deployment": binary.id,
        "package": binary.package_id,
        "model": binary.model_id,
        "batch": new_batch(owner, binary, batchName="open"),
        "locked": new_batch(owner, binary, batchName="locked", isLocked=True),
        "definition": owner.post("batchMonitoringJobDefinitions/", {"deploymentId": binary.id}).json()["id"],
        "other": new_batch(owner, prepared.regression, batchName="of another deployment"),
        "metric": new_metric(owner, binary),
        "training": owner.read(f"modelPackages/{binary.package_id}/")["datasets"]["trainingDataCatalogId"],
    }


def refused(
    server: Served, answer: Any, before: dict[str, Any], *words: str, statuses: tuple[int, ...] = (422,)
) -> None:
    """Whether a call was refused in the right form and words, and nothing of it was stored."""
    assert answer.status_code in statuses, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert list(body) == ["message"]
    message = body["message"]
    assert len(message) > 10
    for word in words:
        assert word in message
    assert server.contents() == before


# ------------------------------------------------------------------ any JSON body

WITH_JSON = [operation for operation in OPERATIONS if "json" in operation.call]

NO_JSON = {
    "nothing but a brace": b"{",
    "a comma too many": b'{"data": [1,]}',
    "single quotes": b"{'data': []}",
    "a word": b"hello",
    "a blank": b" ",
    "a NaN": b'{"data": NaN, "batchName": NaN, "label": NaN, "target": NaN, "modelPackageId": NaN, "startTime": NaN}',
    "two values": b"{} {}",
    "bytes that are no text": b'{"batchName": "\xff\xfe"}',
    "UTF-16": '{"batchName": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"batchName": "x"}',
    "a raw control character": b'{"batchName": "a\nb"}',
    "an unknown escape": b'{"batchName": "\\x41"}',
    "a cut escape": b'{"batchName": "\\u12"}',
    "a lone surrogate": b'{"batchName": "\\ud800", "label": "\\ud800", "startTime": "\\ud800", "data": "\\ud800", '
    b'"target": "\\ud800", "modelPackageId": "\\ud800", "batchMonitoring": "\\ud800"}',
    "brackets without end": b"[" * 100_000,
    "brackets within brackets": b"[" * 100_000 + b"]" * 100_000,
    "objects within objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "an array": b"[]",
    "a text": b'"text"',
    "a number": b"5",
    "a truth": b"true",
    "a null": b"null",
}
# The shape asks for nothing, so an absent body is like an empty one.
MAY_BE_ABSENT = {"createMonitoringBatch", "updateMonitoringBatch", "updateMonitoringBatchModel"}


@pytest.mark.parametrize("operation", WITH_JSON, ids=lambda operation: operation.name)
@pytest.mark.parametrize("kind", NO_JSON)
def test_a_body_that_is_no_object_of_json_is_refused(
    shared: Served, things: dict[str, str], operation: Operation, kind: str
) -> None:
    before = shared.contents()
    answer = shared.owner.request(
        operation.method,
        operation.path.format(**things),
        content=NO_JSON[kind],
        headers={"Content-Type": "application/json"},
    )
    refused(shared, answer, before, statuses=(400, 404, 422))


@pytest.mark.parametrize("operation", WITH_JSON, ids=lambda operation: operation.name)
@pytest.mark.parametrize(
    "media_type", ["text/plain", "text/csv", "application/x-www-form-urlencoded", "image/png", "x"]
)
def test_a_body_of_another_kind_is_refused(
    shared: Served, things: dict[str, str], operation: Operation, media_type: str
) -> None:
    before = shared.contents()
    answer = shared.owner.request(
        operation.method,
        operation.path.format(**things),
        content=b"age,score\n1,0.5\n",
        headers={"Content-Type": media_type},
    )
    refused(shared, answer, before, statuses=(400, 404, 415, 422))


@pytest.mark.parametrize(
    "operation", [o for o in WITH_JSON if o.name not in MAY_BE_ABSENT], ids=lambda operation: operation.name
)
def test_a_body_that_is_needed_and_absent_is_refused(
    shared: Served, things: dict[str, str], operation: Operation
) -> None:
    before = shared.contents()
    answer = shared.owner.request(
        operation.method,
        operation.path.format(**things),
        content=b"",
        headers={"Content-Type": "application/json"},
    )
    refused(shared, answer, before, statuses=(400, 404, 422))


# ------------------------------------------------------------------ prediction rows

ROWS = binary_rows(31, 4)

BAD_ROWS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no data": ({"data": None}, ("data",)),
    "data of another type": ({"data": {"modelId": "x"}}, ("array", "$.data")),
    "an empty list": ({"data": []}, ("data", "empty list")),
    "a block that is none": ({"data": [5]}, ("$.data[0]", "object")),
    "a switch that is none": ({"skipDriftTracking": "yes"}, ("skipDriftTracking", "bool")),
}

BAD_BLOCKS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no model": ({"modelId": None}, ("modelId",)),
    "a model of another type": ({"modelId": 5}, ("modelId",)),
    "no predictions": ({"predictions": None}, ("data[0].predictions", "one entry a row")),
    "predictions of another type": ({"predictions": "0.5"}, ("predictions", "array")),
    "empty predictions": ({"predictions": [], "features": [], "associationIds": []}, ("data[0].predictions",)),
    "numbers for classes": ({"predictions": [0.1, 0.2, 0.3, 0.4]}, ("row 1", "found 0.1", "2 probabilities")),
    "too few classes": ({"predictions": [[0.5, 0.5]] * 3 + [[1.0]]}, ("row 4", "found [1.0]", "yes, no")),
    "too many classes": ({"predictions": [[0.2, 0.3, 0.5]] * 4}, ("row 1", "2 probabilities")),
    "a text for a number": ({"predictions": [[0.5, 0.5]] * 3 + [[0.5, "half"]]}, ("class 'no'", "row 4", "'half'")),
    "a truth for a number": ({"predictions": [[0.5, 0.5]] * 3 + [[True, 0.5]]}, ("class 'yes'", "row 4", "'True'")),
    "a list for a number": ({"predictions": [[[0.5], 0.5]] * 4}, ("class 'yes'", "row 1")),
    "a probability above one": (
        {"predictions": [[0.5, 0.5]] * 3 + [[1.5, -0.5]]},
        ("Row 4", "found 1.5", "a probability in [0, 1]"),
    ),
    "a probability below zero": ({"predictions": [[-0.1, 1.0]] * 4}, ("Row 1", "found -0.1", "[0, 1]")),
    "a number that is too great": ({"predictions": [[10**400, 0.5]] * 4}, ()),
    "a probability of 1e308": ({"predictions": [[1e308, 0.5]] * 4}, ("Row 1", "found 1e+308")),
    "ragged features": (
        {"features": [{"name": "age", "values": [1, 2, 3]}]},
        ("data[0]", "'age' has 3 values", "4 predictions"),
    ),
    "a feature without a name": ({"features": [{"values": [1, 2, 3, 4]}]}, ("name", "features")),
    "a feature without values": ({"features": [{"name": "age"}]}, ("values", "features")),
    "a feature twice": (
        {"features": [{"name": "age", "values": [1, 2, 3, 4]}] * 2},
        ("data[0]", "'age' stands there twice"),
    ),
    "features by name": ({"features": {"age": [1, 2, 3, 4]}}, ("features", "array")),
    "ragged association ids": ({"associationIds": ["a"]}, ("associationIds", "found 1 ids", "4 predictions")),
    "association ids of another type": ({"associationIds": [1, 2, 3, 4]}, ("associationIds", "str")),
    "a class that the model does not know": (
        {"classNames": ["yes", "maybe"]},
        ("data[0].classNames", "yes, maybe", "yes, no"),
    ),
    "a class twice": ({"classNames": ["yes", "yes"]}, ("data[0].classNames", "yes, no")),
    "a class too few": ({"classNames": ["yes"]}, ("data[0].classNames", "yes, no")),
    "a time that is none": ({"timestamp": "yesterday"}, ("data[0].timestamp", "'yesterday'", "2026-11-23T10:31:31Z")),
    "a time of another type": ({"timestamp": 1700000000}, ("timestamp", "str")),
    "a day that is none": ({"timestamp": "2026-02-30"}, ("data[0].timestamp", "'2026-02-30'")),
    "a time before all times": ({"timestamp": "0001-01-01T00:00:00+14:00"}, ("data[0].timestamp",)),
    "a time after all times": ({"timestamp": "9999-12-31T23:59:59-14:00"}, ("data[0].timestamp",)),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_call_of_rows_that_cannot_be_is_refused(shared: Served, prepared: Prepared, kind: str) -> None:
    change, words = BAD_ROWS[kind]
    body = {"data": [binary_block(prepared.binary, ROWS)], **change}
    before = shared.contents()
    answer = shared.owner.post(prepared.binary.path("predictionInputs", "fromJSON"), body)
    refused(shared, answer, before, *words)


@pytest.mark.parametrize("kind", BAD_BLOCKS)
def test_rows_that_cannot_be_are_refused_with_the_place_and_take_the_good_ones_with_them(
    shared: Served, prepared: Prepared, things: dict[str, str], kind: str
) -> None:
    change, words = BAD_BLOCKS[kind]
    good = binary_block(prepared.binary, ROWS, things["batch"])
    path = prepared.binary.path("predictionInputs", "fromJSON")
    before = shared.contents()
    refused(shared, shared.owner.post(path, {"data": [{**good, **change}]}), before, *words)
    second = shared.owner.post(path, {"data": [good, {**good, **change}]})
    refused(shared, second, before, *(word.replace("data[0]", "data[1]") for word in words))


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"modelId": UNKNOWN}, 404, (f"Model {UNKNOWN} not found",)),
        ({"modelId": "nonsense"}, 404, ("Model nonsense not found",)),
        ({"batchId": UNKNOWN}, 404, (f"Monitoring batch not found: {UNKNOWN}",)),
        ({"batchId": "nonsense"}, 404, ("Monitoring batch not found: nonsense",)),
        ({"batchId": ""}, 404, ("Monitoring batch not found",)),
        ({"batchId": "{other}"}, 404, ("Monitoring batch not found",)),
        ({"batchId": "{locked}"}, 422, ("Batch 'locked' is locked",)),
    ],
)
def test_rows_for_what_is_not_there_or_locked_are_refused(
    shared: Served,
    prepared: Prepared,
    things: dict[str, str],
    change: dict[str, str],
    status: int,
    words: tuple[str, ...],
) -> None:
    change = {name: value.format(**things) for name, value in change.items()}
    good = binary_block(prepared.binary, ROWS, things["batch"])
    before = shared.contents()
    answer = shared.owner.post(
        prepared.binary.path("predictionInputs", "fromJSON"), {"data": [good, {**good, **change}]}
    )
    refused(shared, answer, before, *words, statuses=(status,))
    record = {"modelId": prepared.binary.model_id, "batchId": things["batch"], "numPredictions": 1}
    answer = shared.owner.post(
        prepared.binary.path("predictionRequests", "fromJSON"), {"data": [record, {**record, **change}]}
    )
    refused(shared, answer, before, *words, statuses=(status,))


@pytest.mark.parametrize(
    ("predictions", "words"),
    [
        ([1.0, "2"], ("data[0].predictions", "row 2", "'2'", "a number")),
        ([1.0, [2.0]], ("data[0].predictions", "row 2")),
        ([1.0, 10**400], ("64-bit float",)),
        ([1.0, {"value": 2}], ("data[0].predictions", "row 2")),
    ],
)
def test_a_regression_prediction_that_is_no_number_is_refused(
    shared: Served, prepared: Prepared, predictions: list[Any], words: tuple[str, ...]
) -> None:
    body = {"data": [{"modelId": prepared.regression.model_id, "predictions": predictions}]}
    before = shared.contents()
    answer = shared.owner.post(prepared.regression.path("predictionInputs", "fromJSON"), body)
    refused(shared, answer, before, *words)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 400, "1" * 5000, "1e" + "9" * 30])
def test_a_number_that_nothing_can_hold_is_refused_or_read_as_missing(
    shared: Served, prepared: Prepared, number: str
) -> None:
    ready = prepared.regression
    path = ready.path("predictionInputs", "fromJSON")
    headers = {"Content-Type": "application/json"}
    before = shared.contents()
    rows = f'{{"data": [{{"modelId": "{ready.model_id}", "predictions": [{number}]}}]}}'
    refused(shared, shared.owner.request("POST", path, content=rows, headers=headers), before)
    value = f'{{"data": [{{"associationId": "a", "actualValue": {number}}}]}}'
    answer = shared.owner.request("POST", ready.path("actuals", "fromJSON"), content=value, headers=headers)
    refused(shared, answer, before)
    for field in ("numPredictions", "executionTime"):
        record = f'{{"data": [{{"modelId": "{ready.model_id}", "numPredictions": 1, "{field}": {number}}}]}}'
        answer = shared.owner.request(
            "POST", ready.path("predictionRequests", "fromJSON"), content=record, headers=headers
        )
        refused(shared, answer, before)


@pytest.mark.parametrize("number", ["1" * 400, "1" * 5000, "1e999"])
def test_a_feature_value_that_nothing_can_hold_does_no_harm(owner: User, regression: Ready, number: str) -> None:
    batch = new_batch(owner, regression)
    block = regression_block(regression, regression_rows(1, 2), batch)
    block["features"] = [{"name": "length", "values": ["NUMBER", 2.5]}, {"name": "kind", "values": ["a", "NUMBER"]}]
    text = json.dumps({"data": [block]}).replace('"NUMBER"', number)
    answer = owner.request(
        "POST",
        regression.path("predictionInputs", "fromJSON"),
        content=text,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {202, 422}, answer.text
    everything(owner, regression, batch)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@examples(60)
@given(values=st.lists(st.lists(JSON_VALUES, min_size=2, max_size=2), min_size=1, max_size=4))
def test_feature_values_of_any_kind_are_counted_or_refused_and_never_a_fault(
    scratch: Served, prepared: Prepared, values: list[list[Any]]
) -> None:
    features = [
        {"name": "length", "values": [row[0] for row in values]},
        {"name": "kind", "values": [row[1] for row in values]},
    ]
    block = {"modelId": prepared.regression.model_id, "predictions": [1.0] * len(values), "features": features}
    text = json.dumps({"data": [block]}, ensure_ascii=True)
    answer = scratch.owner.request(
        "POST",
        prepared.regression.path("predictionInputs", "fromJSON"),
        content=text,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {202, 422}, answer.text
    assert answer.json()["message"]


# ------------------------------------------------------------------ texts that databases stumble over


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\x00" * 5])
def test_a_nul_character_is_refused_in_what_is_kept_as_text(
    shared: Served, prepared: Prepared, things: dict[str, str], text: str
) -> None:
    owner, binary = shared.owner, prepared.binary
    before = shared.contents()
    for field in ("batchName", "description", "externalContextUrl"):
        answer = owner.patch(binary.path("monitoringBatches", things["batch"]), {field: text})
        refused(shared, answer, before, field, "NUL")
        refused(shared, owner.post(binary.path("monitoringBatches"), {field: text}), before, field, "NUL")
    refused(shared, owner.patch(binary.path(), {"label": text}), before, "NUL")
    body = {"target": {"name": "y", "type": "Regression"}, "featureImportance": {text: 1}}
    refused(shared, owner.post("modelPackages/fromJSON/", body), before, "NUL")
    settings = {"associationId": {"columnNames": [text]}}
    refused(shared, owner.patch(binary.path("settings"), settings), before, "NUL")
    block = binary_block(binary, ROWS, things["batch"], associationIds=["a", "b", text, "d"])
    answer = owner.post(binary.path("predictionInputs", "fromJSON"), {"data": [block]})
    refused(shared, answer, before, "data[0]", "row 3", "NUL")
    record = {"associationId": text, "actualValue": "yes"}
    answer = owner.post(binary.path("actuals", "fromJSON"), {"data": [record]})
    refused(shared, answer, before, "data[0]", "NUL")
    answer = upload(owner, binary, things["batch"], "k" + text.replace("\x00", "%00"), GOOD)
    refused(shared, answer, before, "uploadKey", "NUL")


def test_a_backslash_before_four_zeros_is_no_nul_character(owner: User, binary: Ready, batch: str) -> None:
    answer = owner.patch(binary.path("monitoringBatches", batch), {"batchName": "a\\u0000b"})
    assert (answer.status_code, answer.json()["name"]) == (200, "a\\u0000b")


@pytest.mark.parametrize(
    "name", [b"\xff\xfe.csv", b"a\x00b.csv", b"", b"\xed\xa0\x80.csv", b"'; filename=x.csv", b".csv"]
)
def test_a_strange_name_of_a_file_does_no_harm(owner: User, name: bytes) -> None:
    part = b'Content-Disposition: form-data; name="file"; filename="' + name + b'"\r\nContent-Type: text/csv'
    content = b"--x\r\n" + part + b"\r\n\r\na\n1\n\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = owner.request("POST", "datasets/fromFile/", content=content, headers=headers)
    assert answer.status_code in {202, 400, 415, 422}, answer.text
    if answer.status_code == 202:
        assert owner.read(owner.finished(answer))["name"].endswith(".csv")
    assert owner.get("datasets/").status_code == 200


@pytest.mark.parametrize("content", [b"", b"--x", b"--x\r\n\r\n", b"nothing", b"--x\r\n" * 2000, b"--x--\r\n"])
def test_a_form_that_cannot_be_read_is_refused(shared: Served, content: bytes) -> None:
    before = shared.contents()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = shared.owner.request("POST", "datasets/fromFile/", content=content, headers=headers)
    refused(shared, answer, before, statuses=(400, 422))
    answer = shared.owner.request(
        "POST", "datasets/fromFile/", content=content, headers={"Content-Type": "multipart/form-data"}
    )
    refused(shared, answer, before, statuses=(400, 422))


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\u202e", "\U0010ffff", "a" * 100_000, "' OR 1=1 --"])
def test_strange_texts_are_refused_or_found_nowhere(
    shared: Served, prepared: Prepared, things: dict[str, str], text: str
) -> None:
    owner, binary = shared.owner, prepared.binary
    safe = text.encode("utf-8", "surrogatepass") if any("\ud800" <= c <= "\udfff" for c in text) else text.encode()
    before = shared.contents()
    for path in ("deployments/", "modelPackages/", binary.path("monitoringBatches"), binary.path("features")):
        query = "".join(f"%{byte:02x}" for byte in safe[:2000])
        answer = owner.get(f"{path}?search={query}")
        assert answer.status_code in {200, 422}, answer.text
    for name in ("batchId", "modelId", "createdBy", "metric", "featureNames"):
        for page in ("featureDrift", "accuracyOverBatch", "monitoringBatches", "featureDriftOverBatch"):
            answer = owner.get(binary.path(page) + f"?{name}=" + "".join(f"%{byte:02x}" for byte in safe[:2000]))
            assert answer.status_code in {200, 404, 422}, answer.text
    assert shared.contents() == before


# ------------------------------------------------------------------ sizes

SMALL = Limits(max_json_body_bytes=4_000, max_upload_bytes=4_000)


def in_pieces(content: bytes) -> Iterator[bytes]:
    """A body whose length nobody says beforehand."""
    for start in range(0, len(content), 500):
        yield content[start : start + 500]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(serve: Serve, binary: Ready, chunked: bool) -> None:
    with serve(limits=SMALL) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        before = server.contents()
        json_type = {"Content-Type": "application/json"}
        long_name = json.dumps({"batchName": "x" * 5_000}).encode()
        long_rows = json.dumps({"data": [binary_block(binary, binary_rows(1, 200), batch)]}).encode()
        long_file = file_of(binary_rows(1, 200))
        calls = [
            ("POST", binary.path("monitoringBatches"), long_name, json_type),
            ("PATCH", binary.path("monitoringBatches", batch), long_name, json_type),
            ("POST", binary.path("predictionInputs", "fromJSON"), long_rows, json_type),
            ("POST", binary.path("predictionRequests", "fromJSON"), long_rows, json_type),
            ("POST", binary.path("actuals", "fromJSON"), long_rows, json_type),
            ("PATCH", binary.path("settings"), long_name, json_type),
            ("PUT", binary.path("monitoringBatches", batch, "uploads", "k"), long_file, {"Content-Type": "text/csv"}),
        ]
        for method, path, content, headers in calls:
            assert len(content) > 4_000
            sent = in_pieces(content) if chunked else content
            answer = owner.request(method, path, content=sent, headers=headers)
            refused(server, answer, before, statuses=(413,))


def test_a_body_of_just_the_limit_is_read(serve: Serve, regression: Ready) -> None:
    with serve(limits=SMALL) as server:
        body = json.dumps({"batchName": "name"}).encode().ljust(4_000)
        headers = {"Content-Type": "application/json"}
        path = regression.path("monitoringBatches")
        answer = server.owner.request("POST", path, content=body, headers=headers)
        assert answer.status_code == 200
        assert server.owner.request("POST", path, content=body + b" ", headers=headers).status_code == 413
        content = b"predicted\n" + b"0001\n" * 798
        assert len(content) == 4_000
        batch = answer.json()["id"]
        assert upload(server.owner, regression, batch, "just", content).json()["rows"] == 798
        assert upload(server.owner, regression, batch, "over", content + b"\n").status_code == 413


# ------------------------------------------------------------------ files

GOOD = b"age,region,score\n30,north,0.5\n40,south,0.25\n"


def arrow_file_format() -> bytes:
    buffer = io.BytesIO()
    binary_rows(1, 3).write_ipc(buffer, compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def doubled(form: str) -> bytes:
    """A typed file with one name for two columns."""
    table = pa.table([pa.array([0.5]), pa.array([1.0]), pa.array([2.0])], names=["score", "age", "age"])
    sink = io.BytesIO()
    if form == "arrow":
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        pq.write_table(table, sink)
    return sink.getvalue()


BAD_FILES: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "an empty file": ("csv", b"", ("empty", "header")),
    "a blank first line": ("csv", b"\n1,2\n", ("column",)),
    "a header alone": ("csv", b"age,region,score\n", ("no rows",)),
    "a wrong header": ("csv", b"a,b\n1,2\n", ("no prediction column", "expected score", "a, b")),
    "a name twice": ("csv", b"age,score,age\n1,0.5,2\n", ("Columns 1 and 3", "'age'", "distinct")),
    "a blank name": ("csv", b"age,,score\n1,2,0.5\n", ("Column 2 has no name",)),
    "a short line": ("csv", GOOD + b"50,east\n", ("Line 4 has 2 fields", "3 columns")),
    "a long line": ("csv", GOOD + b"50,east,0.5,1\n", ("Line 4 has 4 fields", "3 columns")),
    "an open quote": ("csv", GOOD + b'50,"east,0.5\n', ()),
    "a quote inside a field": ("csv", GOOD + b'50,"ea"st,0.5\n', ("Line 4",)),
    "bytes that are no text": ("csv", GOOD + b"50,\xff\xfe,0.5\n", ("Line 4", "UTF-8")),
    "Latin-1": ("csv", "age,region,score\n1,Köln,0.5\n".encode("latin-1"), ("Line 2", "UTF-8")),
    "UTF-16": ("csv", "age,region,score\n1,x,0.5\n".encode("utf-16"), ("UTF-8",)),
    "a header that is no text": ("csv", b"age,\xff,score\n1,2,0.5\n", ("UTF-8",)),
    "Parquet called CSV": ("csv", file_of(binary_rows(1, 5), "parquet"), ()),
    "a gzip file": ("csv", b"\x1f\x8b\x08\x00" + bytes(30), ()),
    "a text for a probability": ("csv", GOOD + b"50,east,high\n", ("Row 3", "column 'score'", "'high'", "a number")),
    "a probability above one": ("csv", GOOD + b"50,east,1.01\n", ("Row 3", "column 'score'", "1.01", "[0, 1]")),
    "an infinite probability": ("csv", GOOD + b"50,east,inf\n", ("Row 3", "inf", "[0, 1]")),
    "a probability of 1e308": ("csv", GOOD + b"50,east,1e308\n", ("Row 3", "[0, 1]")),
    "CSV called Parquet": ("parquet", GOOD, ("cannot be read as Parquet",)),
    "an empty Parquet file": ("parquet", b"", ("empty",)),
    "a truncated Parquet file": ("parquet", file_of(binary_rows(1, 500), "parquet")[:-50], ("Parquet",)),
    "half a Parquet file": ("parquet", file_of(binary_rows(1, 500), "parquet")[:2000], ("Parquet",)),
    "a Parquet file without its middle": (
        "parquet",
        file_of(binary_rows(1, 500), "parquet")[:1000] + file_of(binary_rows(1, 500), "parquet")[2000:],
        (),
    ),
    "a Parquet file without rows": ("parquet", file_of(binary_rows(1, 5).head(0), "parquet"), ("no rows",)),
    "a Parquet file with a name twice": ("parquet", doubled("parquet"), ("age",)),
    "CSV called Arrow": ("arrow", GOOD, ("Arrow",)),
    "the other Arrow format": ("arrow", arrow_file_format(), ("Arrow", "stream")),
    "an empty Arrow stream": ("arrow", b"", ("empty",)),
    "a truncated Arrow stream": ("arrow", file_of(binary_rows(1, 500), "arrow")[:-500], ("truncated",)),
    "an Arrow stream of its schema alone": ("arrow", file_of(binary_rows(1, 5).head(0), "arrow"), ("no rows",)),
    "an Arrow stream with a name twice": ("arrow", doubled("arrow"), ("Arrow stream",)),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(
    shared: Served, prepared: Prepared, things: dict[str, str], kind: str
) -> None:
    form, content, words = BAD_FILES[kind]
    before = shared.contents()
    answer = upload(shared.owner, prepared.binary, things["batch"], "bad", content, form)
    refused(shared, answer, before, *words)


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_large_file_that_cannot_be_read_leaves_nothing_but_its_refusal(
    serve: Serve, binary: Ready, kind: str
) -> None:
    form, content, words = BAD_FILES[kind]
    with serve(limits=Limits(inline_upload_bytes=-1, chunk_rows=2)) as server:
        batch = new_batch(server.owner, binary)
        before = server.contents()
        answer = upload(server.owner, binary, batch, "bad", content, form)
        if answer.status_code == 202:
            server.work()
            status = server.owner.get(answer.headers["Location"]).json()
            assert status["status"] == "ERROR"
            message = status["message"]
        else:
            assert answer.status_code == 422
            message = answer.json()["message"]
        after = server.contents()
    assert [word for word in words if word not in message] == []
    assert {name for name in before if before[name] != after[name]} <= {"jobs", "uploads"}


@pytest.mark.parametrize("media_type", ["", "application/json", "application/octet-stream", "text/html", "x-csv"])
def test_a_file_of_an_unknown_kind_is_refused_with_the_known_ones(
    shared: Served, prepared: Prepared, things: dict[str, str], media_type: str
) -> None:
    before = shared.contents()
    answer = upload(shared.owner, prepared.binary, things["batch"], "bad", GOOD, media_type)
    refused(shared, answer, before, "text/csv", "parquet", statuses=(415,))


def test_a_media_type_may_have_parameters_and_any_case(owner: User, binary: Ready, batch: str) -> None:
    for key, media_type in enumerate(["text/csv; charset=utf-8", "Text/CSV", "text/csv;header=present"]):
        assert upload(owner, binary, batch, str(key), GOOD, media_type).status_code == 202


@pytest.mark.parametrize(
    ("batch", "status", "words"),
    [
        ("{locked}", 422, ("Batch 'locked' is locked",)),
        ("{other}", 404, ("Monitoring batch not found",)),
        (UNKNOWN, 404, ("Monitoring batch not found",)),
        ("nonsense", 404, ("Monitoring batch not found",)),
    ],
)
def test_a_file_for_a_batch_that_is_not_there_or_locked_is_refused_before_it_is_read(
    shared: Served, prepared: Prepared, things: dict[str, str], batch: str, status: int, words: tuple[str, ...]
) -> None:
    read = []

    def content() -> Iterator[bytes]:
        for piece in (GOOD, GOOD):
            read.append(piece)
            yield piece

    before = shared.contents()
    answer = upload(shared.owner, prepared.binary, batch.format(**things), "k", content())
    refused(shared, answer, before, *words, statuses=(status,))


@examples(60)
@given(cut=st.integers(0, 3_000), form=st.sampled_from(["parquet", "arrow"]))
def test_a_typed_file_cut_anywhere_is_refused_or_whole(
    shared: Served, prepared: Prepared, things: dict[str, str], cut: int, form: str
) -> None:
    content = file_of(binary_rows(1, 40), form)
    before = shared.contents()
    answer = upload(shared.owner, prepared.binary, things["batch"], "cut", content[: min(cut, len(content) - 9)], form)
    refused(shared, answer, before)


@examples(60)
@given(place=st.integers(0, 10_000), noise=st.binary(min_size=1, max_size=20), form=st.sampled_from(sorted(FORMS)))
def test_a_file_with_noise_in_it_is_read_or_refused_and_never_a_fault(
    scratch: Served, prepared: Prepared, place: int, noise: bytes, form: str
) -> None:
    content = bytearray(file_of(binary_rows(1, 40), form))
    start = place % len(content)
    content[start : start + len(noise)] = noise
    batch = new_batch(scratch.owner, prepared.binary)
    answer = upload(scratch.owner, prepared.binary, batch, "noisy", bytes(content), form)
    assert answer.status_code in {202, 422}, answer.text


@examples(60)
@given(content=st.binary(max_size=200) | st.text(st.sampled_from('age,score\n\r"0.5;\t'), max_size=60).map(str.encode))
def test_any_bytes_at_the_file_door_are_read_or_refused_and_never_a_fault(
    scratch: Served, prepared: Prepared, content: bytes
) -> None:
    batch = new_batch(scratch.owner, prepared.binary)
    for form in FORMS:
        answer = upload(scratch.owner, prepared.binary, batch, form, content, form)
        assert answer.status_code in {202, 422}, answer.text


# ------------------------------------------------------------------ what is taken, however strange


def everything(user: User, ready: Ready, batch_id: str) -> None:
    """Every figure of a batch can be read, and is JSON without numbers that JSON does not have."""
    feature = user.read(ready.path("features"))["data"][0]["name"]
    pages: dict[str, dict[str, Any]] = {
        "featureDrift": {"limit": 0},
        "targetDrift": {},
        "accuracy": {},
        "featureDriftOverBatch": {"featureNames": feature},
        "accuracyOverBatch": {},
        "batchServiceStats": {},
        "serviceStatsOverBatch": {"metric": "executionTime"},
        "predictionsOverBatch": {"includePercentiles": "true"},
        "predictionsVsActualsOverBatch": {},
    }

    def no_number(text: str) -> None:
        raise AssertionError(f"{text} is no JSON")

    for page, params in pages.items():
        answer = user.get(ready.path(page), batchId=batch_id, **params)
        assert answer.status_code == 200, (page, answer.text)
        json.loads(answer.text, parse_constant=no_number)
    for metric in ("psi", "kl_divergence", "dissimilarity", "hellinger", "js_divergence"):
        assert user.get(ready.path("featureDrift"), batchId=batch_id, metric=metric).status_code == 200
        assert user.get(ready.path("targetDrift"), batchId=batch_id, metric=metric).status_code == 200


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, -0.0, 2.0**63, 1e15])
def test_numbers_at_the_edge_of_what_a_float_holds_are_counted(owner: User, regression: Ready, value: float) -> None:
    batch = new_batch(owner, regression)
    rows = regression_rows(1, 4)
    block = regression_block(regression, rows, batch, predictions=[value, -value, value, 1.0])
    block["features"][0]["values"] = [value, value, -value, 1.0]
    send_rows(owner, regression, block)
    keys = rows["id"].to_list()
    send_actuals(owner, regression, dict(zip(keys, [-value, value, value, 1.0], strict=True)))
    everything(owner, regression, batch)
    found = owner.read(regression.path("featureDrift"), batchId=batch)["data"]
    assert {item["name"]: item["missingRate"] for item in found}["length"] == 0.0


@pytest.mark.parametrize("text", ["inf", "-inf", "Infinity", "1e999"])
def test_an_infinity_in_a_feature_is_a_value(owner: User, binary: Ready, batch: str, text: str) -> None:
    content = f"age,income,score\n{text},1,0.5\n40,{text},0.5\n".encode()
    assert upload(owner, binary, batch, "k", content).json()["unreadable"] == {}
    everything(owner, binary, batch)
    found = owner.read(binary.path("featureDrift"), batchId=batch)["data"]
    assert {item["name"]: item["missingRate"] for item in found}["age"] == 0.0


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_infinities_and_nan_in_typed_files_are_values_and_missing(
    owner: User, binary: Ready, batch: str, form: str
) -> None:
    frame = pl.DataFrame(
        {"age": [float("inf"), float("-inf"), float("nan"), None], "score": [0.1, float("nan"), None, 1.0]}
    )
    assert upload(owner, binary, batch, "k", file_of(frame, form), form).status_code == 202
    everything(owner, binary, batch)
    found = {item["name"]: item for item in owner.read(binary.path("featureDrift"), batchId=batch)["data"]}
    assert found["age"]["missingRate"] == 0.5
    # A row without a prediction has no class.
    classes = owner.read(binary.path("predictionsOverBatch"), batchId=batch)["buckets"][0]["classDistribution"]
    assert {item["className"]: item["count"] for item in classes} == {"yes": 1, "no": 1}


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columns_of_every_type_are_read_or_refused_and_never_a_fault(owner: User, binary: Ready, form: str) -> None:
    columns: dict[str, list[Any]] = {
        "list": [[1, 2], []],
        "struct": [{"a": 1}, {"a": None}],
        "bytes": [b"\xff\x00", b"x"],
        "date": [date(2026, 1, 1), None],
        "time": [time(1, 2, 3), None],
        "duration": [timedelta(days=1), None],
        "moment": [datetime(2026, 1, 1, tzinfo=UTC), None],
        "decimal": [Decimal("1.5"), None],
        "truth": [True, False],
        "nothing": [None, None],
        "great": [2**63 - 1, -(2**63)],
    }
    for name, values in columns.items():
        batch = new_batch(owner, binary, batchName=name)
        for role in ("age", "region", "id", "score", "at"):
            frame = pl.DataFrame({"score": [0.5, 0.25], role: pl.Series(values)})
            params = {"timestampColumn": "at"} if role == "at" else {}
            answer = upload(owner, binary, batch, role, file_of(frame, form), form, **params)
            assert answer.status_code in {202, 422}, (name, role, answer.text)
        everything(owner, binary, batch)


@pytest.mark.parametrize("value", [2**62, -(2**62), 253402300800_000_000, -62135596800_000_001])
def test_a_time_that_no_calendar_has_is_refused(shared: Served, prepared: Prepared, value: int) -> None:
    batch = new_batch(shared.owner, prepared.binary)
    frame = pl.DataFrame({"score": [0.5, 0.5], "at": pl.Series([value, 0]).cast(pl.Datetime("us"))})
    before = shared.contents()
    answer = upload(
        shared.owner, prepared.binary, batch, "k", file_of(frame, "parquet"), "parquet", timestampColumn="at"
    )
    refused(shared, answer, before, "Row 1", "column 'at'")


def test_a_time_without_a_zone_is_utc(owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, ROWS, batch, timestamp="2026-07-01T12:00:00"))
    upload(owner, binary, batch, "k", b"score,at\n0.5,2026-07-01 13:00:00\n", timestampColumn="at")
    found = owner.read(binary.path("monitoringBatches", batch))
    assert found["earliestPredictionTimestamp"] == "2026-07-01T12:00:00Z"
    assert found["latestPredictionTimestamp"] == "2026-07-01T13:00:00Z"


def test_an_unknown_class_in_the_holdout_fails_the_deployment_with_the_row(served: Served) -> None:
    owner = served.owner
    holdout = dataset(owner, "h.csv", b"target,score\nyes,0.5\nperhaps,0.5\n")
    target = {
        "name": "target",
        "type": "Binary",
        "classNames": ["yes", "no"],
        "predictionProbabilitiesColumn": "score",
    }
    body = {"target": target, "datasets": {"holdoutDataCatalogId": holdout}}
    package = owner.post("modelPackages/fromJSON/", body).json()
    answer = owner.post("deployments/fromModelPackage/", {"modelPackageId": package["id"], "label": "x"})
    served.work()
    status = owner.get(answer.headers["Location"]).json()
    assert status["status"] == "ERROR"
    for word in ("row 2", "'perhaps'", "yes, no"):
        assert word in status["message"]


def test_actuals_for_unknown_ids_are_kept_and_counted_as_waiting(served: Served, binary: Ready) -> None:
    body = {"data": [{"associationId": "later", "actualValue": "yes"}]}
    answer = served.owner.post(binary.path("actuals", "fromJSON"), body)
    assert answer.status_code == 202
    assert answer.json()["waiting"] == 1
    assert len(served.contents()["actuals"]) == 1
