"""Aggregates in the place of rows: the same pages, exact where the sketch is, marked as estimated where it is not."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.http import reference
from tests.http.reference import as_floats
from tests.material import (
    Ready,
    binary_block,
    binary_rows,
    new_batch,
    regression_block,
    regression_rows,
    send_actuals,
    send_rows,
)
from tests.serving import Served, User

STAMP = "2026-11-23 10:49:52.641+0000"


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def numbers(values: list[float | None], most: int = 10) -> dict[str, Any]:
    """What the aggregating client makes of a column: sums, and centroids of the nearest values."""
    known = np.array([v for v in values if v is not None], dtype=np.float64)
    held = [(float(v), int(c)) for v, c in zip(*np.unique(known, return_counts=True), strict=True)]
    while len(held) > most:
        place = int(np.argmin(np.diff([v for v, _ in held])))
        (a, m), (b, n) = held[place], held[place + 1]
        held[place : place + 2] = [((a * m + b * n) / (m + n), m + n)]
    return {
        "count": len(known),
        "min": float(known.min()),
        "max": float(known.max()),
        "sum": float(known.sum()),
        "sumOfSquares": float((known**2).sum()),
        "histogram": {"centroids": [v for v, _ in held], "counts": [c for _, c in held]},
        "decisionCount": 0,
    }


def numeric(name: str, values: list[float | None], most: int = 10) -> dict[str, Any]:
    return {"name": name, "stats": {"numericStats": numbers(values, most), "missingCount": values.count(None)}}


def levels(name: str, values: list[str | None]) -> dict[str, Any]:
    known = [v for v in values if v is not None]
    names = sorted(set(known))
    return {
        "name": name,
        "stats": {
            "count": len(known),
            "missingCount": values.count(None),
            "categories": {"values": names, "counts": [known.count(n) for n in names]},
        },
    }


def group(rows: pl.DataFrame, most: int = 10) -> dict[str, Any]:
    scores = rows["score"].to_list()
    yes = sum(s >= 0.5 for s in scores)
    return {
        "features": [
            numeric("age", rows["age"].to_list(), most),
            numeric("income", rows["income"].to_list(), most),
            levels("region", rows["region"].to_list()),
            levels("shoe", ["42"] * rows.height),
        ],
        "predictions": [
            {**numbers([1 - s for s in scores], most), "decisionCount": rows.height - yes},
            {**numbers(scores, most), "decisionCount": yes},
        ],
    }


def aggregates(ready: Ready, batch: str | None, rows: pl.DataFrame, most: int = 10, **more: Any) -> dict[str, Any]:
    """One element of a call; the classes stand in the other order than the model's."""
    block = {"timestamp": STAMP, "modelId": ready.model_id, "classNames": ["no", "yes"], **group(rows, most), **more}
    return block if batch is None else {**block, "batchId": batch}


def send(user: User, ready: Ready, *blocks: dict[str, Any]) -> Any:
    return user.post(ready.path("predictionStats", "fromJSON"), {"data": list(blocks)})


def drift_of(user: User, ready: Ready, **params: Any) -> dict[str, Any]:
    return {item["name"]: item for item in user.read(ready.path("featureDrift"), **params)["data"]}


def test_aggregated_rows_count_once_in_their_batch(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(201, 300)
    assert send(owner, binary, aggregates(binary, batch, rows)).status_code == 202
    found = owner.read(binary.path("monitoringBatches", batch))
    assert found["predictionsCount"] == 300
    assert found["earliestPredictionTimestamp"] == found["latestPredictionTimestamp"] == "2026-11-23T10:49:52.641000Z"


def test_exact_aggregates_give_the_figures_of_their_rows(owner: User, binary: Ready, batch: str) -> None:
    # With as many centroids as values a sketch is exact.
    rows = binary_rows(202, 200)
    assert send(owner, binary, aggregates(binary, batch, rows, most=200)).status_code == 202
    other = new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, rows, other))
    told, sent = (drift_of(owner, binary, batchId=b) for b in (batch, other))
    for name in ("age", "income", "region"):
        assert told[name]["driftScore"] == near(sent[name]["driftScore"])
        assert told[name]["missingRate"] == sent[name]["missingRate"]
        assert not told[name]["estimated"]
    one, two = (owner.read(binary.path("predictionsOverBatch"), batchId=b)["buckets"][0] for b in (batch, other))
    assert one["classDistribution"] == two["classDistribution"]
    for mine, theirs in zip(one["meanProbabilities"], two["meanProbabilities"], strict=True):
        assert mine["value"] == near(theirs["value"])


def test_what_a_sketch_leaves_open_is_estimated_and_marked_so(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(203, 2000, 1.0)
    assert send(owner, binary, aggregates(binary, batch, rows)).status_code == 202
    found = drift_of(owner, binary, batchId=batch)
    cells = reference.numeric_cells(as_floats(binary.training["age"].to_list()), as_floats(rows["age"].to_list()))
    assert found["age"]["estimated"]
    assert found["age"]["sampleSize"] == 2000
    assert found["age"]["driftScore"] == pytest.approx(reference.distances(*cells)["psi"], rel=0.35)
    assert owner.read(binary.path("targetDrift"), batchId=batch)["estimated"]
    series = owner.read(binary.path("featureDriftOverBatch"), featureNames="age", batchId=batch)
    assert series["buckets"][0]["estimated"]


def test_rows_and_aggregates_of_a_batch_are_merged(owner: User, binary: Ready, batch: str) -> None:
    rows, more = binary_rows(204, 120), binary_rows(205, 80)
    send(owner, binary, aggregates(binary, batch, rows, most=120))
    send_rows(owner, binary, binary_block(binary, more, batch))
    found = drift_of(owner, binary, batchId=batch)["region"]
    both = pl.concat([rows, more])["region"].to_list()
    cells = reference.level_cells(binary.training["region"].to_list(), both)
    assert (found["sampleSize"], found["driftScore"]) == (200, near(reference.distances(*cells)["psi"]))


def test_rows_kept_beside_aggregates_are_for_accuracy_alone(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(206, 150)
    send(owner, binary, aggregates(binary, batch, rows))
    send_rows(owner, binary, binary_block(binary, rows.head(40), batch), skipDriftTracking=True)
    send_actuals(owner, binary, dict(zip(rows["id"], rows["target"], strict=True)))
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 150
    found = owner.read(binary.path("predictionsVsActualsOverBatch"), batchId=batch)["summary"]
    assert found == {"rowCountTotal": 150, "rowCountWithActual": 40}


def test_aggregates_of_a_regression_are_one_object(owner: User, regression: Ready) -> None:
    rows = regression_rows(207, 90)
    batches = [new_batch(owner, regression) for _ in range(2)]
    block = {
        "modelId": regression.model_id,
        "batchId": batches[0],
        "features": [numeric("length", rows["length"].to_list()), levels("kind", rows["kind"].to_list())],
        "predictions": numbers(rows["predicted"].to_list()),
    }
    assert send(owner, regression, block).status_code == 202
    send_rows(owner, regression, regression_block(regression, rows, batches[1]))
    one, two = (
        owner.read(regression.path("predictionsOverBatch"), batchId=b)["buckets"][0]["meanPredictedValue"]
        for b in batches
    )
    assert one == near(two)


def test_aggregates_by_segment_answer_for_segments(owner: User, binary: Ready, batch: str) -> None:
    settings = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}
    owner.finished(owner.patch(binary.path("settings"), settings))
    rows = binary_rows(208, 400)
    parts = [{"value": region, **group(rows.filter(pl.col("region") == region), 400)} for region in ("north", "south")]
    others = {"name": "colour", "data": [{"value": "red", **group(rows)}]}
    block = aggregates(binary, batch, rows, segments=[{"name": "region", "data": parts}, others])
    assert send(owner, binary, block).status_code == 202
    for region in ("north", "south"):
        mine = rows.filter(pl.col("region") == region)
        found = drift_of(owner, binary, batchId=batch, segmentAttribute="region", segmentValue=region)["age"]
        cells = reference.numeric_cells(as_floats(binary.training["age"].to_list()), as_floats(mine["age"].to_list()))
        assert (found["sampleSize"], found["driftScore"]) == (mine.height, near(reference.distances(*cells)["psi"]))
    assert drift_of(owner, binary, batchId=batch)["age"]["sampleSize"] == 400


def test_aggregates_count_in_the_bucket_of_their_time(owner: User, binary: Ready) -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC)
    send(owner, binary, aggregates(binary, None, binary_rows(209, 30)))
    asked = {"start": day.isoformat(), "end": day.replace(day=25).isoformat()}
    found = owner.read(binary.path("predictionsOverTime"), **asked)
    assert [b["rowCount"] for b in found["buckets"]] == [30, 0]
    # They have no rows from which an hour could be counted.
    answer = owner.get(binary.path("predictionsOverTime"), **asked, bucketSize="PT1H")
    assert answer.status_code == 422
    assert "not kept" in answer.json()["message"]


def test_aggregates_of_the_other_kind_than_the_feature_are_missing(owner: User, binary: Ready, batch: str) -> None:
    block = aggregates(binary, batch, binary_rows(210, 20))
    block["features"] = [levels("age", ["old"] * 20), numeric("region", [1.0] * 20)]
    assert send(owner, binary, block).status_code == 202
    found = drift_of(owner, binary, batchId=batch)
    assert (found["age"]["missingRate"], found["region"]["missingRate"]) == (1.0, 1.0)
    (upload,) = owner.read(binary.path("monitoringBatches", batch, "uploads"))["data"]
    assert upload["unreadable"] == {"age": 20, "region": 20}


def spoilt(**changes: Any) -> Any:
    def change(block: dict[str, Any]) -> None:
        block.update(changes)

    return change


BAD = {
    "no rows": (spoilt(features=[], predictions=[]), "no rows"),
    "unknown model": (spoilt(modelId="65a0000000000000000000ff"), "Model"),
    "unknown batch": (spoilt(batchId="65a0000000000000000000ff"), "Monitoring batch not found"),
    "time": (spoilt(timestamp="soon"), "timestamp"),
    "classes": (spoilt(classNames=["yes", "maybe"]), "expected one for each of"),
    "one prediction of two": (spoilt(features=[], predictions=[numbers([0.5])]), "expected one for each of"),
    "more rows than predictions": (spoilt(features=[numeric("age", [1.0] * 21)]), "there are 20 predictions"),
    "no histogram": (spoilt(features=[{"name": "age", "stats": {"numericStats": {"count": 3}}}]), "histogram"),
    "negative count": (spoilt(features=[{"name": "age", "stats": {"numericStats": {"count": -1}}}]), "count"),
    "uneven histogram": (
        spoilt(
            features=[
                {
                    "name": "age",
                    "stats": {"numericStats": {"count": 2, "histogram": {"centroids": [1.0], "counts": [1, 1]}}},
                }
            ]
        ),
        "centroids",
    ),
    "uneven categories": (
        spoilt(features=[{"name": "region", "stats": {"count": 2, "categories": {"values": ["a"], "counts": [1, 1]}}}]),
        "categories",
    ),
    "more in categories than there are": (
        spoilt(features=[{"name": "region", "stats": {"count": 2, "categories": {"values": ["a"], "counts": [3]}}}]),
        "at most the count",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), BAD.values(), ids=BAD)
def test_aggregates_that_cannot_be_are_refused_as_a_whole(
    served: Served, binary: Ready, batch: str, spoil: Any, message: str
) -> None:
    owner = served.owner
    block = aggregates(binary, batch, binary_rows(211, 20))
    spoil(block)
    before = served.contents()
    answer = send(owner, binary, aggregates(binary, batch, binary_rows(212, 5)), block)
    assert 400 <= answer.status_code < 500
    assert message in answer.json()["message"]
    assert served.contents() == before


def test_a_locked_batch_takes_no_aggregates(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    owner.patch(binary.path("monitoringBatches", batch), {"isLocked": True})
    answer = send(owner, binary, aggregates(binary, batch, binary_rows(213, 5)))
    assert answer.status_code == 422
    assert "locked" in answer.json()["message"]
