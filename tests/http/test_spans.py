"""Figures over spans of time, against numpy and scikit-learn on the rows of the same spans."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn import metrics
from tests.http import reference
from tests.http.reference import as_floats
from tests.material import (
    CLASSES,
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

FIRST = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
ROWS = 900


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def at(hours: float) -> str:
    return (FIRST + timedelta(hours=hours)).isoformat()


def timed_rows(seed: int = 71, hours: int = 96, rows: int = ROWS) -> pl.DataFrame:
    """Rows of the binary model over some days; later ones are older people."""
    rng = np.random.default_rng(seed)
    offsets = np.sort(rng.uniform(0, hours, rows))
    frame = binary_rows(seed, rows)
    moments = [FIRST + timedelta(seconds=int(h * 3600)) for h in offsets]
    return frame.with_columns(
        pl.Series("at", [m.isoformat() for m in moments]),
        pl.Series("hour", offsets),
        (pl.col("age") + pl.Series(offsets) / 8).round(6).alias("age"),
    )


def of_hours(rows: pl.DataFrame, start: float, end: float) -> pl.DataFrame:
    return rows.filter((pl.col("hour") >= start) & (pl.col("hour") < end))


def sent_as_file(user: User, ready: Ready, rows: pl.DataFrame, batch_id: str | None = None, key: str = "f") -> str:
    batch = batch_id or new_batch(user, ready)
    answer = upload(user, ready, batch, key, file_of(rows.drop("hour")), timestampColumn="at")
    user.finished(answer)
    return batch


def age_drift(ready: Ready, rows: pl.DataFrame) -> float:
    cells = reference.numeric_cells(as_floats(ready.training["age"].to_list()), as_floats(rows["age"].to_list()))
    return reference.distances(*cells)["psi"]


def outcomes(rows: pl.DataFrame, column: str = "target") -> dict[str, Any]:
    return dict(zip(rows["id"].to_list(), rows[column].to_list(), strict=True))


def periods(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(b["period"]["start"], b["period"]["end"]) for b in found["buckets"]]


def short(moment: str) -> str:
    return moment.replace("+00:00", "Z")


SIZES = [
    # bucket size, span in hours, hours at which its buckets begin
    ("P1D", (0, 96), [0, 24, 48, 72]),
    ("P1D", (24, 72), [24, 48]),
    ("P7D", (0, 96), [0]),
    ("P7D", (-48, 96), [-48, 0]),
    ("P1M", (-48, 96), [-48, -24]),
    ("PT1H", (24, 27), [24, 25, 26]),
    ("P1D", (30, 61), [30, 48]),
]


@pytest.mark.parametrize(("size", "span", "begins"), SIZES)
def test_drift_over_time_is_that_of_the_rows_of_each_bucket(
    owner: User, binary: Ready, size: str, span: tuple[int, int], begins: list[int]
) -> None:
    rows = timed_rows()
    sent_as_file(owner, binary, rows)
    found = owner.read(
        binary.path("featureDriftOverTime"),
        featureNames="age,region",
        bucketSize=size,
        start=at(span[0]),
        end=at(span[1]),
    )
    ends = [*begins[1:], span[1]]
    expected = [(short(at(b)), short(at(e))) for b, e in zip(begins, ends, strict=True)]
    assert periods(found) == [p for p in expected for _ in range(2)]
    ages = [b for b in found["buckets"] if b["featureName"] == "age"]
    for bucket, begin, end in zip(ages, begins, ends, strict=True):
        mine = of_hours(rows, begin, end)
        assert bucket["sampleSize"] == mine.height
        assert bucket["driftScore"] == (near(age_drift(binary, mine)) if mine.height else None)
    (summary, _) = found["summaries"]
    assert summary["driftScore"] == near(age_drift(binary, of_hours(rows, *span)))
    assert summary["sampleSize"] == of_hours(rows, *span).height


@pytest.mark.parametrize("span", [(0, 96), (24, 48), (5, 90), (47.5, 48.5)])
def test_a_page_over_a_span_is_that_of_its_rows(owner: User, binary: Ready, span: tuple[float, float]) -> None:
    rows = timed_rows()
    sent_as_file(owner, binary, rows)
    mine = of_hours(rows, *span)
    asked = {"start": at(span[0]), "end": at(span[1])}
    items = {item["name"]: item for item in owner.read(binary.path("featureDrift"), **asked)["data"]}
    assert items["age"]["driftScore"] == near(age_drift(binary, mine))
    assert items["region"]["sampleSize"] == mine.height
    target = owner.read(binary.path("targetDrift"), **asked)
    cells = reference.numeric_cells(binary.holdout["score"].to_numpy(), mine["score"].to_numpy())
    assert target["driftScore"] == near(reference.distances(*cells)["psi"])
    assert target["period"] == {"start": short(asked["start"]), "end": short(asked["end"])}


def test_a_span_and_batches_keep_the_rows_that_are_in_both(owner: User, binary: Ready) -> None:
    one, other = timed_rows(71), timed_rows(72)
    batch = sent_as_file(owner, binary, one)
    sent_as_file(owner, binary, other)
    found = owner.read(binary.path("targetDrift"), start=at(24), end=at(72), batchId=batch)
    assert found["sampleSize"] == of_hours(one, 24, 72).height
    both = owner.read(binary.path("targetDrift"), start=at(24), end=at(72))
    assert both["sampleSize"] == of_hours(one, 24, 72).height + of_hours(other, 24, 72).height


def test_spans_come_from_buckets_of_any_age_after_folding(served: Served, binary: Ready) -> None:
    owner = served.owner
    rows = timed_rows(73, hours=48, rows=400)
    batch = new_batch(owner, binary)
    for i in range(40):
        part = rows.slice(i * 10, 10)
        block = binary_block(binary, part, batch, timestamp=str(part["at"][0]))
        send_rows(owner, binary, block)
    served.work()
    # Each block has one time, that of its first row.
    timed = rows.with_columns(pl.Series("hour", np.repeat(rows["hour"].to_numpy()[::10], 10)))
    found = owner.read(binary.path("featureDriftOverTime"), featureNames="age", start=at(0), end=at(48))
    assert [b["sampleSize"] for b in found["buckets"]] == [
        of_hours(timed, 0, 24).height,
        of_hours(timed, 24, 48).height,
    ]
    assert found["buckets"][1]["driftScore"] == near(age_drift(binary, of_hours(timed, 24, 48)))


def test_accuracy_over_time_is_that_of_the_rows_of_each_bucket(owner: User, binary: Ready) -> None:
    rows = timed_rows()
    sent_as_file(owner, binary, rows)
    send_actuals(owner, binary, outcomes(rows.filter(pl.col("hour") < 80)))
    asked = {"start": at(0), "end": at(96), "metric": "AUC"}
    found = owner.read(binary.path("accuracyOverTime"), **asked)
    for day, bucket in enumerate(found["buckets"]):
        mine = of_hours(rows, 24 * day, min(24 * day + 24, 80))
        assert bucket["sampleSize"] == mine.height
        assert bucket["value"] == near(metrics.roc_auc_score(mine["target"] == "yes", mine["score"]))
    whole = of_hours(rows, 0, 80)
    assert found["summary"]["value"] == near(metrics.roc_auc_score(whole["target"] == "yes", whole["score"]))
    assert found["summary"]["period"] == {"start": short(at(0)), "end": short(at(96))}
    assert found["baseline"]["value"] == near(
        metrics.roc_auc_score(binary.holdout["target"] == "yes", binary.holdout["score"])
    )
    cut = owner.read(binary.path("accuracyOverTime"), start=at(30), end=at(33), bucketSize="PT1H", metric="LogLoss")
    for hour, bucket in enumerate(cut["buckets"], start=30):
        mine = of_hours(rows, hour, hour + 1)
        assert bucket["value"] == near(metrics.log_loss(mine["target"] == "yes", mine["score"]))


def test_accuracy_of_a_span_follows_corrections(owner: User, binary: Ready) -> None:
    rows = timed_rows()
    sent_as_file(owner, binary, rows)
    send_actuals(owner, binary, dict.fromkeys(rows["id"], "no"))
    send_actuals(owner, binary, outcomes(rows))
    items = {i["metricName"]: i for i in owner.read(binary.path("accuracy"), start=at(24), end=at(48))["data"]}
    mine = of_hours(rows, 24, 48)
    expected = reference.binary_accuracy((mine["target"] == "yes").to_numpy(), mine["score"].to_numpy())
    assert {name: items[name]["value"] for name in expected} == {name: near(v) for name, v in expected.items()}


def test_predictions_over_time_are_those_of_each_bucket(owner: User, binary: Ready) -> None:
    rows = timed_rows()
    sent_as_file(owner, binary, rows)
    found = owner.read(binary.path("predictionsOverTime"), start=at(0), end=at(96), targetClass="yes")
    for day, bucket in enumerate(found["buckets"]):
        mine = of_hours(rows, 24 * day, 24 * day + 24)
        labels = ["yes" if s >= 0.5 else "no" for s in mine["score"]]
        assert bucket["rowCount"] == mine.height
        assert bucket["classDistribution"] == reference.distribution(labels, CLASSES)[:1]
        assert bucket["meanProbabilities"] == [{"className": "yes", "value": near(float(mine["score"].mean()))}]


def test_predictions_against_actuals_over_time(owner: User, regression: Ready) -> None:
    first, second = regression_rows(81, 120), regression_rows(82, 80)
    batch = new_batch(owner, regression)
    send_rows(owner, regression, regression_block(regression, first, batch, timestamp=at(1)))
    send_rows(owner, regression, regression_block(regression, second, timestamp=at(25)))
    send_actuals(owner, regression, outcomes(first.head(100), "amount") | outcomes(second.head(10), "amount"))
    found = owner.read(regression.path("predictionsVsActualsOverTime"), start=at(0), end=at(72))
    one, two, three = found["buckets"]
    assert (one["rowCountTotal"], one["rowCountWithActual"]) == (120, 100)
    assert (two["rowCountTotal"], two["rowCountWithActual"]) == (80, 10)
    assert (three["rowCountTotal"], three["rowCountWithActual"]) == (0, 0)
    assert one["meanPredictedValue"] == near(float(first.head(100)["predicted"].mean()))
    assert two["meanActualValue"] == near(float(second.head(10)["amount"].mean()))
    assert found["summary"] == {"rowCountTotal": 200, "rowCountWithActual": 110}


def test_service_figures_over_time(owner: User, binary: Ready) -> None:
    batch = new_batch(owner, binary)
    times = [10.0, 20.0, 2000.0, 40.0]
    for hour, ms in zip([1, 1.005, 25, 26], times, strict=True):
        record = request_of(binary, batch, timestamp=at(hour), executionTime=ms, numPredictions=5)
        send_requests(owner, binary, record)
    send_requests(owner, binary, request_of(binary, None, timestamp=at(50), userError=True))
    found = owner.read(binary.path("serviceStats"), start=at(0), end=at(72))
    assert found["period"] == {"start": short(at(0)), "end": short(at(72))}
    figures = found["metrics"]
    assert (figures["totalPredictions"], figures["totalRequests"], figures["slowRequests"]) == (21, 5, 1)
    assert figures["executionTime"] == np.quantile(times, 0.5)
    assert (figures["userErrorRate"], figures["numConsumers"]) == (0.2, 1)
    # Two of the 4,320 minutes had two and one request; most had none.
    assert (figures["medianLoad"], figures["peakLoad"]) == (0.0, 2)
    by_day = owner.read(binary.path("serviceStatsOverTime"), start=at(0), end=at(72), metric="totalRequests")
    assert [b["value"] for b in by_day["buckets"]] == [2, 2, 1]
    assert by_day["summary"]["value"] == 5
    nobodys = {"segmentAttribute": "DataRobot-Consumer", "segmentValue": "somebody else"}
    mine = {"segmentAttribute": "DataRobot-Consumer", "segmentValue": "owner"}
    asked = {"start": at(0), "end": at(72)}
    assert owner.read(binary.path("serviceStats"), **asked, **nobodys)["metrics"]["totalRequests"] == 0
    assert owner.read(binary.path("serviceStats"), **asked, **mine)["metrics"]["totalRequests"] == 5


def test_the_last_seven_days_are_shown_unless_told(owner: User, binary: Ready) -> None:
    rows = binary_rows(83, 50)
    send_rows(owner, binary, binary_block(binary, rows))
    found = owner.read(binary.path("predictionsOverTime"))
    spans = [
        datetime.fromisoformat(b["period"]["end"]) - datetime.fromisoformat(b["period"]["start"])
        for b in found["buckets"]
    ]
    assert set(spans) == {timedelta(days=1)}
    assert len(spans) == 8
    assert [b["rowCount"] for b in found["buckets"]] == [0] * 7 + [50]


def test_a_deployment_without_batches_shows_its_last_seven_days(owner: User, binary: Ready) -> None:
    old, new = binary_rows(84, 40), binary_rows(85, 60)
    send_rows(owner, binary, binary_block(binary, old, timestamp=at(0)))
    send_rows(owner, binary, binary_block(binary, new))
    assert owner.read(binary.path("targetDrift"))["sampleSize"] == 100
    owner.finished(owner.patch(binary.path("settings"), {"batchMonitoring": {"enabled": False}}))
    assert owner.read(binary.path("targetDrift"))["sampleSize"] == 60


def test_a_deleted_batch_leaves_every_span(served: Served, binary: Ready) -> None:
    owner = served.owner
    rows = timed_rows()
    batch = sent_as_file(owner, binary, rows)
    send_actuals(owner, binary, outcomes(rows))
    assert owner.delete(binary.path("monitoringBatches", batch)).status_code == 200
    served.work()
    asked = {"start": at(0), "end": at(96)}
    assert owner.read(binary.path("targetDrift"), **asked)["sampleSize"] == 0
    assert owner.read(binary.path("accuracyOverTime"), **asked)["summary"]["sampleSize"] == 0


def test_rows_that_are_not_kept_can_be_cut_no_finer_than_their_buckets(owner: User, binary: Ready) -> None:
    owner.finished(owner.patch(binary.path("settings"), {"predictionsDataCollection": {"enabled": False}}))
    rows = timed_rows()
    sent_as_file(owner, binary, rows)
    whole = owner.read(binary.path("featureDriftOverTime"), featureNames="age", start=at(0), end=at(96))
    assert [b["sampleSize"] for b in whole["buckets"]] == [of_hours(rows, d, d + 24).height for d in (0, 24, 48, 72)]
    answer = owner.get(binary.path("featureDriftOverTime"), featureNames="age", start=at(0), end=at(30))
    assert answer.status_code == 422
    assert "not kept" in answer.json()["message"]
    assert "P1D" in answer.json()["message"]


def test_buckets_of_an_hour_need_no_kept_rows(owner: User, binary: Ready) -> None:
    settings = {"predictionsDataCollection": {"enabled": False}, "timeBuckets": {"size": "PT1H"}}
    owner.finished(owner.patch(binary.path("settings"), settings))
    assert owner.read(binary.path("settings"))["timeBuckets"] == {"size": "PT1H"}
    rows = timed_rows()
    sent_as_file(owner, binary, rows)
    found = owner.read(
        binary.path("featureDriftOverTime"), featureNames="age", start=at(20), end=at(30), bucketSize="PT1H"
    )
    assert [b["sampleSize"] for b in found["buckets"]] == [of_hours(rows, h, h + 1).height for h in range(20, 30)]


def test_no_call_reads_more_rows_again_than_the_limit(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(max_rows_read_again=100)) as served:
        rows = timed_rows()
        sent_as_file(served.owner, binary, rows)
        for page in ("featureDriftOverTime", "accuracyOverTime"):
            answer = served.owner.get(binary.path(page), featureNames="age", start=at(0), end=at(30))
            assert answer.status_code == (422 if page == "featureDriftOverTime" else 200)
        send_actuals(served.owner, binary, outcomes(rows))
        answer = served.owner.get(binary.path("accuracyOverTime"), start=at(0), end=at(30))
        assert answer.status_code == 422
        assert "at most 100" in answer.json()["message"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"start": "soon"}, "expected a time"),
        ({"start": "2026-03-02", "end": "2026-03-02"}, "before the end"),
        ({"start": "1990-01-01", "end": "2026-01-01", "bucketSize": "PT1H"}, "more than 10,000 buckets"),
        ({"bucketSize": "P2D"}, "P1D"),
    ],
)
def test_a_span_that_is_none_is_refused(owner: User, binary: Ready, params: dict[str, str], message: str) -> None:
    answer = owner.get(binary.path("predictionsOverTime"), **params)
    assert answer.status_code == 422
    assert message in answer.json()["message"]
