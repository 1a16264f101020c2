"""One entry per job kind; each calls one function of ``assay.monitoring``."""

from collections.abc import Callable

from assay.monitoring import accuracy, baselines, datasets, deletions, folding, uploads
from assay.monitoring.context import Context
from assay.records.jobs import Job

HANDLERS: dict[str, Callable[[Context, Job], None]] = {
    datasets.READ_DATASET: datasets.read,
    baselines.PREPARE_BASELINE: baselines.prepare,
    uploads.COUNT_UPLOAD: uploads.count,
    accuracy.REFRESH_ACCURACY: accuracy.refresh,
    folding.FOLD_PROFILES: folding.fold,
    deletions.PURGE_BATCH: deletions.purge_batch,
    deletions.PURGE_DEPLOYMENT: deletions.purge_deployment,
}
