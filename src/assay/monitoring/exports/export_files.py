"""The files that exports have made: taken away again, by age or because of a row in them."""

from datetime import datetime
from typing import TYPE_CHECKING

from assay.records.exports import Export

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


def drop(tx: "Transaction", export: Export, now: datetime) -> list[str]:
    """Delete an export's data set; returns the blobs to delete afterwards.

    One that a model package names by now is the model's, and stays.
    """
    if export.dataset_id is None or tx.model_packages.using_dataset(export.dataset_id):
        return []
    found = tx.datasets.find(export.dataset_id)
    tx.datasets.delete(export.dataset_id, now)
    return [] if found is None else [found.blob_key]
