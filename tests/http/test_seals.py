"""The seal of a locked batch: what it holds in one hash, checked anew whenever somebody asks."""

import hashlib
import json
import threading
from typing import Any

import pytest
import sqlalchemy as sa
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
from tests.serving import Served, User

from assay.records.jobs import JobState
from assay.records.limits import Limits
from assay.storage.sql.tables import batches, jobs, profiles, seals, uploads


def lock(user: User, ready: Ready, batch: str, *, locked: bool = True) -> Any:
    return user.patch(ready.path("monitoringBatches", batch), {"isLocked": locked})


def seal_of(user: User, ready: Ready, batch: str) -> dict[str, Any]:
    return dict(user.read(ready.path("monitoringBatches", batch, "seal")))


def changed(server: Served, statement: Any) -> None:
    """Change the database behind the server's back."""
    with server.store.engine.connect() as connection:
        assert connection.execute(statement).rowcount > 0


@pytest.fixture
def sealed(owner: User, binary: Ready, batch: str) -> str:
    rows = binary_rows(7, 40)
    send_rows(owner, binary, binary_block(binary, rows[:15], batch))
    assert upload(owner, binary, batch, "file", file_of(rows[15:])).status_code == 202
    send_requests(owner, binary, request_of(binary, batch, userError=True), request_of(binary, batch))
    assert lock(owner, binary, batch).status_code == 200
    return batch


def test_a_seal_is_the_hash_of_what_the_batch_holds(owner: User, served: Served, binary: Ready, batch: str) -> None:
    rows, path = binary_rows(7, 40), binary.path("predictionInputs", "fromJSON")
    body = json.dumps({"data": [binary_block(binary, rows[:15], batch)]}).encode()
    headers = {"Content-Type": "application/json"}
    assert owner.request("POST", path, content=body, headers=headers).status_code == 202
    upload(owner, binary, batch, "file", file_of(rows[15:]))
    send_requests(owner, binary, request_of(binary, batch, userError=True), request_of(binary, batch))
    lock(owner, binary, batch)

    seal = seal_of(owner, binary, batch)
    content = json.loads(seal["content"])
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert seal["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert (seal["matches"], seal["differences"], seal["batchId"]) == (True, [], batch)
    assert seal["sealedBy"]["name"] == "owner"

    told = owner.read(binary.path("monitoringBatches", batch, "uploads"))["data"]
    by_json, by_file = (content["uploads"][one["id"]] for one in told)
    assert by_json == {
        "modelId": binary.model_id,
        "key": None,
        "contentHash": hashlib.sha256(body).hexdigest(),
        "rows": 15,
    }
    assert (by_file["key"], by_file["rows"]) == ("file", 25)
    assert by_file["contentHash"] == hashlib.sha256(file_of(rows[15:])).hexdigest()
    with served.store.snapshot() as tx:
        (model,) = tx.deployments.models(binary.id)
    assert content["models"] == {binary.model_id: {"baselineId": model.baseline_id, "predictionsCount": 40}}
    assert content["requests"] == {"count": 2, "userErrors": 1, "serverErrors": 0}
    assert content["settings"]["batch_monitoring"] is True


def test_what_goes_on_after_a_lock_leaves_the_seal_whole(owner: User, binary: Ready, sealed: str) -> None:
    rows = binary_rows(7, 40)
    send_actuals(owner, binary, dict(zip(rows["id"], rows["target"], strict=True)))
    owner.patch(binary.path("monitoringBatches", sealed), {"batchName": "another name", "description": "d"})
    send_rows(owner, binary, binary_block(binary, binary_rows(8, 5), new_batch(owner, binary)))
    assert seal_of(owner, binary, sealed)["matches"] is True


def test_other_settings_are_told_as_a_difference(owner: User, binary: Ready, sealed: str) -> None:
    owner.finished(owner.patch(binary.path("settings"), {"targetDrift": {"enabled": False}}))
    seal = seal_of(owner, binary, sealed)
    assert seal["matches"] is False
    assert seal["differences"] == [{"path": "settings.target_drift", "sealed": True, "found": False}]


def test_changes_behind_the_servers_back_are_found(owner: User, served: Served, binary: Ready, sealed: str) -> None:
    first, second = (u["id"] for u in owner.read(binary.path("monitoringBatches", sealed, "uploads"))["data"])
    changed(served, uploads.update().where(uploads.c.id == first).values(rows=14))
    changed(served, uploads.update().where(uploads.c.id == second).values(state="refused"))
    seal = seal_of(owner, binary, sealed)
    assert seal["matches"] is False
    found = {one["path"]: (one["sealed"], one["found"]) for one in seal["differences"]}
    assert found[f"uploads.{first}.rows"] == (15, 14)
    assert found[f"uploads.{second}.rows"] == (25, None)
    assert found[f"uploads.{second}.key"] == ("file", None)


def test_a_seal_that_was_written_anew_does_not_fit_its_hash(
    owner: User, served: Served, binary: Ready, sealed: str
) -> None:
    seal = seal_of(owner, binary, sealed)
    forged = seal["content"].replace('"rows":15', '"rows":14')
    changed(served, seals.update().where(seals.c.batch_id == sealed).values(content=forged))
    found = {one["path"]: one for one in seal_of(owner, binary, sealed)["differences"]}
    assert found["hash"]["sealed"] == seal["hash"]
    assert found["hash"]["found"] == hashlib.sha256(forged.encode()).hexdigest()


def test_equal_batches_have_seals_of_their_own(owner: User, binary: Ready) -> None:
    hashes = set()
    for _ in range(2):
        batch = new_batch(owner, binary, isLocked=True)
        hashes.add(seal_of(owner, binary, batch)["hash"])
    assert len(hashes) == 2


def test_an_open_batch_has_no_seal_and_unlocking_breaks_one(owner: User, binary: Ready, sealed: str) -> None:
    path = binary.path("monitoringBatches", sealed, "seal")
    first = seal_of(owner, binary, sealed)
    assert lock(owner, binary, sealed, locked=False).status_code == 200
    answer = owner.get(path)
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("Seal not found: batch 'a batch' is open.")
    assert lock(owner, binary, sealed).status_code == 200
    assert seal_of(owner, binary, sealed)["hash"] == first["hash"]


def test_locking_a_locked_batch_keeps_its_seal(owner: User, binary: Ready, sealed: str) -> None:
    before = seal_of(owner, binary, sealed)
    assert lock(owner, binary, sealed).status_code == 200
    assert seal_of(owner, binary, sealed) == before


def test_a_batch_locked_in_earlier_days_says_what_to_do(owner: User, served: Served, binary: Ready, batch: str) -> None:
    changed(served, batches.update().where(batches.c.id == batch).values(is_locked=True))
    answer = owner.get(binary.path("monitoringBatches", batch, "seal"))
    assert answer.status_code == 404
    assert "was locked before locks had seals. Unlock it and lock it again." in answer.json()["message"]


def test_a_stranger_can_neither_unlock_nor_see_a_seal(served: Served, binary: Ready, sealed: str) -> None:
    assert lock(served.stranger, binary, sealed, locked=False).status_code == 404
    assert served.stranger.get(binary.path("monitoringBatches", sealed, "seal")).status_code == 404
    assert seal_of(served.admin, binary, sealed)["matches"] is True


# ------------------------------------------------------------------ rows that are on their way


def test_a_job_that_finds_its_batch_locked_all_the_same_counts_nothing(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=100)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        upload(owner, binary, batch, "k", file_of(binary_rows(6, 40)))
        # By a server of an earlier version, which let a lock pass.
        changed(server, batches.update().where(batches.c.id == batch).values(is_locked=True))
        server.work()
        report = owner.read(binary.path("monitoringBatches", batch, "uploads", "k"))
        assert report["state"] == "refused"
        assert "'a batch' is locked" in report["message"]
        assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 0
        assert owner.read(binary.path("featureDrift"), batchId=batch)["data"][0]["sampleSize"] == 0
        with server.store.snapshot() as tx:
            held = sa.select(sa.func.count()).select_from(profiles).where(profiles.c.batch_id == batch)
            assert tx.users._connection.execute(held).scalar_one() == 0
        assert [b for b in server.contents()["blobs"] if b[0].startswith("incoming/")] == []


def test_an_upload_whose_job_has_failed_for_good_does_not_keep_a_batch_open(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=100)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        answer = upload(owner, binary, batch, "k", file_of(binary_rows(6, 40)))
        job_id = answer.headers["Location"].rstrip("/").rpartition("/")[2]
        changed(server, jobs.update().where(jobs.c.id == job_id).values(state=JobState.FAILED))
        assert lock(owner, binary, batch).status_code == 200
        assert json.loads(seal_of(owner, binary, batch)["content"])["uploads"] == {}


def test_a_lock_among_many_calls_seals_exactly_what_was_answered(owner: User, binary: Ready, batch: str) -> None:
    answers: list[int] = []
    start = threading.Barrier(9)

    def send(number: int) -> None:
        start.wait()
        for turn in range(4):
            block = binary_block(binary, binary_rows(100 * number + turn, 5), batch)
            path = binary.path("predictionInputs", "fromJSON")
            answers.append(owner.post(path, {"data": [block]}).status_code)

    def close() -> None:
        start.wait()
        assert lock(owner, binary, batch).status_code == 200

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)] + [threading.Thread(target=close)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 32
    assert set(answers) <= {202, 422}
    seal = seal_of(owner, binary, batch)
    counted = [one["rows"] for one in json.loads(seal["content"])["uploads"].values()]
    assert sum(counted) == 5 * answers.count(202)
    assert seal["matches"] is True
