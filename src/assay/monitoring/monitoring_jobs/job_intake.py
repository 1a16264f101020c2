"""Where a monitoring job's rows come from: its upload, a data set, an S3-compatible store, a web address."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assay.engines.csv_dialect import USUAL, checked, rewrite
from assay.monitoring import access, datasets
from assay.monitoring.context import Context
from assay.monitoring.monitoring_jobs.job_specs import DATASET, S3, form_of
from assay.records.datasets import FileForm
from assay.records.monitoring_jobs import MonitoringJob
from assay.records.users import User

PARQUET_MARK = b"PAR1"
# Between two looks whether the job is still wanted.
FETCH_STEP_BYTES = 16 * 2**20

Alive = Callable[[], None]


@dataclass(frozen=True)
class RowsFile:
    """A job's rows as a local file."""

    path: Path
    form: FileForm
    size: int


@contextmanager
def rows_file(ctx: Context, job: MonitoringJob, caller: User, alive: Alive) -> Iterator[RowsFile]:
    """The rows of a job as a local file that the reader knows.

    ``alive`` is called now and then while a file is fetched; what it raises ends that.

    Raises
    ------
    Invalid
        When the rows cannot be had, or are not written as the job says.
    OSError
        When they cannot be had now; another try may succeed.
    """
    with _raw(ctx, job, caller, alive) as found:
        form = checked(job.spec.csv)
        if found.form is not FileForm.CSV or form == checked(USUAL):
            yield found
            return
        with tempfile.NamedTemporaryFile(prefix="assay-job-") as file:
            rewrite(found.path, form, Path(file.name))
            yield RowsFile(Path(file.name), found.form, found.size)


@contextmanager
def _raw(ctx: Context, job: MonitoringJob, caller: User, alive: Alive) -> Iterator[RowsFile]:
    intake = job.spec.intake
    if job.spec.is_uploaded:
        with _uploaded(ctx, job) as path:
            yield RowsFile(path, FileForm.CSV, path.stat().st_size)
        return
    if job.spec.intake_type == DATASET:
        with ctx.store.snapshot() as tx:
            dataset = datasets.completed(access.dataset(tx, caller, intake["datasetId"]))
        with ctx.store.blobs.local_copy(dataset.blob_key) as path:
            yield RowsFile(path, dataset.form, dataset.size)
        return
    with tempfile.NamedTemporaryFile(prefix="assay-job-") as file:
        with _elsewhere(ctx, job) as pieces:
            _write(Path(file.name), pieces, alive)
        path = Path(file.name)
        yield RowsFile(path, form_of(intake) or _form_by_sight(path), path.stat().st_size)


@contextmanager
def _uploaded(ctx: Context, job: MonitoringJob) -> Iterator[Path]:
    if job.intake_key is not None:
        with ctx.store.blobs.local_copy(job.intake_key) as path:
            yield path
        return
    with ctx.store.snapshot() as tx:
        parts = tx.monitoring_jobs.parts(job.id)
    # A part may end in the middle of a line: together they are the file.
    with tempfile.NamedTemporaryFile(prefix="assay-job-") as file:
        for part in parts:
            with ctx.store.blobs.local_copy(part.blob_key) as path, path.open("rb") as piece:
                shutil.copyfileobj(piece, file)
        file.flush()
        yield Path(file.name)


def _elsewhere(ctx: Context, job: MonitoringJob) -> AbstractContextManager[Iterator[bytes]]:
    intake, most = job.spec.intake, ctx.limits.max_upload_bytes
    if job.spec.intake_type == S3:
        return ctx.remote.fetch_object(intake["url"], intake.get("endpointUrl"), most=most)
    return ctx.remote.fetch(intake["url"], most=most)


def _write(path: Path, pieces: Iterator[bytes], alive: Alive) -> None:
    since = 0
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            since += len(piece)
            if since >= FETCH_STEP_BYTES:
                alive()
                since = 0


def _form_by_sight(path: Path) -> FileForm:
    with path.open("rb") as file:
        return FileForm.PARQUET if file.read(4) == PARQUET_MARK else FileForm.CSV
