"""Custom metrics of the command line program (CLIENTS.md 2.8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.workflows.commands import Deployed, churn_service, recently
from tests.workflows.figures import near
from tests.workflows.wire import Wire

ROWS_A_CALL = 10_000


@pytest.fixture(scope="module")
def service(cli: Wire) -> Deployed:
    return churn_service(cli)


def create(cli: Wire, service: Deployed, name: str, **fields: Any) -> str:
    body = {"name": name, "units": "EUR", "type": "average", "isModelSpecific": True, **fields}
    return str(cli.post(service.path("customMetrics"), body).json()["id"])


def tomorrow() -> str:
    """Until when the program asks: the full hour of tomorrow."""
    return f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:00:00Z}"


def figure(cli: Wire, service: Deployed, metric_id: str) -> dict[str, Any]:
    found = cli.read(service.path("customMetrics", metric_id, "summary"), modelId=service.model_id, end=tomorrow())
    return dict(found["metric"])


def report(cli: Wire, service: Deployed, metric_id: str, values: list[tuple[str, float]]) -> None:
    path = service.path("customMetrics", metric_id, "fromJSON")
    for start in range(0, len(values), ROWS_A_CALL):
        buckets = [{"timestamp": at, "value": value} for at, value in values[start : start + ROWS_A_CALL]]
        cli.report(path, {"modelId": service.model_id, "buckets": buckets})


def some_values(count: int) -> list[tuple[str, float]]:
    rng = np.random.default_rng(0)
    at = recently(hours=40)
    return [(f"{at + timedelta(seconds=i):%Y-%m-%d %H:%M:%S}", float(v)) for i, v in enumerate(rng.normal(5, 2, count))]


@pytest.mark.parametrize("kind", ["sum", "average", "gauge"])
def test_each_value_counts_once_whatever_becomes_of_them_together(cli: Wire, service: Deployed, kind: str) -> None:
    metric_id, values = create(cli, service, f"a {kind}", type=kind), some_values(700)
    report(cli, service, metric_id, values)
    numbers = np.array([value for _, value in values])
    expected = {"sum": numbers.sum(), "average": numbers.mean(), "gauge": numbers[-1]}[kind]
    found = figure(cli, service, metric_id)
    assert (found["id"], found["name"]) == (metric_id, f"a {kind}")
    assert found["value"] == near(float(expected))
    assert found["sampleCount"] == (1 if kind == "gauge" else 700)


def test_a_large_file_of_values_comes_in_calls_of_ten_thousand(cli: Wire, service: Deployed) -> None:
    metric_id, values = create(cli, service, "large", type="sum"), some_values(12_345)
    report(cli, service, metric_id, values)
    found = figure(cli, service, metric_id)
    assert (found["sampleCount"], found["value"]) == (12_345, near(float(np.sum([v for _, v in values]))))


def test_times_are_read_as_they_stand_in_the_file(cli: Wire, service: Deployed) -> None:
    metric_id = create(cli, service, "times", type="sum")
    day = recently(days=1)
    shapes = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f+0000", "%Y-%m-%dT%H:%M"]
    report(cli, service, metric_id, [(f"{day:{shape}}", 10.0**i) for i, shape in enumerate(shapes)])
    assert figure(cli, service, metric_id)["value"] == 11_111.0


def test_metrics_are_listed_by_twenty_to_the_end(cli: Wire) -> None:
    service = churn_service(cli)
    made = [create(cli, service, f"metric {i}") for i in range(23)]
    found = cli.pages(service.path("customMetrics"), offset=0, limit=20)
    assert [item["id"] for item in found] == made
    for item in found:
        assert {"id", "name", "units", "isModelSpecific", "type", "timeStep"} <= item.keys()


def test_a_metric_without_values_has_none_and_not_zero(cli: Wire, service: Deployed) -> None:
    found = figure(cli, service, create(cli, service, "empty", type="sum"))
    assert (found["value"], found["sampleCount"]) == (None, 0)
