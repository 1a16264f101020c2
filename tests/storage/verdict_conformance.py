"""What every store does alike with verdicts."""

from tests.storage import records as new
from tests.storage.records import MODEL, OTHER_MODEL, id_of

from assay.records.pages import PageRequest

DEPLOYMENT, BATCH, OTHER_BATCH = id_of(1), id_of(1), id_of(2)


class VerdictConformance:
    """A part of `StorageConformance`, which has the fixture ``tx``: a deployment with two batches."""

    def test_the_newest_verdict_of_a_batch_and_model_is_the_present_one(self, tx):
        assert tx.verdicts.newest(DEPLOYMENT, BATCH, MODEL) is None
        for number in (1, 2, 3):
            tx.verdicts.add(new.verdict(number))
        tx.verdicts.add(new.verdict(4, model_id=OTHER_MODEL))
        tx.verdicts.add(new.verdict(5, batch_id=OTHER_BATCH))
        assert tx.verdicts.newest(DEPLOYMENT, BATCH, MODEL) == new.verdict(3)
        page = tx.verdicts.list(DEPLOYMENT, BATCH, MODEL, PageRequest(offset=1, limit=1))
        assert (page.total, page.items) == (3, [new.verdict(2)])

    def test_a_verdict_that_follows_from_other_facts_too_stays_the_same(self, tx):
        tx.verdicts.add(new.verdict(1))
        tx.verdicts.renew(id_of(1), "f" * 64)
        assert tx.verdicts.newest(DEPLOYMENT, BATCH, MODEL) == new.verdict(1, fingerprint="f" * 64)

    def test_verdicts_go_with_their_batch_or_deployment(self, tx):
        tx.verdicts.add(new.verdict(1))
        tx.verdicts.add(new.verdict(2, batch_id=OTHER_BATCH))
        tx.verdicts.delete(batch_id=BATCH)
        assert tx.verdicts.newest(DEPLOYMENT, BATCH, MODEL) is None
        assert tx.verdicts.newest(DEPLOYMENT, OTHER_BATCH, MODEL) is not None
        tx.verdicts.delete(deployment_id=DEPLOYMENT)
        assert tx.verdicts.newest(DEPLOYMENT, OTHER_BATCH, MODEL) is None

    def test_the_extent_of_a_batch_changes_with_every_delivery(self, tx):
        assert tx.uploads.extent(BATCH, MODEL) == (0, 0, 0)
        first = tx.uploads.create(new.upload(1, rows=3))
        assert tx.uploads.extent(BATCH, MODEL) == (1, 3, first)
        tx.uploads.create(new.upload(2, rows=5, model_id=OTHER_MODEL))
        assert tx.uploads.extent(BATCH, MODEL) == (1, 3, first)
        last = tx.uploads.create(new.upload(3, rows=0))
        assert tx.uploads.extent(BATCH, MODEL) == (2, 3, last)

    def test_how_far_accuracy_is_computed_is_told(self, tx):
        assert tx.accuracy.done(DEPLOYMENT, BATCH, MODEL) == (0, 0)
        tx.accuracy.mark_stale(DEPLOYMENT, {(BATCH, MODEL)})
        assert tx.accuracy.done(DEPLOYMENT, BATCH, MODEL) == (1, 0)
