"""What every store does alike with drafts, superseded versions and revisions."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.storage import records as new
from tests.storage.records import MODEL, NOW, OTHER_MODEL, OWNER, SECOND, id_of

from assay.errors import ReplacementEnded, UnknownBatch
from assay.records.actuals import ComputedAccuracy, StaleAccuracy
from assay.records.batch_versions import ReplacementState
from assay.records.batches import BatchQuery, BatchRole
from assay.records.exports import Counted, RowQuery
from assay.records.fragments import Fragment
from assay.records.pages import PageRequest
from assay.records.slices import WHOLE, Selection
from assay.records.uploads import UploadState

DEPLOYMENT, BATCH, DRAFT, VERSION = id_of(1), id_of(1), id_of(20), id_of(30)
ALL = PageRequest()


def fragment(batch_id, rows):
    return Fragment(
        batch_id=batch_id, model_id=MODEL, part="features", block=0, rows=rows, data=b"x", estimated=False, slice=WHOLE
    )


def rows_of(fragments):
    return sorted(one.rows for one in fragments)


class VersionConformance:
    """A part of `StorageConformance`, which has the fixture ``tx``: a deployment with two batches."""

    @pytest.fixture
    def drafted(self, tx):
        """A batch and a draft of it, each with an upload, a profile, a request, accuracy and a revision."""
        tx.batches.create(new.batch(20, role=BatchRole.DRAFT, version_of=BATCH))
        tx.batch_versions.open(new.replacement(20, 1))
        for number, batch_id, state, rows in (
            (1, BATCH, UploadState.COUNTED, 5),
            (2, DRAFT, UploadState.DRAFT, 7),
        ):
            seq = tx.uploads.create(new.upload(number, batch_id=batch_id, state=state, rows=rows))
            tx.prediction_keys.add(DEPLOYMENT, seq, ["shared", f"only {number}"])
            tx.profiles.add(DEPLOYMENT, [fragment(batch_id, rows)])
            tx.service_requests.add(DEPLOYMENT, [new.request(batch_id=batch_id, predictions=rows)])
            tx.batches.add_predictions(batch_id, MODEL, rows, NOW, NOW + rows * SECOND)
            tx.accuracy.mark_stale(DEPLOYMENT, {(batch_id, MODEL)})
            pair = StaleAccuracy(DEPLOYMENT, batch_id, MODEL, 1)
            assert tx.accuracy.save(pair, [ComputedAccuracy(batch_id, MODEL, WHOLE, rows, b"x")], NOW)
            tx.accuracy_revisions.add(DEPLOYMENT, new.revision(rows, batch_id=batch_id))
        return tx

    def exchanged(self, tx):
        """The same after the exchange; the pairs to be computed anew."""
        tx.batches.create(new.batch(30, role=BatchRole.SUPERSEDED, version_of=BATCH))
        return tx.batch_versions.exchange(DEPLOYMENT, BATCH, DRAFT, VERSION)

    def held(self, tx, batch_ids):
        """What is read of some batches, or of the deployment as a whole."""
        some = Selection(batch_ids)
        return {
            "profiles": rows_of(tx.profiles.list(DEPLOYMENT, MODEL, "features", some)),
            "accuracy": [one.rows_with_actual for one in tx.accuracy.list(DEPLOYMENT, MODEL, some)],
            "requests": [one.predictions for one in tx.service_requests.list(DEPLOYMENT, batch_ids=batch_ids)],
            "uploads": rows_of(tx.uploads.overlapping(DEPLOYMENT, MODEL, some)),
            "kept": rows_of(
                tx.kept_uploads.page(
                    RowQuery(DEPLOYMENT, MODEL, batch_ids), tx.kept_uploads.cut(DEPLOYMENT, batch_ids), after=0, limit=9
                )
            ),
        }

    def test_drafts_are_in_no_list_and_no_figure_that_does_not_name_them(self, drafted):
        tx, alike = drafted, ("profiles", "accuracy", "requests", "uploads", "kept")
        assert self.held(tx, None) == {key: [5] for key in alike}
        assert self.held(tx, (BATCH,)) == {key: [5] for key in alike}
        assert self.held(tx, (DRAFT,)) == {key: [7] for key in alike}
        assert [one.id for one in tx.batches.list(DEPLOYMENT, BatchQuery(), ALL).items] == [BATCH, id_of(2)]
        assert tx.batches.count(DEPLOYMENT) == 2
        assert [one.id for one in tx.batches.latest_predicted(DEPLOYMENT, MODEL, 9)] == [BATCH]
        assert [one.id for one in tx.batches.latest_with_actuals(DEPLOYMENT, MODEL, 9)] == [BATCH]
        assert tx.uploads.rows_of_deployment(DEPLOYMENT, MODEL) == 5
        found = tx.batches.get(DEPLOYMENT, DRAFT)
        assert (found.role, found.version_of, found.predictions_count) == (BatchRole.DRAFT, BATCH, 7)
        assert tx.batches.versions_of(DEPLOYMENT, BATCH) == [DRAFT]

    def test_an_exchange_moves_all_that_hangs_on_a_batch(self, drafted):
        tx, alike = drafted, ("profiles", "accuracy", "requests", "uploads", "kept")
        assert self.exchanged(tx) == {(BATCH, MODEL)}
        assert self.held(tx, None) == {key: [7] for key in alike}
        assert self.held(tx, (BATCH,)) == {key: [7] for key in alike}
        assert self.held(tx, (VERSION,)) == {key: [5] for key in alike}
        assert self.held(tx, (DRAFT,)) == {key: [] for key in alike}
        assert tx.batches.get_model(BATCH, MODEL).predictions_count == 7
        assert tx.batches.get_model(VERSION, MODEL).predictions_count == 5
        assert tx.uploads.get(id_of(1)).state is UploadState.SUPERSEDED
        assert tx.uploads.get(id_of(2)).state is UploadState.COUNTED
        for batch_id, rows in ((BATCH, 7), (VERSION, 5)):
            (revision,) = tx.accuracy_revisions.list(DEPLOYMENT, batch_id, MODEL, ALL).items
            assert revision == new.revision(rows, batch_id=batch_id)
            assert [one.rows for one in tx.uploads.deliveries(batch_id)] == [rows]

    def test_accuracy_that_was_being_computed_before_an_exchange_cannot_be_stored_after_it(self, drafted):
        tx = drafted
        for _ in range(3):
            tx.accuracy.mark_stale(DEPLOYMENT, {(BATCH, MODEL)})
        (running,) = tx.accuracy.stale(DEPLOYMENT)
        assert running.wanted == 4
        self.exchanged(tx)
        wrong = [ComputedAccuracy(BATCH, MODEL, WHOLE, 99, b"x")]
        for late in (running, replace(running, batch_id=DRAFT)):
            assert not tx.accuracy.save(late, wrong, NOW)
        assert [one.rows_with_actual for one in tx.accuracy.list(DEPLOYMENT, MODEL)] == [7]
        wanted = {one.batch_id: one.wanted for one in tx.accuracy.stale(DEPLOYMENT)}
        # The version had still to be computed, the batch has to be computed anew.
        assert wanted == {BATCH: 5, VERSION: 4}
        assert tx.accuracy.save(StaleAccuracy(DEPLOYMENT, BATCH, MODEL, 5), wrong, NOW)

    def test_an_exchange_with_a_model_that_the_new_content_lacks_leaves_a_fence_for_it(self, drafted):
        tx = drafted
        tx.uploads.create(new.upload(3, model_id=OTHER_MODEL))
        tx.accuracy.mark_stale(DEPLOYMENT, {(BATCH, OTHER_MODEL)})
        assert self.exchanged(tx) == {(BATCH, MODEL), (BATCH, OTHER_MODEL)}
        late = StaleAccuracy(DEPLOYMENT, BATCH, OTHER_MODEL, 1)
        assert not tx.accuracy.save(late, [ComputedAccuracy(BATCH, OTHER_MODEL, WHOLE, 9, b"x")], NOW)
        # Once more, with the fence there.
        tx.batches.create(new.batch(21, role=BatchRole.DRAFT, version_of=BATCH))
        tx.batches.create(new.batch(31, role=BatchRole.SUPERSEDED, version_of=BATCH))
        tx.accuracy.mark_stale(DEPLOYMENT, {(id_of(21), OTHER_MODEL)})
        tx.uploads.create(new.upload(4, model_id=OTHER_MODEL, batch_id=id_of(21), state=UploadState.DRAFT))
        pairs = tx.batch_versions.exchange(DEPLOYMENT, BATCH, id_of(21), id_of(31))
        assert pairs == {(BATCH, MODEL), (BATCH, OTHER_MODEL)}

    def test_a_draft_is_matched_as_if_it_had_its_batchs_place_already(self, drafted):
        tx = drafted
        tx.actuals.put(DEPLOYMENT, [new.actual("shared"), new.actual("only 1"), new.actual("only 2")], NOW)

        def matched(batch_id):
            return sorted(row[1] for row in tx.actuals.matched(DEPLOYMENT, batch_id, MODEL))

        assert (matched(BATCH), matched(DRAFT)) == (["only 1", "shared"], ["only 2", "shared"])
        newer = tx.uploads.create(new.upload(5, batch_id=id_of(2)))
        tx.prediction_keys.add(DEPLOYMENT, newer, ["shared"])
        assert (matched(BATCH), matched(DRAFT)) == (["only 1"], ["only 2"])
        self.exchanged(tx)
        assert (matched(BATCH), matched(VERSION)) == (["only 2"], ["only 1"])
        # Actuals touch what counts and what is to count; a superseded version is left as it was.
        assert tx.prediction_keys.pairs_holding(DEPLOYMENT, ["only 1", "only 2"]) == {(BATCH, MODEL)}
        assert tx.prediction_keys.known(DEPLOYMENT, ["only 1", "only 2"]) == {"only 2"}

    def test_a_cut_leaves_out_drafts_that_it_does_not_name_though_they_count_later(self, drafted):
        tx = drafted
        everything, mine = tx.kept_uploads.cut(DEPLOYMENT), tx.kept_uploads.cut(DEPLOYMENT, (BATCH,))
        before = tx.kept_uploads.count(DEPLOYMENT, mine, (BATCH,))
        drafts = tx.kept_uploads.cut(DEPLOYMENT, (DRAFT,))
        of_draft = tx.kept_uploads.count(DEPLOYMENT, drafts, (DRAFT,))
        assert (everything, before.in_named, of_draft.in_named) == (mine, Counted(1, 0), Counted(1, 0))
        self.exchanged(tx)
        assert tx.kept_uploads.page(RowQuery(DEPLOYMENT, MODEL, (BATCH,)), mine, after=0, limit=9) == []
        assert tx.kept_uploads.count(DEPLOYMENT, mine, (BATCH,)) != before
        assert tx.kept_uploads.count(DEPLOYMENT, drafts, (DRAFT,)) != of_draft

    def test_a_batch_has_one_open_replacement(self, drafted):
        with pytest.raises(sa.exc.IntegrityError):
            drafted.batch_versions.open(new.replacement(21, 1))

    def test_replacements_are_found_by_batch_in_their_order(self, drafted):
        tx = drafted
        first = new.replacement(20, 1)
        assert tx.batch_versions.find(BATCH, DRAFT) == tx.batch_versions.newest(BATCH) == first
        assert tx.batch_versions.find(id_of(2), DRAFT) is None
        ended = replace(
            first,
            state=ReplacementState.COMMITTED,
            ended_at=NOW,
            ended_by_id=OWNER,
            ended_by_name="ann",
            version_id=VERSION,
            version_hash="h",
            predictions_count=7,
        )
        tx.batch_versions.save(ended)
        # Opened at the same moment: the order is that of their coming.
        tx.batch_versions.open(new.replacement(3, 1))
        assert tx.batch_versions.committed(BATCH) == [ended]
        assert tx.batch_versions.newest(BATCH).id == id_of(3)
        tx.batch_versions.delete(batch_id=BATCH)
        assert tx.batch_versions.newest(BATCH) is None

    def test_a_draft_that_has_ended_is_told_from_a_batch_that_never_was(self, drafted):
        tx = drafted
        tx.batch_versions.save(replace(new.replacement(20, 1), state=ReplacementState.ABANDONED))
        tx.batches.delete(DRAFT, NOW)
        with pytest.raises(ReplacementEnded, match="has been abandoned"):
            tx.batches.get(DEPLOYMENT, DRAFT)
        with pytest.raises(UnknownBatch):
            tx.batches.get(id_of(2), DRAFT)

    def test_revisions_are_kept_in_order_and_by_pair(self, tx):
        for rows in (1, 2, 3):
            tx.accuracy_revisions.add(DEPLOYMENT, new.revision(rows))
        tx.accuracy_revisions.add(DEPLOYMENT, new.revision(4, model_id=OTHER_MODEL))
        page = tx.accuracy_revisions.list(DEPLOYMENT, BATCH, MODEL, PageRequest(offset=1, limit=1))
        assert (page.items, page.total) == ([new.revision(2)], 3)
        assert tx.accuracy_revisions.latest(DEPLOYMENT, BATCH, MODEL) == new.revision(3)
        assert tx.accuracy_revisions.latest(DEPLOYMENT, id_of(2), MODEL) is None
        tx.accuracy_revisions.delete(batch_id=BATCH)
        assert tx.accuracy_revisions.latest(DEPLOYMENT, BATCH, MODEL) is None
        tx.accuracy_revisions.add(DEPLOYMENT, new.revision(5))
        tx.accuracy_revisions.delete(deployment_id=DEPLOYMENT)
        assert tx.accuracy_revisions.latest(DEPLOYMENT, BATCH, MODEL) is None
