"""Figures of segments, against numpy and scikit-learn on the rows of the same segments."""

from typing import Any

import polars as pl
import pytest
from sklearn import metrics
from tests.http import reference
from tests.http.reference import as_floats
from tests.material import (
    CLASSES,
    FORMS,
    Ready,
    Serve,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    send_actuals,
    send_rows,
    upload,
)
from tests.serving import Served, User

from assay.records.limits import Limits

REGIONS = ["east", "north", "south", "west"]


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def segmented(user: User, ready: Ready, *attributes: str, enabled: bool = True) -> None:
    settings = {"segmentAnalysis": {"enabled": enabled, "attributes": list(attributes)}}
    user.finished(user.patch(ready.path("settings"), settings))


def of(value: str, attribute: str = "region") -> dict[str, str]:
    return {"segmentAttribute": attribute, "segmentValue": value}


def outcomes(rows: pl.DataFrame) -> dict[str, Any]:
    return dict(zip(rows["id"].to_list(), rows["target"].to_list(), strict=True))


def with_tier(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with an attribute that is no feature."""
    return rows.with_columns(pl.Series("tier", [["gold", "silver", None][i % 3] for i in range(rows.height)]))


def expect_figures(user: User, ready: Ready, batch: str, mine: pl.DataFrame, segment: dict[str, str]) -> None:
    """Every page answers with the figures of these rows, and tells which segment they are of."""
    asked = {"batchId": batch, **segment}
    drift = user.read(ready.path("featureDrift"), **asked)
    cells = reference.numeric_cells(as_floats(ready.training["age"].to_list()), as_floats(mine["age"].to_list()))
    (age,) = [item for item in drift["data"] if item["name"] == "age"]
    assert (age["sampleSize"], age["driftScore"]) == (mine.height, near(reference.distances(*cells)["psi"]))
    target = user.read(ready.path("targetDrift"), **asked)
    cells = reference.numeric_cells(ready.holdout["score"].to_numpy(), mine["score"].to_numpy())
    assert target["driftScore"] == near(reference.distances(*cells)["psi"])
    (bucket,) = user.read(ready.path("featureDriftOverBatch"), featureNames="age", **asked)["buckets"]
    assert bucket["driftScore"] == age["driftScore"]
    (bucket,) = user.read(ready.path("predictionsOverBatch"), **asked)["buckets"]
    labels = ["yes" if s >= 0.5 else "no" for s in mine["score"]]
    assert bucket["classDistribution"] == reference.distribution(labels, CLASSES)
    over = user.read(ready.path("predictionsOverTime"), **segment)
    assert sum(b["rowCount"] for b in over["buckets"]) == mine.height
    for page in (drift, target, over):
        assert {name: page[name] for name in segment} == segment


def expect_accuracy(user: User, ready: Ready, batch: str, mine: pl.DataFrame, segment: dict[str, str]) -> None:
    asked = {"batchId": batch, **segment}
    items = {item["metricName"]: item for item in user.read(ready.path("accuracy"), **asked)["data"]}
    actual = (mine["target"] == "yes").to_numpy()
    expected = reference.binary_accuracy(actual, mine["score"].to_numpy())
    assert {name: items[name]["value"] for name in expected} == {name: near(v) for name, v in expected.items()}
    (bucket,) = user.read(ready.path("accuracyOverBatch"), metric="AUC", **asked)["buckets"]
    assert bucket["value"] == near(metrics.roc_auc_score(actual, mine["score"]))
    (bucket,) = user.read(ready.path("predictionsVsActualsOverBatch"), **asked)["buckets"]
    assert (bucket["rowCountTotal"], bucket["rowCountWithActual"]) == (mine.height, mine.height)
    over = user.read(ready.path("accuracyOverTime"), metric="AUC", **segment)
    assert over["summary"]["value"] == near(metrics.roc_auc_score(actual, mine["score"]))


@pytest.mark.parametrize("door", ["json", "csv", "parquet", "arrow"])
def test_rows_are_told_apart_by_a_feature(owner: User, binary: Ready, batch: str, door: str) -> None:
    segmented(owner, binary, "region")
    rows = binary_rows(91, 600)
    if door == "json":
        send_rows(owner, binary, binary_block(binary, rows, batch))
    else:
        owner.finished(upload(owner, binary, batch, "f", file_of(rows, door), FORMS[door]))
    send_actuals(owner, binary, outcomes(rows))
    for region in REGIONS:
        mine = rows.filter(pl.col("region") == region)
        expect_figures(owner, binary, batch, mine, of(region))
        expect_accuracy(owner, binary, batch, mine, of(region))
    # Without a value all rows are meant, those without a region among them.
    whole = owner.read(binary.path("targetDrift"), batchId=batch, segmentAttribute="region")
    assert (whole["sampleSize"], whole["segmentAttribute"], whole["segmentValue"]) == (600, "region", None)


def test_batches_stored_before_a_segment_was_asked_for_have_it_too(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    rows, more = binary_rows(92, 500), binary_rows(93, 120)
    owner.finished(upload(owner, binary, batch, "f", file_of(rows)))
    send_rows(owner, binary, binary_block(binary, more, batch))
    send_actuals(owner, binary, outcomes(rows) | outcomes(more))
    segmented(owner, binary, "region")
    mine = pl.concat([rows, more]).filter(pl.col("region") == "south")
    expect_figures(owner, binary, batch, mine, of("south"))
    expect_accuracy(owner, binary, batch, mine, of("south"))
    # Asked for again, or off and on again, they are not counted twice.
    segmented(owner, binary, "region", enabled=False)
    segmented(owner, binary, "region")
    expect_figures(owner, binary, batch, mine, of("south"))


def test_rows_that_were_cut_by_older_settings_are_profiled_afterwards(
    served: Served, binary: Ready, batch: str
) -> None:
    owner = served.owner
    rows = binary_rows(94, 200)
    path = binary.path("settings")
    owner.patch(path, {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}})
    # The job that the settings ask for has not run yet when these rows arrive.
    send_rows(owner, binary, binary_block(binary, rows, batch))
    served.work()
    expect_figures(owner, binary, batch, rows.filter(pl.col("region") == "west"), of("west"))


@pytest.mark.parametrize("kept", [True, False])
def test_rows_are_told_apart_by_an_attribute_that_the_caller_sends(
    owner: User, binary: Ready, batch: str, kept: bool
) -> None:
    owner.finished(owner.patch(binary.path("settings"), {"predictionsDataCollection": {"enabled": kept}}))
    segmented(owner, binary, "tier")
    by_file, by_list, by_object = (with_tier(binary_rows(seed, 150)) for seed in (95, 96, 97))
    owner.finished(upload(owner, binary, batch, "f", file_of(by_file)))
    tiers = {"name": "tier", "values": by_list["tier"].to_list()}
    send_rows(owner, binary, binary_block(binary, by_list, batch, segments=[tiers]))
    send_rows(owner, binary, binary_block(binary, by_object, batch, segments={"tier": by_object["tier"].to_list()}))
    shared = binary_rows(98, 50)
    send_rows(owner, binary, binary_block(binary, shared, batch, segments=[{"name": "tier", "value": "gold"}]))
    rows = pl.concat([by_file, by_list, by_object, shared.with_columns(pl.lit("gold").alias("tier"))])
    send_actuals(owner, binary, outcomes(rows))
    for tier in ("gold", "silver"):
        mine = rows.filter(pl.col("tier") == tier)
        expect_figures(owner, binary, batch, mine, of(tier, "tier"))
        expect_accuracy(owner, binary, batch, mine, of(tier, "tier"))


def test_the_attributes_and_their_values_are_listed(owner: User, binary: Ready, batch: str) -> None:
    segmented(owner, binary, "region", "tier")
    send_rows(owner, binary, binary_block(binary, binary_rows(99, 300), batch))
    found = owner.read(binary.path("segmentAttributes"))
    assert [(a["name"], a["valuesCount"], a["mostValues"]) for a in found["data"]] == [
        ("region", 4, 100),
        ("tier", 0, 100),
    ]
    values = owner.read(binary.path("segmentValues"), segmentAttribute="region", limit=3)
    assert ([v["value"] for v in values["data"]], values["totalCount"]) == (REGIONS[:3], 4)
    (last,) = owner.read(values["next"])["data"]
    assert last == {"value": "west", "segmentAttribute": "region"}
    assert owner.get(binary.path("segmentValues"), segmentAttribute="income").status_code == 422


def test_an_attribute_keeps_the_values_that_came_first(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(max_segment_values=2)) as served:
        owner = served.owner
        segmented(owner, binary, "tier")
        batch = new_batch(owner, binary)
        for seed, tier in enumerate(["b", "a", "c", "b", "c"]):
            block = binary_block(binary, binary_rows(seed, 30 + seed), batch, segments={"tier": tier})
            send_rows(owner, binary, block)
        found = owner.read(binary.path("segmentValues"), segmentAttribute="tier")
        assert [v["value"] for v in found["data"]] == ["a", "b"]
        counts = [
            owner.read(binary.path("targetDrift"), batchId=batch, **of(tier, "tier"))["sampleSize"] for tier in "abc"
        ]
        assert counts == [31, 30 + 33, 0]
        frame = with_tier(binary_rows(50, 30))
        owner.finished(upload(owner, binary, batch, "f", file_of(frame)))
        report = owner.read(binary.path("monitoringBatches", batch, "uploads", "f"))
        assert report["withoutSegment"] == {"tier": 20}


def test_segments_are_folded_and_deleted_with_their_batch(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    segmented(owner, binary, "region")
    rows = binary_rows(100, 340)
    for i in range(34):
        send_rows(owner, binary, binary_block(binary, rows.slice(i * 10, 10), batch))
    before = len(served.contents()["profiles"])
    served.work()
    assert len(served.contents()["profiles"]) < before
    expect_figures(owner, binary, batch, rows.filter(pl.col("region") == "north"), of("north"))
    owner.delete(binary.path("monitoringBatches", batch))
    served.work()
    assert owner.read(binary.path("targetDrift"), **of("north"))["sampleSize"] == 0


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (["age"], "categorical"),
        (["region", "region"], "different names"),
        ([" "], "not blank"),
        ([f"a{i}" for i in range(21)], "at most 20"),
    ],
)
def test_rows_cannot_be_told_apart_by_everything(
    owner: User, binary: Ready, attributes: list[str], message: str
) -> None:
    body = {"segmentAnalysis": {"enabled": True, "attributes": attributes}}
    answer = owner.patch(binary.path("settings"), body)
    assert answer.status_code == 422
    assert message in answer.json()["message"]
    assert owner.read(binary.path("settings"))["segmentAnalysis"]["enabled"] is False


@pytest.mark.parametrize("page", ["targetDrift", "accuracy", "predictionsOverTime", "predictionsVsActualsOverBatch"])
def test_a_segment_that_the_deployment_does_not_have_is_refused(owner: User, binary: Ready, page: str) -> None:
    for params in (of("north"), {"segmentValue": "north"}, {"segmentAttribute": "region"}):
        answer = owner.get(binary.path(page), **params)
        assert answer.status_code == 422
        assert "segment" in answer.json()["message"]


@pytest.mark.parametrize(
    "segments", [{"tier": ["gold"]}, {"tier": [["gold"], ["gold"]]}, {"tier": [{"a": 1}, None]}, [{"value": "gold"}]]
)
def test_segments_that_do_not_fit_their_rows_are_refused(
    served: Served, binary: Ready, batch: str, segments: Any
) -> None:
    owner = served.owner
    block = binary_block(binary, binary_rows(101, 2), batch, segments=segments)
    before = served.contents()
    answer = owner.post(binary.path("predictionInputs", "fromJSON"), {"data": [block]})
    assert 400 <= answer.status_code < 500
    assert "segments" in answer.json()["message"] or "name" in answer.json()["message"]
    assert served.contents() == before
