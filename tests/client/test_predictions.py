from datetime import UTC, datetime

import pytest
from tests.client.wire import BATCH, DEPLOYMENT, MODEL, Reply, Wire

from assay.client import Client, PredictionRequest, PredictionRows, Refused

INPUTS = f"deployments/{DEPLOYMENT}/predictionInputs/fromJSON/"
REQUESTS = f"deployments/{DEPLOYMENT}/predictionRequests/fromJSON/"


def test_rows_are_sent_column_by_column(wire: Wire, client: Client) -> None:
    wire.on("POST", INPUTS, Reply(202, {}))
    rows = PredictionRows(
        MODEL,
        {"temp": [20.5, float("nan")], "carrier": ["UA", None]},
        [[0.2, 0.8], [0.7, 0.3]],
        association_ids=["a", "b"],
        class_names=["0", "1"],
        timestamp=datetime(2013, 7, 1, tzinfo=UTC),
    )
    assert client.predictions.push(DEPLOYMENT, rows, batch_id=BATCH).rows == 2
    assert wire.calls[0].json == {
        "data": [
            {
                "modelId": MODEL,
                "timestamp": "2013-07-01T00:00:00+00:00",
                "batchId": BATCH,
                "features": [{"name": "temp", "values": [20.5, None]}, {"name": "carrier", "values": ["UA", None]}],
                "predictions": [[0.2, 0.8], [0.7, 0.3]],
                "associationIds": ["a", "b"],
                "classNames": ["0", "1"],
            }
        ]
    }


def test_more_rows_than_a_call_takes_are_sent_in_several(wire: Wire, client: Client) -> None:
    wire.on("POST", INPUTS, Reply(202, {}))
    numbers = list(range(20_001))
    rows = PredictionRows(MODEL, {"x": numbers}, numbers, [str(number) for number in numbers])
    assert client.predictions.push(DEPLOYMENT, rows).rows == 20_001
    sent = [call.json["data"][0] for call in wire.calls]
    assert [len(one["predictions"]) for one in sent] == [10_000, 10_000, 1]
    assert sent[2]["features"][0]["values"] == [20_000]
    assert sent[2]["associationIds"] == ["20000"]
    assert "batchId" not in sent[0]
    assert "classNames" not in sent[0]


def test_ragged_columns_are_refused_before_anything_is_sent(wire: Wire, client: Client) -> None:
    with pytest.raises(ValueError, match="There are 2 predictions, and 1 values of feature 'x'"):
        client.predictions.push(DEPLOYMENT, PredictionRows(MODEL, {"x": [1]}, [0.1, 0.2]))
    assert wire.calls == []


def test_infinite_values_are_refused_before_anything_is_sent(wire: Wire, client: Client) -> None:
    with pytest.raises(ValueError, match="infinite"):
        client.predictions.push(DEPLOYMENT, PredictionRows(MODEL, {"x": [float("inf")]}, [0.1]))
    assert wire.calls == []


def test_requests_are_reported_with_all_their_figures(wire: Wire, client: Client) -> None:
    wire.on("POST", REQUESTS, Reply(202, {}))
    request = PredictionRequest(MODEL, 300, batch_id=BATCH, execution_ms=12.5, user_error=True)
    client.service.push(DEPLOYMENT, [request])
    assert wire.calls[0].json == {
        "data": [
            {
                "timestamp": None,
                "modelId": MODEL,
                "batchId": BATCH,
                "numPredictions": 300,
                "executionTime": 12.5,
                "userError": True,
                "systemError": False,
            }
        ]
    }


def test_a_locked_batch_is_told(wire: Wire, client: Client) -> None:
    wire.on("POST", REQUESTS, Reply(422, {"message": "Batch '2013-07' is locked."}))
    with pytest.raises(Refused, match="is locked"):
        client.service.push(DEPLOYMENT, [PredictionRequest(MODEL, 1, batch_id=BATCH)])
