"""Drift of text by its words and of dates as numbers, through every door, against a count by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.http import reference
from tests.http.reference import as_floats
from tests.material import FORMS, Ready, deployed, features_of, file_of, new_batch, send_rows, upload
from tests.serving import Served, User, serving

DISTANCES = ("psi", "kl_divergence", "js_divergence", "hellinger", "dissimilarity")
WORDS = ["crew", "late", "gate", "Snow!", "été", "wing-tip", "fuel", "code 7", "de_iced", "again"]
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = {"name": "delay", "type": "Regression", "predictionProbabilitiesColumn": "said"}


def rows(seed: int, count: int, *, common: str = "gate", later: int = 0) -> pl.DataFrame:
    """Notes of four to nine words, one of them ``common`` in every second row; a few are empty or missing."""
    random = np.random.default_rng(seed)
    notes: list[str | None] = []
    for i in range(count):
        said = [*random.choice(WORDS, random.integers(3, 8)), f"n{seed}{i}", *([common] if i % 2 else [])]
        notes.append(None if i % 25 == 7 else "" if i % 50 == 9 else " ".join(said))
    moments = [START + timedelta(days=later, seconds=int(s)) for s in random.integers(0, 5_000_000, count)]
    delay = random.normal(10.0, 4.0, count).round(3)
    return pl.DataFrame(
        {
            "note": pl.Series(notes, dtype=pl.String),
            "when": [None if i % 30 == 4 else moment for i, moment in enumerate(moments)],
            "delay": delay,
            "said": (delay + 1.0).round(3),
            "id": [f"{seed}-{i}" for i in range(count)],
        }
    )


def as_written(frame: pl.DataFrame) -> pl.DataFrame:
    """The same with times as text, as CSV and JSON have them."""
    return frame.with_columns(pl.col("when").dt.strftime("%Y-%m-%dT%H:%M:%S%:z"))


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Ready]]:
    with serving(tmp_path_factory.mktemp("noted")) as server:
        training = as_written(rows(1, 400)).drop("id", "said")
        yield server, deployed(server.owner, TARGET, training, as_written(rows(2, 100)).drop("id"))


@pytest.fixture
def user(noted: tuple[Served, Ready]) -> User:
    return noted[0].owner


@pytest.fixture
def ready(noted: tuple[Served, Ready]) -> Ready:
    return noted[1]


def seconds(frame: pl.DataFrame) -> Any:
    return as_floats([None if moment is None else moment.timestamp() for moment in frame["when"]])


def empty_as_missing(frame: pl.DataFrame) -> list[str | None]:
    """A field without anything in it is no value: CSV cannot tell the two apart."""
    return [text or None for text in frame["note"]]


def expected(current: pl.DataFrame) -> dict[str, dict[str, float]]:
    training = rows(1, 400)
    return {
        "note": reference.distances(*reference.word_cells(empty_as_missing(training), empty_as_missing(current))),
        "when": reference.distances(*reference.numeric_cells(seconds(training), seconds(current))),
    }


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def drift_of(user: User, ready: Ready, **params: Any) -> dict[str, Any]:
    return {item["name"]: item for item in user.read(ready.path("featureDrift"), **params)["data"]}


def send(user: User, ready: Ready, frame: pl.DataFrame, batch: str, door: str) -> None:
    if door == "json":
        block = {
            "modelId": ready.model_id,
            "batchId": batch,
            "features": features_of(as_written(frame), "note", "when"),
            "predictions": frame["said"].to_list(),
            "associationIds": frame["id"].to_list(),
        }
        send_rows(user, ready, block)
        return
    content = file_of(as_written(frame) if door == "csv" else frame, door)
    user.finished(upload(user, ready, batch, "rows", content, door, predictionColumns="said"))


@pytest.mark.parametrize("door", ["json", *FORMS])
def test_text_and_dates_drift_by_every_door(user: User, ready: Ready, door: str) -> None:
    current = rows(3, 250, common="snow", later=20)
    batch = new_batch(user, ready, batchName=door)
    send(user, ready, current, batch, door)
    for metric in DISTANCES:
        found = drift_of(user, ready, batchId=batch, metric=metric)
        assert {name: found[name]["driftScore"] for name in found} == {
            name: near(scores[metric]) for name, scores in expected(current).items()
        }
    assert (found["note"]["featureType"], found["when"]["featureType"]) == ("Text", "Date")
    missing = sum(text is None for text in empty_as_missing(current))
    for name, gone in (("note", missing), ("when", current["when"].null_count())):
        assert (found[name]["sampleSize"], found[name]["baselineSampleSize"]) == (250, 400)
        assert found[name]["missingRate"] == gone / 250


def test_psi_of_dates_has_an_interval_and_that_of_text_has_none(user: User, ready: Ready) -> None:
    batch = new_batch(user, ready)
    send(user, ready, rows(4, 120), batch, "csv")
    found = drift_of(user, ready, batchId=batch)
    assert (found["note"]["low"], found["note"]["high"]) == (None, None)
    assert found["when"]["low"] <= max(found["when"]["driftScore"], 0.0)
    assert found["when"]["high"] > 0.0


def test_text_and_dates_drift_batch_by_batch_and_over_batches_together(user: User, ready: Ready) -> None:
    parts = [rows(5, 90, common="crew"), rows(6, 60, later=40)]
    batches = [new_batch(user, ready, batchName=str(i)) for i in range(2)]
    for batch, frame, door in zip(batches, parts, ("json", "parquet"), strict=True):
        send(user, ready, frame, batch, door)
    page = user.read(ready.path("featureDriftOverBatch"), featureNames="when,note", batchId=batches)
    assert [(b["batch"]["id"], b["featureName"]) for b in page["buckets"]] == [
        (batch, name) for batch in batches for name in ("when", "note")
    ]
    for bucket in page["buckets"]:
        frame = parts[batches.index(bucket["batch"]["id"])]
        assert bucket["driftScore"] == near(expected(frame)[bucket["featureName"]]["psi"])
        assert bucket["sampleSize"] == frame.height
    together = drift_of(user, ready, batchId=batches)
    whole = expected(pl.concat(parts))
    assert {name: together[name]["driftScore"] for name in together} == {n: near(s["psi"]) for n, s in whole.items()}


def test_numbers_are_texts_and_what_is_no_date_is_counted_as_unreadable(user: User, ready: Ready) -> None:
    batch = new_batch(user, ready)
    block = {
        "modelId": ready.model_id,
        "batchId": batch,
        "features": [
            {"name": "note", "values": [7, "late again", None, True]},
            {"name": "when", "values": ["2026-01-05", "soon", None, "2026-01-06T10:00:00+02:00"]},
        ],
        "predictions": [1.0, 2.0, 3.0, 4.0],
        "associationIds": ["a", "b", "c", "d"],
    }
    send_rows(user, ready, block)
    found = drift_of(user, ready, batchId=batch)
    notes = ["7", "late again", None, "true"]
    training = empty_as_missing(rows(1, 400))
    assert found["note"]["driftScore"] == near(reference.distances(*reference.word_cells(training, notes))["psi"])
    assert (found["note"]["missingRate"], found["when"]["missingRate"]) == (0.25, 0.5)
    content = b"note,when,said,id\nlate again,soon,1.0,e\n"
    answer = upload(user, ready, batch, "odd", content, "csv", predictionColumns="said")
    user.finished(answer)
    report = user.read(ready.path("monitoringBatches", batch, "uploads", "odd"))
    assert report["unreadable"] == {"when": 1}


def test_a_batch_without_its_text_column_counts_as_missing(user: User, ready: Ready) -> None:
    batch = new_batch(user, ready)
    content = file_of(as_written(rows(8, 20)).drop("note"))
    user.finished(upload(user, ready, batch, "rows", content, predictionColumns="said"))
    assert drift_of(user, ready, batchId=batch)["note"]["missingRate"] == 1.0
