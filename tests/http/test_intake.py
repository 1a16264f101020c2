"""What arrives as JSON: prediction rows, service figures, actuals."""

from typing import Any

import pytest
from tests.material import (
    Ready,
    Serve,
    binary_block,
    binary_rows,
    new_batch,
    regression_block,
    regression_rows,
    request_of,
    send_actuals,
    send_rows,
)
from tests.serving import Served, User

from assay.records.limits import Limits


def add(user: User, ready: Ready, *blocks: dict[str, Any], **more: Any) -> Any:
    return user.post(ready.path("predictionInputs", "fromJSON"), {"data": list(blocks), **more})


def actuals(user: User, ready: Ready, *records: dict[str, Any], **more: Any) -> Any:
    return user.post(ready.path("actuals", "fromJSON"), {"data": list(records), **more})


def requests(user: User, ready: Ready, *records: dict[str, Any]) -> Any:
    return user.post(ready.path("predictionRequests", "fromJSON"), {"data": list(records)})


# ------------------------------------------------------------------ rows


def test_rows_are_accepted_and_counted(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(1, 12)
    answer = add(owner, binary, binary_block(binary, rows[:5], batch), binary_block(binary, rows[5:], batch))
    assert (answer.status_code, answer.json()) == (202, {"message": "12 rows counted.", "repeatedAssociationIds": 0})


def test_everything_but_model_and_predictions_may_be_absent(owner: User, regression: Ready) -> None:
    answer = add(owner, regression, {"modelId": regression.model_id, "predictions": [1, 2.5, None]})
    assert answer.status_code == 202
    found = owner.read(regression.path("targetDrift"))
    assert found["sampleSize"] == 3


def test_rows_without_a_batch_count_for_the_deployment_alone(owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(1, 12)))
    assert owner.read(binary.path("targetDrift"))["sampleSize"] == 12
    assert owner.read(binary.path("targetDrift"), batchId=batch)["sampleSize"] == 0
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 0


def test_fields_that_clients_send_and_this_server_does_not_use_do_no_harm(
    owner: User, binary: Ready, batch: str
) -> None:
    block = binary_block(binary, binary_rows(1, 3), batch, requestParameters={"a": 1}, forecastDistance=3, segments=[])
    assert add(owner, binary, {**block, "somethingNew": {"deep": [1]}}, dryRun=False).status_code == 202


def test_as_many_rows_as_a_call_may_hold_are_taken_and_one_more_is_not(serve: Serve, regression: Ready) -> None:
    with serve(limits=Limits(max_rows_per_call=20)) as server:
        owner = server.owner
        block = {"modelId": regression.model_id, "predictions": [1.0] * 10}
        assert add(owner, regression, block, block).status_code == 202
        before = server.contents()
        more = {"modelId": regression.model_id, "predictions": [1.0]}
        answer = add(owner, regression, block, block, more)
        assert answer.status_code == 413
        assert "Found 21 rows in one call, expected at most 20" in answer.json()["message"]
        assert server.contents() == before


def test_ten_thousand_rows_are_taken_in_one_call(owner: User, regression: Ready) -> None:
    rows = regression_rows(1, 10_000)
    batch = new_batch(owner, regression)
    assert add(owner, regression, regression_block(regression, rows, batch)).status_code == 202
    assert owner.read(regression.path("monitoringBatches", batch))["predictionsCount"] == 10_000
    block = regression_block(regression, regression_rows(1, 10_001), batch)
    assert add(owner, regression, block).status_code == 413


def test_required_association_ids_are_asked_for(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    change = {"associationId": {"requiredInPredictionRequests": True}}
    owner.finished(owner.patch(binary.path("settings"), change))
    before = served.contents()
    block = binary_block(binary, binary_rows(1, 3), batch)
    for ids, words in ((None, "requires an association id"), (["a", None, "c"], "row 2"), (["a", "b", " "], "row 3")):
        answer = add(owner, binary, {**block, "associationIds": ids})
        assert answer.status_code == 422
        assert words in answer.json()["message"]
    assert served.contents() == before
    assert add(owner, binary, block).status_code == 202


def test_an_association_id_may_have_its_greatest_length_in_bytes_and_no_more(owner: User, binary: Ready) -> None:
    block = binary_block(binary, binary_rows(1, 2))
    longest = Limits().max_association_id_length
    assert add(owner, binary, {**block, "associationIds": ["é" * (longest // 2), "a" * longest]}).status_code == 202
    answer = add(owner, binary, {**block, "associationIds": ["a", "é" * (longest // 2) + "x"]})
    assert answer.status_code == 422
    assert "row 2" in answer.json()["message"]
    assert f"{longest} bytes" in answer.json()["message"]
    assert actuals(owner, binary, {"associationId": "a" * longest, "actualValue": "yes"}).status_code == 202


# ------------------------------------------------------------------ service figures


def test_service_figures_are_accepted_and_counted(owner: User, binary: Ready, batch: str) -> None:
    answer = requests(owner, binary, *[request_of(binary, batch)] * 3)
    assert (answer.status_code, answer.json()) == (202, {"message": "3 requests counted."})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"numPredictions": -1}, "numPredictions"),
        ({"numPredictions": 2.5}, "numPredictions"),
        ({"numPredictions": "3"}, "numPredictions"),
        ({"numPredictions": 2**63}, "numPredictions"),
        ({"numPredictions": None}, "numPredictions"),
        ({"executionTime": -0.1}, "executionTime"),
        ({"executionTime": "fast"}, "executionTime"),
        ({"userError": "no"}, "userError"),
        ({"timestamp": "noon"}, "timestamp"),
        ({"timestamp": 5}, "timestamp"),
        ({"modelId": "65a0000000000000000000ff"}, "Model 65a0000000000000000000ff not found"),
        ({"modelId": None}, "modelId"),
        ({"batchId": "65a0000000000000000000ff"}, "Monitoring batch not found"),
    ],
)
def test_service_figures_that_cannot_be_are_refused_with_the_place(
    served: Served, binary: Ready, batch: str, change: dict[str, Any], words: str
) -> None:
    before = served.contents()
    answer = requests(served.owner, binary, request_of(binary, batch), {**request_of(binary, batch), **change})
    assert answer.status_code == (404 if "not found" in words else 422)
    assert words in answer.json()["message"]
    if "not found" not in words:
        assert "data[1]" in answer.json()["message"] or "$.data[...]" in answer.json()["message"]
    assert served.contents() == before


def test_too_many_service_figures_are_refused(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(max_rows_per_call=3)) as server:
        assert requests(server.owner, binary, *[request_of(binary, None)] * 3).status_code == 202
        assert requests(server.owner, binary, *[request_of(binary, None)] * 4).status_code == 413


# ------------------------------------------------------------------ actuals


def test_actuals_are_told_apart_by_whether_their_prediction_is_there(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(1, 5)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    records = [{"associationId": key, "actualValue": "yes"} for key in [*rows["id"], "unknown"]]
    answer = actuals(owner, binary, *records)
    assert answer.status_code == 202
    found = answer.json()
    assert (found["received"], found["matched"], found["waiting"]) == (6, 5, 1)
    assert owner.finished(answer) == f"http://testserver/api/v2/{binary.path()}"


def test_actuals_for_unknown_ids_wait_unless_the_caller_has_no_use_for_them(served: Served, binary: Ready) -> None:
    owner = served.owner
    record = {"associationId": "later", "actualValue": "yes"}
    dropped = actuals(owner, binary, record, keepActualsWithoutPredictions=False)
    assert dropped.json()["waiting"] == 0
    assert served.contents()["actuals"] == []
    assert actuals(owner, binary, record).json()["waiting"] == 1
    assert len(served.contents()["actuals"]) == 1


@pytest.mark.parametrize(
    ("value", "label"),
    [("yes", "yes"), ("no", "no")],
)
def test_a_label_of_the_model_is_taken(served: Served, binary: Ready, value: Any, label: str) -> None:
    send_actuals(served.owner, binary, {"a": value})
    assert served.contents()["actuals"][0][2] == label


@pytest.mark.parametrize("value", ["YES", "maybe", "", " yes", 1, 0, True, 1.5, "1"])
def test_a_label_that_the_model_does_not_know_is_refused_with_those_it_knows(
    served: Served, binary: Ready, value: Any
) -> None:
    before = served.contents()
    good = {"associationId": "a", "actualValue": "yes"}
    answer = actuals(served.owner, binary, good, {"associationId": "b", "actualValue": value})
    assert answer.status_code == 422
    assert "data[1].actualValue" in answer.json()["message"]
    assert "yes, no" in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize("value", [1, 1.5, -3, "2.5", "1e3", 1e308])
def test_a_number_is_taken_as_an_actual_of_a_regression(served: Served, regression: Ready, value: Any) -> None:
    send_actuals(served.owner, regression, {"a": value})
    assert served.contents()["actuals"][0][3] == float(value)


@pytest.mark.parametrize("value", ["many", "", True, False, "nan", "inf", "-Infinity", "1e400"])
def test_what_is_no_finite_number_is_refused_as_an_actual_of_a_regression(
    served: Served, regression: Ready, value: Any
) -> None:
    before = served.contents()
    answer = actuals(served.owner, regression, {"associationId": "a", "actualValue": value})
    assert answer.status_code == 422
    assert "data[0].actualValue" in answer.json()["message"]
    assert "finite number" in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"associationId": "", "actualValue": "yes"}, "associationId"),
        ({"associationId": " ", "actualValue": "yes"}, "associationId"),
        ({"associationId": "x" * 257, "actualValue": "yes"}, "256 bytes"),
        ({"associationId": 7, "actualValue": "yes"}, "associationId"),
        ({"associationId": None, "actualValue": "yes"}, "associationId"),
        ({"actualValue": "yes"}, "associationId"),
        ({"associationId": "a"}, "actualValue"),
        ({"associationId": "a", "actualValue": None}, "actualValue"),
        ({"associationId": "a", "actualValue": ["yes"]}, "actualValue"),
        ({"associationId": "a", "actualValue": "yes", "timestamp": "then"}, "timestamp"),
        ({"associationId": "a", "actualValue": "yes", "wasActedOn": "no"}, "wasActedOn"),
    ],
)
def test_actuals_that_cannot_be_are_refused_with_the_place(
    served: Served, binary: Ready, record: dict[str, Any], words: str
) -> None:
    before = served.contents()
    answer = actuals(served.owner, binary, {"associationId": "good", "actualValue": "yes"}, record)
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_a_call_holds_between_one_and_ten_thousand_actuals(served: Served, binary: Ready) -> None:
    records = [{"associationId": str(i), "actualValue": "yes"} for i in range(10_001)]
    before = served.contents()
    assert actuals(served.owner, binary).status_code == 422
    answer = actuals(served.owner, binary, *records)
    assert answer.status_code == 413
    assert "10001" in answer.json()["message"]
    assert served.contents() == before
    assert actuals(served.owner, binary, *records[:-1]).status_code == 202
