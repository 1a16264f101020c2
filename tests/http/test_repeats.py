"""What is told of rows that a batch held before: association ids that are repeated, files that were counted already."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples
from tests.material import Ready, Serve, binary_block, binary_rows, file_of, new_batch, upload
from tests.serving import User

from assay.records.limits import Limits


def block(ready: Ready, ids: list[str], batch: str | None) -> dict[str, Any]:
    return {**binary_block(ready, binary_rows(1, len(ids)), batch), "associationIds": ids}


def send(user: User, ready: Ready, *blocks: dict[str, Any]) -> dict[str, Any]:
    answer = user.post(ready.path("predictionInputs", "fromJSON"), {"data": list(blocks)})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def named(*numbers: int) -> list[str]:
    return [f"id {n}" for n in numbers]


def test_a_call_tells_how_many_of_its_association_ids_the_batch_held(owner: User, binary: Ready, batch: str) -> None:
    first = send(owner, binary, block(binary, named(*range(20)), batch))
    assert first == {"message": "20 rows counted.", "repeatedAssociationIds": 0}
    again = send(owner, binary, block(binary, named(*range(10, 30)), batch))
    assert again == {
        "message": "20 rows counted. 10 of their association ids were in their batch before.",
        "repeatedAssociationIds": 10,
    }
    # They count as they were sent.
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 40
    assert owner.read(binary.path("featureDrift"), batchId=batch)["data"][0]["sampleSize"] == 40


def test_ids_of_another_batch_or_of_none_are_no_repeats(owner: User, binary: Ready, batch: str) -> None:
    ids = named(1, 2, 3)
    for where in (batch, new_batch(owner, binary), None):
        assert send(owner, binary, block(binary, ids, where))["repeatedAssociationIds"] == 0
    for where in (batch, None):
        assert send(owner, binary, block(binary, ids, where))["repeatedAssociationIds"] == 3


def test_an_id_twice_in_one_block_is_no_repeat_and_in_two_it_is(owner: User, binary: Ready, batch: str) -> None:
    assert send(owner, binary, block(binary, named(1, 1, 2), batch))["repeatedAssociationIds"] == 0
    other = new_batch(owner, binary)
    blocks = [block(binary, named(1, 2), other), block(binary, named(2, 3), other)]
    assert send(owner, binary, *blocks)["repeatedAssociationIds"] == 1


def test_rows_of_a_deleted_batch_are_held_no_more(owner: User, binary: Ready) -> None:
    for _ in range(2):
        batch = new_batch(owner, binary)
        assert send(owner, binary, block(binary, named(1, 2), batch))["repeatedAssociationIds"] == 0
        assert owner.delete(binary.path("monitoringBatches", batch)).status_code == 200


@pytest.mark.parametrize("inline", [8 * 2**20, 100])
def test_a_files_report_tells_of_repeats(serve: Serve, binary: Ready, inline: int) -> None:
    with serve(limits=Limits(inline_upload_bytes=inline, chunk_rows=8)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        rows = binary_rows(3, 30)
        reports = []
        for key, some in (("first", rows[:20]), ("second", rows[12:])):
            owner.finished(upload(owner, binary, batch, key, file_of(some)))
            reports.append(owner.read(binary.path("monitoringBatches", batch, "uploads", key)))
        assert [r["withRepeatedAssociationId"] for r in reports] == [0, 8]
        assert [r["rows"] for r in reports] == [20, 18]


@pytest.mark.parametrize("inline", [8 * 2**20, 100])
def test_a_repeated_file_says_that_it_was_there_already(serve: Serve, binary: Ready, inline: int) -> None:
    with serve(limits=Limits(inline_upload_bytes=inline)) as server:
        owner = server.owner
        batch = new_batch(owner, binary)
        content = file_of(binary_rows(3, 30))
        answers = [upload(owner, binary, batch, "k", content) for _ in range(2)]
        server.work()
        answers.append(upload(owner, binary, batch, "k", content))
        assert [a.headers.get("Idempotency-Replayed") for a in answers] == [None, "true", "true"]
        other = upload(owner, binary, batch, "k", content + b"\n")
        assert (other.status_code, other.headers.get("Idempotency-Replayed")) == (409, None)
        assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 30


IDS = st.lists(st.integers(0, 12), min_size=1, max_size=8)
DELIVERIES = st.lists(st.tuples(st.integers(0, 1), st.booleans(), IDS), max_size=6)


def test_the_repeats_of_any_series_are_those_of_sets(owner: User, binary: Ready) -> None:
    @examples(15)
    @given(series=DELIVERIES)
    def holds(series: list[tuple[int, bool, list[int]]]) -> None:
        batches = [new_batch(owner, binary), new_batch(owner, binary)]
        held: list[set[int]] = [set(), set()]
        for number, (batch, by_file, ids) in enumerate(series):
            if by_file:
                frame = binary_rows(number, len(ids)).with_columns(pl.Series("id", named(*ids)))
                answer = upload(owner, binary, batches[batch], f"k{number}", file_of(frame))
                found = answer.json()["withRepeatedAssociationId"]
            else:
                found = send(owner, binary, block(binary, named(*ids), batches[batch]))["repeatedAssociationIds"]
            assert found == len(held[batch] & set(ids))
            held[batch] |= set(ids)

    holds()
