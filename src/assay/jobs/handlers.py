"""One entry per job kind; each calls one function of ``assay.monitoring``."""

from collections.abc import Callable

from assay.monitoring import datasets
from assay.monitoring.actuals import accuracy_refresh, dataset_actuals
from assay.monitoring.context import Context
from assay.monitoring.deployments import baselines, deletions, replacements
from assay.monitoring.erasures import erasing, erasures
from assay.monitoring.exports import export_job, exports
from assay.monitoring.intake import uploads
from assay.monitoring.monitoring_jobs import job_running, monitoring_jobs
from assay.monitoring.profiles import folding, segment_profiles
from assay.monitoring.upkeep import retention, sweeping
from assay.records.jobs import Job

HANDLERS: dict[str, Callable[[Context, Job], None]] = {
    datasets.READ_DATASET: datasets.read,
    baselines.PREPARE_BASELINE: baselines.prepare,
    replacements.REPLACE_MODEL: replacements.replace_model,
    uploads.COUNT_UPLOAD: uploads.count,
    dataset_actuals.STORE_ACTUALS: dataset_actuals.store,
    accuracy_refresh.REFRESH_ACCURACY: accuracy_refresh.refresh,
    folding.FOLD_PROFILES: folding.fold,
    segment_profiles.PROFILE_SEGMENTS: segment_profiles.profile_segments,
    exports.EXPORT_ROWS: export_job.fill,
    deletions.PURGE_BATCH: deletions.purge_batch,
    deletions.SETTLE_REPLACEMENT: deletions.settle_replacement,
    deletions.PURGE_DEPLOYMENT: deletions.purge_deployment,
    monitoring_jobs.RUN_MONITORING_JOB: job_running.run,
    deletions.PURGE_CUSTOM_METRIC: deletions.purge_custom_metric,
    erasures.ERASE_ID: erasing.erase,
    sweeping.SWEEP_BLOBS: sweeping.sweep,
    retention.APPLY_RETENTION: retention.apply,
}
