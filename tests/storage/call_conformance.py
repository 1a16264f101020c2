"""What every store does alike with keys of calls, repeated association ids, seals and the audit log."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.storage import records as new
from tests.storage.records import MODEL, NOW, OTHER_MODEL, OWNER, SECOND, id_of

from assay.records.audit import AuditEvent, AuditQuery
from assay.records.idempotency import AnsweredCall, KeptAnswer
from assay.records.pages import PageRequest
from assay.records.uploads import UploadState

DEPLOYMENT, BATCH, OTHER_BATCH = id_of(1), id_of(1), id_of(2)
ANSWER = KeptAnswer(202, "application/json", "http://host/api/v2/status/1/", b'{"message": "\xc3\xa9"}')
ALL = PageRequest()


class CallConformance:
    """Part of `StorageConformance`."""

    # ---------------------------------------------------------------- keys of calls

    def test_a_key_is_claimed_once_and_gives_the_answer_again(self, tx):
        call = new.keyed_call()
        assert tx.idempotency_keys.find(OWNER, "k") is None
        assert tx.idempotency_keys.claim(call, NOW)
        tx.idempotency_keys.answer(call, ANSWER)
        assert not tx.idempotency_keys.claim(new.keyed_call(content_hash="other"), NOW)
        assert tx.idempotency_keys.find(OWNER, "k") == AnsweredCall(call, ANSWER, NOW)

    def test_a_key_belongs_to_its_user(self, tx):
        tx.users.create(new.user(id=id_of(9), name="bob"))
        assert tx.idempotency_keys.claim(new.keyed_call(), NOW)
        assert tx.idempotency_keys.claim(new.keyed_call(user_id=id_of(9)), NOW)
        assert tx.idempotency_keys.find(id_of(8), "k") is None

    def test_a_key_of_a_transaction_that_failed_is_free_again(self, filled):
        def claim_and_fail(tx):
            assert tx.idempotency_keys.claim(new.keyed_call(), NOW)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError), filled.transaction() as tx:
            claim_and_fail(tx)
        with filled.transaction() as tx:
            assert tx.idempotency_keys.claim(new.keyed_call(), NOW)

    def test_of_two_transactions_that_want_a_key_the_second_waits_for_the_first(self, filled):
        held, go_on, order = threading.Event(), threading.Event(), []

        def first():
            with filled.transaction() as tx:
                assert tx.idempotency_keys.claim(new.keyed_call(), NOW)
                held.set()
                go_on.wait(20)
                order.append("first")
                tx.idempotency_keys.answer(new.keyed_call(), ANSWER)

        def second():
            held.wait(20)
            go_on.set()
            with filled.transaction() as tx:
                found = tx.idempotency_keys.claim(new.keyed_call(), NOW)
                order.append("second")
                assert not found
                assert tx.idempotency_keys.find(OWNER, "k").answer == ANSWER

        threads = [threading.Thread(target=one) for one in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert order == ["first", "second"]

    def test_old_keys_are_forgotten_oldest_first_and_some_at_a_time(self, tx):
        for number in range(5):
            tx.idempotency_keys.claim(new.keyed_call(key=f"k{number}"), NOW + number * SECOND)
        assert tx.idempotency_keys.forget(NOW + 4 * SECOND, 3) == 3
        assert [tx.idempotency_keys.find(OWNER, f"k{n}") is None for n in range(5)] == [True] * 3 + [False] * 2
        assert tx.idempotency_keys.forget(NOW + 4 * SECOND, 3) == 1
        assert tx.idempotency_keys.forget(NOW + 4 * SECOND, 3) == 0

    def test_keys_of_calls_below_a_path_are_forgotten(self, tx):
        for number, path in enumerate(["/d/1_/a/", "/d/1_/", "/d/12/a/", "/d/"]):
            tx.idempotency_keys.claim(new.keyed_call(key=f"k{number}", call=f"POST {path}"), NOW)
        tx.idempotency_keys.forget_below("/d/1_/")
        assert [tx.idempotency_keys.find(OWNER, f"k{n}") is None for n in range(4)] == [True, True, False, False]

    # ---------------------------------------------------------------- repeated association ids

    def test_ids_are_repeated_where_the_batch_holds_them_in_another_counted_upload_of_the_model(self, tx):
        counted = {"batch_id": BATCH, "model_id": MODEL, "state": UploadState.COUNTED}
        held = [
            ("a b", counted),
            ("b c", counted),
            ("d", {**counted, "state": UploadState.PENDING}),
            ("e", {**counted, "batch_id": OTHER_BATCH}),
            ("f", {**counted, "batch_id": None}),
            ("g", {**counted, "model_id": OTHER_MODEL}),
        ]
        for number, (ids, fields) in enumerate(held):
            seq = tx.uploads.create(new.upload(number, **fields))
            tx.prediction_keys.add(DEPLOYMENT, seq, ids.split())
        for place, repeated in ((BATCH, 3), (OTHER_BATCH, 1), (None, 1)):
            upload = new.upload(50 + repeated + 10 * (place is None), **{**counted, "batch_id": place})
            seq = tx.uploads.create(upload)
            tx.prediction_keys.add(DEPLOYMENT, seq, list("abcdefgh"))
            stored = tx.uploads.get(upload.id)
            assert tx.prediction_keys.repeated(stored) == repeated

    # ---------------------------------------------------------------- seals

    def test_a_seal_is_kept_until_it_is_broken(self, tx):
        tx.seals.create(new.seal(1))
        tx.seals.create(new.seal(2))
        assert tx.seals.find(BATCH) == new.seal(1)
        tx.seals.delete(BATCH)
        tx.seals.delete(BATCH)
        assert (tx.seals.find(BATCH), tx.seals.find(OTHER_BATCH)) == (None, new.seal(2))
        tx.seals.delete_of(id_of(2))
        assert tx.seals.find(OTHER_BATCH) == new.seal(2)
        tx.seals.delete_of(DEPLOYMENT)
        assert tx.seals.find(OTHER_BATCH) is None

    # ---------------------------------------------------------------- the audit log

    def test_lines_are_listed_newest_first_by_every_filter(self, tx):
        lines = [
            new.audit_line(at=NOW, object_id=id_of(1)),
            new.audit_line(at=NOW + SECOND, object_id=id_of(2), event=AuditEvent.BATCH_UNLOCKED, user_id=None),
            new.audit_line(at=NOW + 2 * SECOND, deployment_id=id_of(2)),
            new.audit_line(at=NOW + 3 * SECOND, deployment_id=None, event=AuditEvent.TOKEN_CREATED, detail={"é": [1]}),
        ]
        for line in lines:
            tx.audit_log.add(line)
        for query, wanted in (
            (AuditQuery(), [3, 2, 1, 0]),
            (AuditQuery(deployment_id=DEPLOYMENT), [1, 0]),
            (AuditQuery(object_id=id_of(2)), [1]),
            (AuditQuery(user_id=OWNER), [3, 2, 0]),
            (AuditQuery(events=(AuditEvent.BATCH_LOCKED, AuditEvent.TOKEN_CREATED)), [3, 2, 0]),
            (AuditQuery(start=NOW + SECOND, end=NOW + 3 * SECOND), [2, 1]),
            (AuditQuery(start=NOW + timedelta(days=1)), []),
        ):
            found = tx.audit_log.list(query, ALL).items
            assert [(one.at, one.event, one.detail) for one in found] == [
                (lines[n].at, lines[n].event, lines[n].detail) for n in wanted
            ]
        page = tx.audit_log.list(AuditQuery(), PageRequest(offset=1, limit=2))
        assert (page.total, [one.at for one in page.items]) == (4, [NOW + 2 * SECOND, NOW + SECOND])

    @pytest.mark.parametrize("statement", ["UPDATE audit_log SET user_name = 'x'", "DELETE FROM audit_log"])
    def test_the_database_itself_keeps_lines_as_they_are(self, filled, statement):
        with filled.transaction() as tx:
            tx.audit_log.add(new.audit_line())
        with (
            filled.engine.connect() as connection,
            pytest.raises(sa.exc.DBAPIError, match="neither changed nor removed"),
        ):
            connection.execute(sa.text(statement))
        with filled.snapshot() as tx:
            assert len(tx.audit_log.list(AuditQuery(), ALL).items) == 1
