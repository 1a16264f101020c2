"""Rows written in a second by an export, and the memory that it takes, which must not grow with the rows.

Each export runs in a process of its own: its peak says what the export took and not what came before.
"""

import argparse
import hashlib
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from assay.jobs.worker import Worker
from assay.monitoring import datasets, models, tokens
from assay.monitoring.context import Context
from assay.monitoring.deployments import batches, deployments
from assay.monitoring.deployments.deployments import NewDeployment
from assay.monitoring.exports import exports
from assay.monitoring.exports.exports import NewExport
from assay.monitoring.intake import uploads
from assay.monitoring.models import NewModelPackage
from assay.records.datasets import FileForm
from assay.records.exports import ExportKind
from assay.records.models import Target, TargetType
from assay.records.users import User
from assay.server.wiring import open_folder

NUMBERS, CATEGORIES, FILE_ROWS = 15, 5, 250_000


def rows(count: int, seed: int) -> pl.DataFrame:
    """Rows of 20 features, a score, an outcome and an id."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {f"n{i}": random.normal(i, 1, count) for i in range(NUMBERS)}
    for i in range(CATEGORIES):
        columns[f"c{i}"] = np.array([f"level{j}" for j in range(20)])[random.integers(0, 20, count)]
    columns["score"] = random.random(count)
    columns["outcome"] = (random.random(count) < 0.3).astype(np.int64)
    columns["id"] = [f"{seed:04x}{i:012x}" for i in range(count)]
    return pl.DataFrame(columns)


def admin(ctx: Context) -> User:
    """Who owns everything."""
    with ctx.store.snapshot() as tx:
        user = tx.users.find("admin")
    if user is None:
        raise LookupError("admin")
    return user


def run_jobs(ctx: Context) -> None:
    """Run every job that is due."""
    worker = Worker(ctx)
    while worker.run_one():
        pass


def prepared(folder: Path, count: int) -> str:
    """A deployment with that many rows in one batch; its id."""
    parts = open_folder(folder / "store")
    ctx = parts.context
    tokens.create(ctx, "admin", is_admin=True)
    user = admin(ctx)
    file = folder / "rows.parquet"
    rows(20_000, 0).drop("id").write_parquet(file)
    data = datasets.accept(ctx, user, "training.parquet", FileForm.PARQUET, [file.read_bytes()])
    run_jobs(ctx)
    target = Target("outcome", TargetType.BINARY, ("1", "0"), prediction_column="score")
    package = models.create(ctx, user, NewModelPackage("model", None, target, {}, data.id, data.id))
    made, _ = deployments.create(ctx, user, NewDeployment(package.id, "benchmark"))
    run_jobs(ctx)
    deployments.change_settings(ctx, user, made.id, {"batch_monitoring": True, "association_id_column": "id"})
    batch = batches.create(ctx, user, made.id, {"name": "batch"})
    for number in range(-(-count // FILE_ROWS)):
        rows(min(FILE_ROWS, count - number * FILE_ROWS), number + 1).write_parquet(file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        new = uploads.NewFile(batch.id, f"file {number}", FileForm.PARQUET, file, file.stat().st_size, digest)
        uploads.accept(ctx, user, made.id, new)
        run_jobs(ctx)
    parts.store.close()
    return made.id


def peak() -> float:
    """Greatest memory of this process so far, in MB; Linux tells it."""
    # What `resource` tells would begin with the memory of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def exported(folder: Path, deployment_id: str, form: FileForm) -> str:
    """One line about one export."""
    parts = open_folder(folder / "store")
    ctx, before = parts.context, peak()
    export, _ = exports.create(ctx, admin(ctx), deployment_id, NewExport(ExportKind.PREDICTIONS, form))
    start = time.perf_counter()
    run_jobs(ctx)
    seconds = time.perf_counter() - start
    with ctx.store.snapshot() as tx:
        found = tx.exports.find(export.id)
        made = None if found is None or found.dataset_id is None else tx.datasets.find(found.dataset_id)
    parts.store.close()
    if found is None or found.rows is None or made is None:
        raise LookupError(f"export {export.id}")
    speed = f"{found.rows:>10,} rows {found.rows / seconds:>9,.0f} rows/s {made.size / 2**20:>8,.0f} MB"
    return f"{form:<8}{speed}   memory {before:4.0f} MB at first, {peak():4.0f} MB at most"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    given = options.parse_args()
    processes = multiprocessing.get_context("spawn")
    for count in (given.rows // 10, given.rows):
        with tempfile.TemporaryDirectory() as folder:
            deployment_id = prepared(Path(folder), count)
            for form in exports.FORMS:
                with processes.Pool(1) as pool:
                    print(pool.apply(exported, (Path(folder), deployment_id, form)))


if __name__ == "__main__":
    main()
