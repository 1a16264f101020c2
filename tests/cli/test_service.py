import pytest
from tests.cli.conftest import Assay, fits
from tests.client.wire import BATCH, DEPLOYMENT, Reply, Wire, batch, deployment, page, service_stats

STATS = f"deployments/{DEPLOYMENT}/batchServiceStats/"


@pytest.fixture
def ready(wire: Wire) -> Wire:
    wire.on("GET", "deployments/", page(deployment()))
    wire.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch()))
    wire.on("GET", STATS, Reply(json=service_stats()))
    return wire


def test_every_figure_stands_with_what_it_is_of(ready: Wire, assay: Assay) -> None:
    run = assay("batch health 2013-07 --slow-ms 500")
    assert fits(run)
    assert run.lines[0] == "Service health of batch '2013-07': passing - 12 requests without errors."
    flat = [" ".join(line.split()) for line in run.lines[1:]]
    assert flat == [
        "rows 27,004, 2013-07-01 05:00 to 2013-07-31 23:59 UTC",
        "requests 12, with 27,004 predictions",
        "user errors 0.0 % of 12 requests",
        "server errors 8.3 % of 12 requests",
        "over 500 ms 1 of 12 requests",
        "execution time 812 ms, median of 12 requests",
    ]
    assert ready.calls[-1].query == {"batchId": [BATCH], "slowRequestsThreshold": ["500"]}


def test_without_requests_nothing_is_said_about_them(ready: Wire, assay: Assay) -> None:
    ready.on("GET", f"deployments/{DEPLOYMENT}/monitoringBatches/", page(batch(predictionsCount=0, serviceHealth=None)))
    ready.on("GET", STATS, Reply(json=service_stats(totalRequests=0, totalPredictions=0, executionTime=None)))
    run = assay("batch health 2013-07")
    assert run.lines[0] == "Service health of batch '2013-07': unknown"
    assert [line.split() for line in run.lines[1:]] == [["requests", "none", "reported"]]


def test_json_is_the_servers_answer(ready: Wire, assay: Assay) -> None:
    assert assay("batch health 2013-07 --json").json == service_stats()
