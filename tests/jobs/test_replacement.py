"""Replacements beside jobs, beside each other, beside readers, and killed on the way: what is seen is one version."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.effort import SOAK
from tests.http.versions import abandon, commit, committed, figures, opened, path_of, versions
from tests.jobs.interruption import Interrupted
from tests.material import (
    Ready,
    Serve,
    binary_block,
    binary_rows,
    file_of,
    new_batch,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
    upload,
)
from tests.serving import Served, told

from assay.jobs.worker import Worker
from assay.records.limits import Limits

ROOT = Path(__file__).parents[2]
AT = {"timestamp": "2026-03-02T08:30:00Z"}
SEGMENTS = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}
OLD, NEW = binary_rows(1, 50), binary_rows(2, 70, shift=0.4)
KNOWN = {i: t for rows in (OLD, NEW) for i, t in zip(rows["id"].to_list(), rows["target"].to_list(), strict=True)}


def fill(server: Served, ready: Ready, batch_id: str, *, new: bool) -> None:
    rows = NEW if new else OLD
    send_rows(server.owner, ready, binary_block(ready, rows, batch_id, **AT))
    send_requests(server.owner, ready, request_of(ready, batch_id, executionTime=2.0 if new else 1.0, **AT))


@pytest.fixture
def wholes(serve: Serve, binary: Ready) -> dict[str, dict[str, Any]]:
    """What pages tell of a batch that has had the old rows, or the new ones, from the beginning."""
    found = {}
    for new in (False, True):
        with serve() as server:
            batch = new_batch(server.owner, binary)
            fill(server, binary, batch, new=new)
            send_actuals(server.owner, binary, KNOWN)
            found["new" if new else "old"] = figures(server.owner, binary, batch)
    return found


def ready_to_commit(server: Served, ready: Ready) -> tuple[str, str]:
    """A batch of the old rows and its draft of the new ones, all computed."""
    batch = new_batch(server.owner, ready)
    fill(server, ready, batch, new=False)
    draft = opened(server.owner, ready, batch)
    fill(server, ready, draft, new=True)
    send_actuals(server.owner, ready, KNOWN)
    return batch, draft


def disturbed(server: Served, step: int, act: Callable[[], object], *, reading: bool) -> bool:
    """Run what is queued, with something done after a step of the worker; whether it came to that."""
    store = Interrupted(server.store, step, act, reading=reading)
    worker = Worker(replace(server.context, store=store))
    while worker.run_one():
        pass
    return store.happened


# ------------------------------------------------------------------ jobs that hold the draft's id


def require_exchanged(server: Served, ready: Ready, batch: str, wholes: dict[str, dict[str, Any]]) -> None:
    """The batch has the new content and its version the old one, wholly."""
    version = versions(server.owner, ready, batch)[1]["id"]
    assert figures(server.owner, ready, batch) == wholes["new"]
    assert figures(server.owner, ready, version) == wholes["old"]


@pytest.mark.parametrize("reading", [False, True])
@pytest.mark.parametrize("step", range(1, 9, 1 if SOAK else 2))
def test_accuracy_that_is_computed_during_a_commit_is_that_of_one_version(
    serve: Serve, binary: Ready, wholes: dict[str, dict[str, Any]], step: int, reading: bool
) -> None:
    with serve() as server:
        batch, _ = ready_to_commit(server, binary)
        # The same outcomes once more: both contents are to be computed anew, and the commit comes in between.
        data = [{"associationId": i, "actualValue": t} for i, t in KNOWN.items()]
        server.owner.post(binary.path("actuals", "fromJSON"), {"data": data})
        if not disturbed(server, step, lambda: commit(server.owner, binary, batch), reading=reading):
            committed(server, binary, batch)
        server.work()
        require_exchanged(server, binary, batch, wholes)


@pytest.mark.parametrize("reading", [False, True])
@pytest.mark.parametrize("step", range(1, 11, 1 if SOAK else 3))
def test_segments_that_are_profiled_during_a_commit_are_those_of_one_version(
    serve: Serve, binary: Ready, step: int, reading: bool
) -> None:
    with serve() as server:
        owner = server.owner
        batch, _ = ready_to_commit(server, binary)
        owner.patch(binary.path("settings"), SEGMENTS)
        if not disturbed(server, step, lambda: commit(owner, binary, batch), reading=reading):
            committed(server, binary, batch)
        server.work()
        north = {"segmentAttribute": "region", "segmentValue": "north"}
        version = versions(owner, binary, batch)[1]["id"]
        for batch_id, rows in ((batch, NEW), (version, OLD)):
            expected = rows["region"].to_list().count("north")
            found = owner.read(binary.path("featureDrift"), batchId=batch_id, **north)["data"]
            assert {one["sampleSize"] for one in found} == {expected}
            accuracy = owner.read(binary.path("accuracy"), batchId=batch_id, **north)["data"]
            assert accuracy[0]["sampleSize"] == expected


@pytest.mark.parametrize("step", [0, 1, 2])
def test_folding_that_was_asked_for_a_draft_is_harmless_after_the_commit(
    serve: Serve, binary: Ready, step: int
) -> None:
    with serve() as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        draft = opened(owner, binary, batch)
        # So many calls that folding is asked for.
        for number in range(40):
            send_rows(owner, binary, binary_block(binary, NEW[number : number + 1], draft, **AT))
        if step:
            assert disturbed(server, step, lambda: commit(owner, binary, batch), reading=False)
        else:
            commit(owner, binary, batch)
        server.work()
        other = new_batch(owner, binary)
        send_rows(owner, binary, binary_block(binary, NEW[:40], other, **AT))
        for page in ("featureDrift", "targetDrift", "predictionsOverBatch"):
            mine, theirs = (json.dumps(owner.read(binary.path(page), batchId=one)) for one in (batch, other))
            assert mine.replace(batch, "") == theirs.replace(other, "")


@pytest.mark.parametrize("kind", ["predictionDataExports", "actualsDataExports"])
@pytest.mark.parametrize("step", range(1, 8, 1 if SOAK else 2))
def test_an_export_during_a_commit_holds_one_version(serve: Serve, binary: Ready, step: int, kind: str) -> None:
    with serve() as server:
        owner = server.owner
        batch, _ = ready_to_commit(server, binary)
        made = owner.post(binary.path(kind), {"batchIds": [batch], "format": "csv"})
        disturbed(server, step, lambda: commit(owner, binary, batch), reading=True)
        server.work()
        (data,) = owner.read(binary.path(kind, made.json()["id"]))["data"]
        table = pl.read_csv(owner.get(f"datasets/{data['id']}/file/").content, infer_schema=False)
        (ids,) = [table[name].to_list() for name in table.columns if str(table[name][0])[:2] in {"1-", "2-"}]
        assert ids in (OLD["id"].to_list(), NEW["id"].to_list())


def test_a_large_upload_of_a_draft_counts_in_the_draft(
    serve: Serve, binary: Ready, wholes: dict[str, dict[str, Any]]
) -> None:
    with serve(limits=Limits(inline_upload_bytes=0, chunk_rows=16)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        fill(server, binary, batch, new=False)
        draft = opened(owner, binary, batch)
        content = file_of(NEW.with_columns(at=pl.lit(AT["timestamp"])))
        assert upload(owner, binary, draft, "k", content, timestampColumn="at").json()["state"] == "pending"
        answers: list[int] = []
        disturbed(server, 2, lambda: answers.append(commit(owner, binary, batch).status_code), reading=False)
        assert answers == [409]
        assert owner.read(path_of(binary, batch))["predictionsCount"] == OLD.height
        send_requests(owner, binary, request_of(binary, draft, executionTime=2.0, **AT))
        send_actuals(owner, binary, KNOWN)
        committed(server, binary, batch)
        require_exchanged(server, binary, batch, wholes)


@pytest.mark.parametrize("step", range(1, 7))
def test_a_draft_that_is_abandoned_while_its_upload_is_counted_leaves_nothing(
    serve: Serve, binary: Ready, step: int
) -> None:
    with serve(limits=Limits(inline_upload_bytes=0, chunk_rows=16)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        before = server.contents()
        upload(owner, binary, opened(owner, binary, batch), "k", file_of(NEW))
        disturbed(server, step, lambda: abandon(owner, binary, batch), reading=False)
        abandon(owner, binary, batch)
        server.work()
        after = server.contents()
        for table in ("uploads", "profiles", "prediction_keys", "batch_models", "blobs"):
            assert after[table] == before[table], table


# ------------------------------------------------------------------ at once


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls in threads that begin together; their answers in order."""
    barrier = threading.Barrier(len(calls))

    def begin(call: Callable[[], Any]) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(begin, calls))


@pytest.mark.parametrize("round_", range(12 if SOAK else 3))
def test_of_two_commits_at_once_one_commits_and_both_are_told_the_same(
    serve: Serve, binary: Ready, wholes: dict[str, dict[str, Any]], round_: int
) -> None:
    with serve() as server:
        batch, _ = ready_to_commit(server, binary)
        answers = at_once(*[lambda: commit(server.owner, binary, batch)] * 3)
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        server.work()
        require_exchanged(server, binary, batch, wholes)
        assert len(versions(server.owner, binary, batch)) == 2


@pytest.mark.parametrize("round_", range(12 if SOAK else 3))
def test_of_a_commit_and_an_abandonment_at_once_one_wins(
    serve: Serve, binary: Ready, wholes: dict[str, dict[str, Any]], round_: int
) -> None:
    with serve() as server:
        owner = server.owner
        batch, _ = ready_to_commit(server, binary)
        done, given_up = at_once(lambda: commit(owner, binary, batch), lambda: abandon(owner, binary, batch))
        assert sorted((done.status_code, given_up.status_code)) == [200, 409]
        server.work()
        assert figures(owner, binary, batch) == wholes["new" if done.status_code == 200 else "old"]


@pytest.mark.parametrize("round_", range(12 if SOAK else 3))
def test_of_replacements_opened_at_once_there_is_one(serve: Serve, binary: Ready, round_: int) -> None:
    with serve() as server:
        batch = new_batch(server.owner, binary)
        answers = at_once(*[lambda: server.owner.post(path_of(binary, batch, "replacement"))] * 4)
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize("round_", range(12 if SOAK else 3))
def test_rows_that_are_sent_during_a_commit_are_in_it_or_are_refused(serve: Serve, binary: Ready, round_: int) -> None:
    with serve() as server:
        owner = server.owner
        batch, draft = ready_to_commit(server, binary)
        blocks = [binary_block(binary, binary_rows(100 + i, 5), draft, **AT) for i in range(4)]

        def send(block: dict[str, Any]) -> Any:
            return owner.post(binary.path("predictionInputs", "fromJSON"), {"data": [block]})

        answers = at_once(lambda: commit(owner, binary, batch), *[lambda b=block: send(b) for block in blocks])
        assert answers[0].status_code == 200
        assert {answer.status_code for answer in answers[1:]} <= {202, 404}
        taken = sum(answer.status_code == 202 for answer in answers[1:])
        assert owner.read(path_of(binary, batch))["predictionsCount"] == NEW.height + 5 * taken
        found = owner.read(binary.path("featureDrift"), batchId=batch)["data"]
        assert {one["sampleSize"] for one in found} == {NEW.height + 5 * taken}
        assert answers[0].json()["predictionsCount"] == NEW.height + 5 * taken


def test_readers_see_one_version_or_the_other_and_never_some_of_both(
    serve: Serve, binary: Ready, wholes: dict[str, dict[str, Any]]
) -> None:
    with serve() as server:
        owner = server.owner
        batch, _ = ready_to_commit(server, binary)
        expected = {
            page: {json.dumps(whole[page], sort_keys=True) for whole in wholes.values()}
            for page in ("featureDrift", "targetDrift", "accuracy", "batchServiceStats", "predictionResults")
        }
        stop = threading.Event()
        wrong: list[str] = []
        seen: list[str] = []

        def read() -> None:
            while not stop.is_set():
                for page, wanted in expected.items():
                    text = json.dumps(owner.read(binary.path(page), batchId=batch), sort_keys=True)
                    text = text.replace(batch, "ID")
                    seen.append(text)
                    if text not in wanted:
                        wrong.append(text)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for number in range(6 if SOAK else 2):
                commit(owner, binary, batch)
                server.work()
                fill(server, binary, opened(owner, binary, batch), new=bool(number % 2))
                server.work()
            commit(owner, binary, batch)
            server.work()
        finally:
            stop.set()
            for reader in readers:
                reader.join()
        assert wrong == []
        assert len(set(seen)) > 1


# ------------------------------------------------------------------ killed on the way

KILLED = """
import os, signal, sys
import sqlalchemy as sa
from assay.monitoring.deployments import batch_versions
from tests.serving import opened, place_told

parts = opened(place_told(sys.argv[1]))
left = int(sys.argv[4])

def count(connection, cursor, statement, parameters, context, executemany):
    global left
    if statement.lstrip().upper().startswith(("UPDATE", "INSERT", "DELETE")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sa.event.listen(parts.store.engine, "before_cursor_execute", count)
with parts.store.snapshot() as tx:
    owner = tx.users.find("owner")
batch_versions.commit(parts.context, owner, sys.argv[2], sys.argv[3])
print("done", flush=True)
"""
# A commit writes less often than the last of these; it shows that every write has had its turn.
WRITES = [*range(1, 23, 1 if SOAK else 7), 60]


@pytest.mark.parametrize("write", WRITES)
def test_a_commit_whose_process_is_killed_at_any_write_has_not_happened(
    serve: Serve, binary: Ready, wholes: dict[str, dict[str, Any]], write: int
) -> None:
    with serve() as server:
        batch, draft = ready_to_commit(server, binary)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), *sys.path])}
        command = [sys.executable, "-c", KILLED, told(server.place), binary.id, batch, str(write)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ended.stdout == ("done\n" if write == WRITES[-1] else ""), ended.stderr
        if write != WRITES[-1]:
            assert ended.returncode == -9, ended.stderr
            assert server.owner.read(path_of(binary, batch, "replacement"))["id"] == draft
            assert figures(server.owner, binary, batch) == wholes["old"]
            assert figures(server.owner, binary, draft) == wholes["new"]
        committed(server, binary, batch)
        require_exchanged(server, binary, batch, wholes)


@pytest.mark.parametrize("step", range(1, 5))
def test_accuracy_follows_a_commit_though_workers_die(serve: Serve, binary: Ready, step: int) -> None:
    class Died(Exception):
        """The worker is gone."""

    def die() -> None:
        raise Died

    with serve() as server:
        owner = server.owner
        first, batch = new_batch(owner, binary), new_batch(owner, binary)
        send_rows(owner, binary, binary_block(binary, OLD, first))
        send_rows(owner, binary, binary_block(binary, OLD, batch))
        send_actuals(owner, binary, KNOWN)
        send_rows(owner, binary, binary_block(binary, NEW, opened(owner, binary, batch)))
        server.work()
        commit(owner, binary, batch)
        store = Interrupted(server.store, step, die)
        worker = Worker(replace(server.context, store=store))
        try:
            while worker.run_one():
                pass
        except Died:
            pass
        clock = server.context.clock
        later = replace(server, context=replace(server.context, clock=lambda: clock() + timedelta(hours=1)))
        later.work()
        for one, rows in ((first, OLD.height), (batch, NEW.height)):
            assert owner.read(binary.path("accuracy"), batchId=one)["data"][0]["sampleSize"] == rows
