"""Data sets: taken in, read once to learn their columns, kept as they came."""

from collections.abc import Iterable, Sequence

from assay.engines.inference import ColumnEvidence
from assay.errors import Conflict, FileUnreadable, Gone, UnknownDataset
from assay.monitoring import access, paths
from assay.monitoring.context import Context
from assay.monitoring.queueing import queued
from assay.monitoring.undoing import undone
from assay.records.datasets import CATEGORIES, Dataset, DatasetState, FileForm
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.pages import Page, PageRequest
from assay.records.users import User

READ_DATASET = "read_dataset"


def accept(
    ctx: Context,
    caller: User,
    name: str,
    form: FileForm,
    chunks: Iterable[bytes],
    *,
    categories: Sequence[str] = CATEGORIES,
) -> Dataset:
    """Keep an uploaded table and queue its reading."""
    now = ctx.clock()
    dataset_id = new_id(now)
    key = f"datasets/{dataset_id}"
    size = ctx.store.blobs.put(key, chunks)
    job = queued(READ_DATASET, {"dataset_id": dataset_id}, caller.id, now, result_path=paths.dataset(dataset_id))
    dataset = Dataset(
        id=dataset_id,
        owner_id=caller.id,
        owner_name=caller.name,
        name=name,
        form=form,
        state=DatasetState.RUNNING,
        error=None,
        row_count=None,
        size=size,
        blob_key=key,
        columns={},
        job_id=job.id,
        created_at=now,
        deleted_at=None,
        categories=list(categories),
    )
    with undone(lambda: ctx.store.blobs.delete(key)), ctx.store.transaction() as tx:
        tx.datasets.create(dataset)
        tx.jobs.create(job)
    return dataset


def read(ctx: Context, job: Job) -> None:
    """Learn rows and column kinds of an uploaded table; a table that cannot be read is marked so."""
    dataset_id = job.args["dataset_id"]
    with ctx.store.snapshot() as tx:
        dataset = tx.datasets.find(dataset_id)
    if dataset is None:
        raise UnknownDataset(dataset_id)
    try:
        rows, columns = _learn(ctx, dataset)
    except FileUnreadable as fault:
        with ctx.store.transaction() as tx:
            tx.jobs.hold(job)
            tx.datasets.update(dataset_id, state=DatasetState.ERROR, error=str(fault))
            tx.jobs.fail(job, str(fault), ctx.clock(), None)
        return
    with ctx.store.transaction() as tx:
        tx.datasets.update(dataset_id, state=DatasetState.COMPLETED, row_count=rows, columns=columns)
        tx.jobs.complete(job, ctx.clock())


def _learn(ctx: Context, dataset: Dataset) -> tuple[int, dict[str, str]]:
    rows = 0
    with ctx.store.blobs.local_copy(dataset.blob_key) as path:
        evidence = {name: ColumnEvidence() for name in ctx.engine.columns(path, dataset.form)}
        for chunk in ctx.engine.chunks(path, dataset.form, rows=ctx.limits.chunk_rows):
            rows += chunk.height
            evidence = {name: seen.merge(ColumnEvidence.of(chunk[name])) for name, seen in evidence.items()}
    return rows, {name: str(found.kind) for name, found in evidence.items()}


def get(ctx: Context, caller: User, dataset_id: str) -> Dataset:
    """One data set."""
    with ctx.store.snapshot() as tx:
        return access.dataset(tx, caller, dataset_id)


def page(
    ctx: Context, caller: User, request: PageRequest, *, newest_first: bool, without_failed: bool, category: str | None
) -> Page[Dataset]:
    """Data sets that the caller sees."""
    with ctx.store.snapshot() as tx:
        return tx.datasets.list(
            access.owner_filter(caller),
            request,
            newest_first=newest_first,
            without_failed=without_failed,
            category=category,
        )


def delete(ctx: Context, caller: User, dataset_id: str) -> None:
    """Remove a data set, unless a model package still names it."""
    with ctx.store.transaction() as tx:
        dataset = access.dataset(tx, caller, dataset_id)
        users = tx.model_packages.using_dataset(dataset_id)
        if users:
            raise Conflict(
                f"Data set {dataset_id} is named by {users} model package(s) that are not archived. Archive them first."
            )
        tx.datasets.delete(dataset_id, ctx.clock())
    ctx.store.blobs.delete(dataset.blob_key)


def completed(dataset: Dataset) -> Dataset:
    """The data set, if it has been read; otherwise a refusal that says why it cannot be used yet."""
    if dataset.state is DatasetState.RUNNING:
        raise Conflict(f"Data set {dataset.id} is still being read. Poll the Location of its upload first.")
    if dataset.state is DatasetState.ERROR:
        raise Gone(f"Data set {dataset.id} could not be read: {dataset.error}")
    return dataset
