"""Custom metrics of the SDK (CLIENTS.md 4.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.workflows import rows
from tests.workflows.commands import Deployed, churn_service, create_batch, report_churn
from tests.workflows.figures import near
from tests.workflows.wire import Wire

NEEDED = {"id", "name", "units", "isModelSpecific", "type", "timeStep"}
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def service(cli: Wire) -> Deployed:
    return churn_service(cli)


def create(sdk: Wire, service: Deployed, name: str, **fields: Any) -> str:
    """Make a metric and read it, as the SDK does; its path."""
    body = {
        "name": name,
        "units": "EUR",
        "type": "average",
        "isModelSpecific": True,
        "directionality": "higherIsBetter",
        "timeStep": "hour",
        "baselineValues": [{"value": -4.0}],
        "description": "made in a notebook",
        **fields,
    }
    path = service.path("customMetrics", sdk.post(service.path("customMetrics"), body).json()["id"])
    found = sdk.read(path)
    assert found.keys() >= NEEDED
    assert {key: found[key] for key in body} == body
    return path


def submit(sdk: Wire, path: str, buckets: list[dict[str, Any]], **more: Any) -> None:
    """Values, waited for."""
    sdk.finished(sdk.report(f"{path}fromJSON/", {"dryRun": False, "buckets": buckets, **more}))


def together(kind: str, buckets: list[dict[str, Any]]) -> tuple[Any, int]:
    """Value and sample size of some values, by definition; the last is that of the latest moment."""
    values, sizes = (np.array([one[name] for one in buckets]) for name in ("value", "sampleSize"))
    if kind == "sum":
        return near(float(values.sum())), int(sizes.sum())
    if kind == "average":
        return near(float((values * sizes).sum() / sizes.sum())), int(sizes.sum())
    last = max(buckets, key=lambda one: one["timestamp"])
    return last["value"], last["sampleSize"]


def over_hours(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Values of as many minutes, the last within the hour before this one; sample sizes from 1 on."""
    rng = np.random.default_rng(seed)
    return [
        {
            "value": float(rng.normal(10, 4)),
            "sampleSize": int(rng.integers(1, 40)),
            "timestamp": (HOUR - timedelta(minutes=count - i)).isoformat(timespec="microseconds"),
        }
        for i in range(count)
    ]


@pytest.mark.parametrize("kind", ["sum", "average", "gauge"])
def test_values_over_batches(sdk: Wire, cli: Wire, service: Deployed, kind: str) -> None:
    path = create(sdk, service, f"batches {kind}", type=kind)
    batches = [create_batch(cli, service, f"run {i}") for i in range(3)]
    report_churn(cli, service, rows.churn(151, 20), batches[0], keys=False)
    values = [
        {**one, "batch": batches[place % 2], "metadata": "night", "associationId": f"a-{place}"}
        for place, one in enumerate(over_hours(40))
    ]
    submit(sdk, path, values, modelId=service.model_id)
    found = sdk.read(f"{path}valuesOverBatch/", batchId=batches, modelId=service.model_id)
    assert found["metric"].keys() >= NEEDED
    assert [bucket["batch"]["id"] for bucket in found["buckets"]] == batches
    parts = [[one for one in values if one["batch"] == batch_id] for batch_id in batches]
    expected = [*(together(kind, part) for part in parts[:2]), (None, 0)]
    assert [(bucket["value"], bucket["sampleSize"]) for bucket in found["buckets"]] == expected
    for bucket in found["buckets"]:
        assert bucket["batch"].keys() >= {"id", "name", "createdAt"}
    # Only the first one has predictions; null would break the SDK.
    assert ["lastPredictionTimestamp" in bucket["batch"] for bucket in found["buckets"]] == [True, False, False]
    both = sdk.read(f"{path}batchSummary/", batchId=batches[:2], modelId=service.model_id)["metric"]
    value, size = together(kind, values)
    assert (both["name"], both["value"], both["sampleCount"]) == (f"batches {kind}", value, size)


@pytest.mark.parametrize("kind", ["sum", "average", "gauge"])
def test_values_over_time(sdk: Wire, service: Deployed, kind: str) -> None:
    path, values = create(sdk, service, f"hours {kind}", type=kind), over_hours(200)
    submit(sdk, path, values, modelPackageId=service.package_id)
    start, end = HOUR - timedelta(hours=3), HOUR
    span = {"start": start.isoformat(timespec="microseconds"), "end": end.isoformat(timespec="microseconds")}
    inside = [one for one in values if one["timestamp"] >= span["start"]]
    found = sdk.read(f"{path}summary/", **span)
    assert datetime.fromisoformat(found["period"]["start"]) == start
    value, size = together(kind, inside)
    assert (found["metric"]["value"], found["metric"]["sampleCount"]) == (value, size)
    exact = sum(one["value"] for one in inside) if kind == "sum" else None
    if exact is not None:
        assert found["metric"]["percentChange"] == near(100 * (exact + 4.0) / 4.0)
    series = sdk.read(f"{path}valuesOverTime/", bucketSize="PT1H", **span)
    assert series["summary"].keys() == {"start", "end"}
    assert series["metric"].keys() >= NEEDED
    hours = [
        [one for one in inside if start + timedelta(hours=i) <= datetime.fromisoformat(one["timestamp"])][:60]
        for i in range(3)
    ]
    assert [(bucket["value"], bucket["sampleSize"]) for bucket in series["buckets"]] == [
        together(kind, hour) for hour in hours
    ]
    assert [datetime.fromisoformat(bucket["period"]["start"]) for bucket in series["buckets"]] == [
        start + timedelta(hours=i) for i in range(3)
    ]


def test_a_single_value_without_an_offset_is_of_utc(sdk: Wire, service: Deployed) -> None:
    path = create(sdk, service, "single", type="sum")
    at = HOUR - timedelta(minutes=10)
    submit(
        sdk,
        path,
        [{"value": 7.5, "sampleSize": 1, "timestamp": at.replace(tzinfo=None).isoformat()}],
        modelId=service.model_id,
    )
    span = {"start": (HOUR - timedelta(hours=1)).isoformat(), "end": HOUR.isoformat()}
    assert sdk.read(f"{path}summary/", **span)["metric"]["value"] == 7.5


def test_a_dry_run_stores_nothing_and_leads_nowhere(sdk: Wire, service: Deployed) -> None:
    path = create(sdk, service, "dry")
    sdk.report(f"{path}fromJSON/", {"modelId": service.model_id, "dryRun": True, "buckets": over_hours(5)})
    assert sdk.read(f"{path}summary/", end=HOUR.isoformat())["metric"]["sampleCount"] == 0


def test_values_of_a_segment(sdk: Wire, service: Deployed) -> None:
    path, values = create(sdk, service, "segments"), over_hours(30)
    shops = ["north" if i % 3 else "south" for i in range(30)]
    told = [{**one, "segments": [{"name": "shop", "value": shop}]} for one, shop in zip(values, shops, strict=True)]
    submit(sdk, path, told, modelId=service.model_id)
    for name in ("north", "south"):
        inside = [one for one, shop in zip(values, shops, strict=True) if shop == name]
        found = sdk.read(f"{path}summary/", segmentAttribute="shop", segmentValue=name)["metric"]
        assert (found["value"], found["sampleCount"]) == together("average", inside)


def test_a_metric_is_listed_changed_and_deleted(sdk: Wire, cli: Wire) -> None:
    service = churn_service(cli)
    paths = [create(sdk, service, f"metric {i}") for i in range(3)]
    found = sdk.pages(service.path("customMetrics"), limit=2)
    assert [service.path("customMetrics", item["id"]) for item in found] == paths
    sdk.patch(paths[0], {"name": "renamed", "units": "%"})
    assert [sdk.read(paths[0])[key] for key in ("name", "units")] == ["renamed", "%"]
    sdk.delete(paths[0])
    status, message = sdk.refused("GET", paths[0])
    assert (status, "Custom metric not found" in message) == (404, True)
