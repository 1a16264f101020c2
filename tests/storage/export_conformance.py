"""What every store does alike about exports and the rows they are made of."""

from tests.storage import records as new
from tests.storage.records import MODEL, NOW, OTHER_MODEL, SECOND, id_of

from assay.records.exports import Cut, ExportKind, ExportQuery, RowQuery
from assay.records.jobs import JobState
from assay.records.pages import PageRequest
from assay.records.uploads import UploadState

ALL = PageRequest()
DEPLOYMENT, BATCH, OTHER_BATCH = id_of(1), id_of(1), id_of(2)
PREDICTIONS = ExportQuery(ExportKind.PREDICTIONS)


class ExportConformance:
    """Inherited by `StorageConformance`, which has the fixture ``tx``."""

    def made(self, tx, number, **more):
        """An export with its job."""
        tx.jobs.create(new.job(number))
        export = new.export(number, **more)
        tx.exports.create(export)
        return export

    def test_exports_come_back_as_they_were_stored(self, tx):
        plain = self.made(tx, 1)
        batches = self.made(tx, 2, batch_ids=(BATCH, OTHER_BATCH), start=None, end=None, only_matched=False)
        assert tx.exports.find(id_of(1)) == plain
        assert tx.exports.find(id_of(2)) == batches
        assert tx.exports.find(id_of(9)) is None

    def test_an_export_shows_how_its_job_stands_and_what_it_made(self, tx):
        self.made(tx, 1)
        job = tx.jobs.claim("me", NOW, 30 * SECOND)
        assert tx.exports.find(id_of(1)).job_state is JobState.RUNNING
        tx.jobs.fail(job, "why", NOW, None)
        assert (tx.exports.find(id_of(1)).job_state, tx.exports.find(id_of(1)).job_error) == (JobState.FAILED, "why")
        tx.datasets.create(new.dataset(7, name="rows.csv"))
        tx.exports.finish(id_of(1), dataset_id=id_of(7), rows=2**40, rows_not_kept=3)
        found = tx.exports.find(id_of(1))
        assert (found.dataset_id, found.dataset_name, found.rows, found.rows_not_kept) == (
            id_of(7),
            "rows.csv",
            2**40,
            3,
        )
        tx.datasets.delete(id_of(7), NOW)
        found = tx.exports.find(id_of(1))
        assert (found.dataset_id, found.dataset_name, found.rows) == (None, None, 2**40)

    def test_exports_are_listed_newest_first_by_deployment_kind_state_model_and_batches(self, tx):
        self.made(tx, 1)
        self.made(tx, 2, batch_ids=(BATCH,))
        self.made(tx, 3, model_id=OTHER_MODEL, created_at=NOW - SECOND)
        self.made(tx, 4, kind=ExportKind.ACTUALS)
        self.made(tx, 5, deployment_id=id_of(2))
        tx.jobs.cancel(id_of(2), NOW)

        def listed(**more):
            query = ExportQuery(**{"kind": ExportKind.PREDICTIONS, **more})
            return [int(one.id, 16) for one in tx.exports.list(DEPLOYMENT, query, ALL).items]

        assert listed() == [2, 1, 3]
        assert listed(kind=ExportKind.ACTUALS) == [4]
        assert listed(kind=ExportKind.TRAINING) == []
        assert listed(states=(JobState.CANCELLED,)) == [2]
        assert listed(states=(JobState.QUEUED, JobState.CANCELLED)) == [2, 1, 3]
        assert listed(states=()) == []
        assert listed(model_id=OTHER_MODEL) == [3]
        assert (listed(by_batch=True), listed(by_batch=False)) == ([2], [1, 3])
        page = tx.exports.list(DEPLOYMENT, PREDICTIONS, PageRequest(1, 1))
        assert ([one.id for one in page.items], page.total) == ([id_of(1)], 3)

    def test_exports_of_a_deployment_are_deleted(self, tx):
        self.made(tx, 1)
        self.made(tx, 2, deployment_id=id_of(2))
        tx.exports.delete(DEPLOYMENT)
        assert tx.exports.find(id_of(1)) is None
        assert tx.exports.find(id_of(2)) is not None

    # ---------------------------------------------------------------- uploads of one moment

    def chosen(self, tx, cut, after=0, limit=10, **more):
        selection = RowQuery(**{"deployment_id": DEPLOYMENT, "model_id": MODEL, **more})
        return [int(u.id, 16) for u in tx.kept_uploads.page(selection, cut, after=after, limit=limit)]

    def counted(self, tx, cut):
        found = tx.kept_uploads.count(DEPLOYMENT, cut).everywhere
        return found.uploads, found.with_rows

    def test_a_cut_holds_what_counted_at_its_moment_and_nothing_that_came_later(self, tx):
        assert tx.kept_uploads.cut(DEPLOYMENT) == Cut(0, ())
        tx.uploads.create(new.upload(1, parts=1))
        pending = tx.uploads.create(new.upload(2, state=UploadState.PENDING))
        last = tx.uploads.create(new.upload(3, state=UploadState.REFUSED))
        tx.uploads.create(new.upload(4, deployment_id=id_of(2), batch_id=None))
        cut = tx.kept_uploads.cut(DEPLOYMENT)
        assert cut == Cut(last, (pending,))
        tx.uploads.create(new.upload(5))
        tx.uploads.update(id_of(2), state=UploadState.COUNTED)
        assert (self.chosen(tx, cut), self.counted(tx, cut)) == ([1], (1, 1))
        assert self.chosen(tx, tx.kept_uploads.cut(DEPLOYMENT)) == [1, 2, 5]
        tx.uploads.update(id_of(1), parts=0)
        assert self.counted(tx, cut) == (1, 0)
        assert tx.uploads.find_counted(id_of(1)).id == id_of(1)
        tx.uploads.withdraw(batch_id=BATCH)
        assert (self.chosen(tx, cut), self.counted(tx, cut)) == ([], (0, 0))
        assert tx.uploads.find_counted(id_of(1)) is None
        tx.uploads.purge(batch_id=BATCH)
        assert tx.uploads.find_counted(id_of(1)) is None

    def test_uploads_are_chosen_by_model_batch_and_time_in_the_order_in_which_they_came(self, tx):
        tx.uploads.create(new.upload(3, first_at=NOW, last_at=NOW + 2 * SECOND))
        tx.uploads.create(new.upload(1, batch_id=OTHER_BATCH))
        middle = tx.uploads.create(new.upload(2, batch_id=None, first_at=NOW + SECOND, last_at=NOW + SECOND))
        tx.uploads.create(new.upload(4, model_id=OTHER_MODEL))
        cut = tx.kept_uploads.cut(DEPLOYMENT)
        assert self.chosen(tx, cut) == [3, 1, 2]
        assert self.chosen(tx, cut, model_id=OTHER_MODEL) == [4]
        assert self.chosen(tx, cut, batch_ids=(OTHER_BATCH, BATCH)) == [3, 1]
        assert self.chosen(tx, cut, start=NOW + SECOND) == [3, 2]
        assert self.chosen(tx, cut, start=NOW + 3 * SECOND) == []
        # The end does not belong to the span.
        assert self.chosen(tx, cut, end=NOW) == []
        assert self.chosen(tx, cut, end=NOW + SECOND) == [3, 1]
        assert self.chosen(tx, cut, limit=2) == [3, 1]
        assert self.chosen(tx, cut, after=middle - 1) == [2]

    def test_distinct_ids_of_an_upload_are_counted(self, tx):
        seq = tx.uploads.create(new.upload(1))
        tx.prediction_keys.add(DEPLOYMENT, seq, ["a", "b", "a"])
        assert (tx.kept_uploads.ids_of(seq), tx.kept_uploads.ids_of(seq + 1)) == (2, 0)

    # ---------------------------------------------------------------- outcomes

    def test_outcomes_are_found_for_more_ids_than_one_statement_takes(self, tx):
        actual = new.actual("id 24999", label=None, number=2.5, at=NOW - SECOND, was_acted_on=True)
        tx.actuals.put(DEPLOYMENT, [actual, new.actual("other")], NOW)
        ids = [f"id {n}" for n in range(25_000)]
        assert list(tx.outcomes.of(DEPLOYMENT, ids)) == [new.outcome(actual)]
        assert list(tx.outcomes.of(id_of(2), ids)) == []
        assert list(tx.outcomes.of(DEPLOYMENT, [])) == []

    def test_outcomes_of_superseded_predictions_are_left_out_as_the_moment_has_it(self, tx):
        seqs = [tx.uploads.create(new.upload(n)) for n in (1, 2, 3)]
        for seq in seqs:
            tx.prediction_keys.add(DEPLOYMENT, seq, ["a", f"only {seq}"])
        ids = ["a", *(f"only {seq}" for seq in seqs)]
        tx.actuals.put(DEPLOYMENT, [new.actual(i) for i in ids], NOW)

        def newest(seq, cut):
            return {o.association_id for o in tx.outcomes.not_superseded(new.upload(1, seq=seq), ["a"], cut)}

        now = tx.kept_uploads.cut(DEPLOYMENT)
        assert [newest(seq, now) for seq in seqs] == [set(), set(), {"a"}]
        # Of a moment before the third came, or when it was still pending, the second is the newest.
        assert newest(seqs[1], Cut(seqs[1], ())) == newest(seqs[1], Cut(seqs[2], (seqs[2],))) == {"a"}
        tx.uploads.update(id_of(3), state=UploadState.REFUSED)
        assert [newest(seq, now) for seq in seqs[:2]] == [set(), {"a"}]
        # Another model's predictions of the same rows supersede none.
        tx.uploads.update(id_of(2), model_id=new.OTHER_MODEL)
        assert newest(seqs[0], now) == {"a"}

    def test_outcomes_without_a_prediction_are_listed_by_id_and_time(self, tx):
        seq = tx.uploads.create(new.upload(1))
        tx.prediction_keys.add(DEPLOYMENT, seq, ["held"])
        later = [new.actual(i, at=NOW + n * SECOND) for n, i in enumerate("dcb")]
        tx.actuals.put(DEPLOYMENT, [new.actual("held"), *later, new.actual("a")], NOW + 5 * SECOND)
        tx.actuals.put(id_of(2), [new.actual("foreign")], NOW)
        cut = tx.kept_uploads.cut(DEPLOYMENT)

        def waiting(start=None, end=None, after="", limit=10, cut=cut):
            found = tx.outcomes.without_prediction(DEPLOYMENT, cut, (start, end), after=after, limit=limit)
            return [o.association_id for o in found]

        assert waiting() == ["a", "b", "c", "d"]
        assert (waiting(limit=2), waiting(after="b")) == (["a", "b"], ["c", "d"])
        # One without a time of its own has that of its arrival.
        assert waiting(start=NOW + SECOND) == ["a", "b", "c"]
        assert waiting(start=NOW, end=NOW + 2 * SECOND) == ["c", "d"]
        assert waiting(cut=Cut(0, ())) == ["a", "b", "c", "d", "held"]
        tx.uploads.withdraw(batch_id=BATCH)
        assert waiting() == ["a", "b", "c", "d", "held"]
