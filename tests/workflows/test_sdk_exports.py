"""Exports of predictions and of actuals in the SDK (CLIENTS.md 4.2)."""

import io
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from tests.workflows import rows
from tests.workflows.commands import (
    Deployed,
    churn_service,
    create_batch,
    inputs,
    pairs,
    recently,
    report_actuals,
    send_inputs,
)
from tests.workflows.wire import Wire

NOW = recently()


@pytest.fixture(scope="module")
def frames() -> list[pd.DataFrame]:
    return [rows.churn(161 + i, 60 + 20 * i) for i in range(3)]


@pytest.fixture(scope="module")
def batches() -> list[str]:
    return []


@pytest.fixture(scope="module")
def service(cli: Wire, frames: list[pd.DataFrame], batches: list[str]) -> Deployed:
    """A deployment with three batches, ten, nine and eight days old, and actuals of every other row."""
    churn = churn_service(cli)
    for place, frame in enumerate(frames):
        batches.append(create_batch(cli, churn, f"run {place}"))
        at = NOW - timedelta(days=10 - place)
        send_inputs(cli, churn, inputs(churn, frame, pairs(frame), at=at, batch_id=batches[-1]))
    report_actuals(cli, churn, pd.concat(frames).iloc[::2])
    return churn


def export(sdk: Wire, service: Deployed, kind: str, **body: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    """An export asked for, waited for and read, and all rows of its data sets."""
    sent = {
        "start": (NOW - timedelta(days=30)).isoformat(timespec="microseconds"),
        "end": (NOW + timedelta(days=1)).isoformat(timespec="microseconds"),
        "modelId": service.model_id,
        **body,
    }
    where = sdk.finished(sdk.post(service.path(f"{kind}DataExports"), sent))
    found = sdk.read(service.path(f"{kind}DataExports", sdk.read(where)["id"]))
    assert found["status"] == "SUCCEEDED"
    assert found["id"] in {item["id"] for item in sdk.pages(service.path(f"{kind}DataExports"))}
    tables = []
    for file in found["data"]:
        described = sdk.read(f"datasets/{file['id']}/")
        tables.append(pd.read_csv(io.BytesIO(sdk.file(f"datasets/{file['id']}/file/"))))
        assert described["rowCount"] == len(tables[-1])
    return found, pd.concat(tables)


def test_predictions_come_out_as_they_went_in(sdk: Wire, service: Deployed, frames: list[pd.DataFrame]) -> None:
    found, table = export(sdk, service, "prediction")
    sent = pd.concat(frames).set_index("key")
    got = table.set_index("association_id")
    assert sorted(got.index) == sorted(sent.index)
    got = got.loc[sent.index]
    for name in rows.CHURN_FEATURES:
        pd.testing.assert_series_equal(got[name], sent[name], check_dtype=False, check_names=False, check_exact=True)
    for name in ("Yes", "No"):
        assert got[f"probability:{name}"].to_list() == sent[name].to_list()
    assert got["prediction"].to_list() == sent["label"].to_list()
    assert found["batches"] is None or isinstance(found["batches"], dict)


def test_only_named_batches_and_times_are_exported(
    sdk: Wire, service: Deployed, frames: list[pd.DataFrame], batches: list[str]
) -> None:
    _, table = export(sdk, service, "prediction", batchIds=[batches[0], batches[2]])
    assert set(table["association_id"]) == set(frames[0]["key"]) | set(frames[2]["key"])
    assert set(table["batch_id"]) == {batches[0], batches[2]}
    half_a_day = timedelta(hours=12)
    middle = {
        "start": (NOW - timedelta(days=9) - half_a_day).isoformat(),
        "end": (NOW - timedelta(days=8) - half_a_day).isoformat(),
    }
    _, table = export(sdk, service, "prediction", **middle)
    assert set(table["association_id"]) == set(frames[1]["key"])


def test_actuals_stand_beside_their_predictions(sdk: Wire, service: Deployed, frames: list[pd.DataFrame]) -> None:
    _, table = export(sdk, service, "actuals")
    known = pd.concat(frames).iloc[::2].set_index("key")
    got = table.set_index("association_id")
    assert sorted(got.index) == sorted(known.index)
    got = got.loc[known.index]
    assert got["actual"].to_list() == known["outcome"].to_list()
    assert got["probability:Yes"].to_list() == known["Yes"].to_list()


def test_training_data_come_back_as_they_were(sdk: Wire, service: Deployed) -> None:
    where = sdk.finished(sdk.post(service.path("trainingDataExports"), {"modelId": service.model_id}))
    (file,) = sdk.read(where)["data"]
    table = pd.read_csv(io.BytesIO(sdk.file(f"datasets/{file['id']}/file/")))
    pd.testing.assert_frame_equal(table[service.training.columns], service.training, check_dtype=False)
