"""CPU seconds of 10,000 and of a million actuals that find their predictions among N stored ones.

The N predictions lie in batches of 100,000. The actuals belong to rows of all batches in turn, which is the worst case:
every batch that is touched has its accuracy computed whole. With ``--spread 1`` they belong to one batch, as a night's
outcomes do.
"""

import argparse
import hashlib
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.export import admin, run_jobs

from assay.monitoring import datasets, models, tokens
from assay.monitoring.actuals import actuals
from assay.monitoring.actuals.actuals import SentActual
from assay.monitoring.context import Context
from assay.monitoring.deployments import batches, deployments
from assay.monitoring.deployments.deployments import NewDeployment
from assay.monitoring.intake import uploads
from assay.monitoring.models import NewModelPackage
from assay.records.datasets import FileForm
from assay.records.models import Target, TargetType
from assay.server.wiring import open_folder

BATCH_ROWS, CALL_ROWS = 100_000, 10_000


def rows(count: int, batch: int) -> pl.DataFrame:
    """Rows of a batch: one feature, a score, an id."""
    random = np.random.default_rng(batch)
    ids = [f"{batch:06d}-{i:06d}" for i in range(count)]
    columns = {"x": random.normal(0, 1, count), "score": random.random(count), "id": ids}
    return pl.DataFrame(columns)


def filled(ctx: Context, folder: Path, count: int) -> str:
    """A deployment with that many predictions; its id."""
    user = admin(ctx)
    file = folder / "rows.parquet"
    training = rows(10_000, 0).drop("id").with_columns((pl.col("score") < 0.5).cast(pl.Int64).alias("outcome"))
    training.write_parquet(file)
    data = datasets.accept(ctx, user, "training.parquet", FileForm.PARQUET, [file.read_bytes()])
    run_jobs(ctx)
    target = Target("outcome", TargetType.BINARY, ("1", "0"), prediction_column="score")
    package = models.create(ctx, user, NewModelPackage("model", None, target, {}, data.id, data.id))
    made, _ = deployments.create(ctx, user, NewDeployment(package.id, "benchmark"))
    run_jobs(ctx)
    deployments.change_settings(ctx, user, made.id, {"batch_monitoring": True, "association_id_column": "id"})
    for number in range(-(-count // BATCH_ROWS)):
        batch = batches.create(ctx, user, made.id, {"name": f"batch {number}"})
        rows(min(BATCH_ROWS, count - number * BATCH_ROWS), number).write_parquet(file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        new = uploads.NewFile(batch.id, "file", FileForm.PARQUET, file, file.stat().st_size, digest)
        uploads.accept(ctx, user, made.id, new)
        run_jobs(ctx)
    return made.id


def told(ctx: Context, deployment_id: str, count: int, stored: int, spread: int) -> str:
    """One line about a delivery of actuals: taken in, and computed."""
    in_batches = min(spread, -(-stored // BATCH_ROWS))
    step = np.arange(count)
    wanted = [f"{b:06d}-{r:06d}" for b, r in zip(step % in_batches, step // in_batches, strict=True)]
    user, start, wall = admin(ctx), time.process_time(), time.perf_counter()
    for first in range(0, count, CALL_ROWS):
        call = [SentActual(i, "1" if i[-1] in "13579" else "0", None, None) for i in wanted[first : first + CALL_ROWS]]
        actuals.accept(ctx, user, deployment_id, call, keep_unmatched=True)
    taken = time.process_time()
    run_jobs(ctx)
    done = time.process_time()
    return (
        f"{count:>9,} actuals of {stored:>10,} predictions in {in_batches:>4} batches:"
        f" taken {taken - start:8.2f} s CPU, computed {done - taken:8.2f} s CPU,"
        f" {time.perf_counter() - wall:8.2f} s in all"
    )


def measured(stored: int, deliveries: list[int], spread: int) -> list[str]:
    """A line for each delivery, one after the other into the same deployment."""
    with tempfile.TemporaryDirectory() as folder:
        parts = open_folder(Path(folder) / "store")
        tokens.create(parts.context, "admin", is_admin=True)
        deployment_id = filled(parts.context, Path(folder), stored)
        lines = [told(parts.context, deployment_id, min(count, stored), stored, spread) for count in deliveries]
        parts.store.close()
    return lines


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000, help="stored predictions; 10,000,000 take an hour")
    options.add_argument("--actuals", type=int, nargs="+", default=[10_000, 1_000_000])
    options.add_argument("--spread", type=int, default=10**9, help="how many batches the actuals belong to")
    given = options.parse_args()
    for line in measured(given.rows, given.actuals, given.spread):
        print(line)


if __name__ == "__main__":
    main()
