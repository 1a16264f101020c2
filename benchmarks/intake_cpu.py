"""CPU of taking rows in, by JSON calls of 10,000 rows and by one file, in multiples of parsing alone."""

import argparse
import hashlib
import io
import json
import tempfile
import time
from pathlib import Path

import polars as pl
from benchmarks._data import scored_rows

from assay.http.bodies import decoded
from assay.http.intake import PredictionInputs, rows_call
from assay.jobs.worker import Worker
from assay.monitoring import datasets, models, tokens
from assay.monitoring.context import Context
from assay.monitoring.deployments import batches, deployments
from assay.monitoring.deployments.deployments import NewDeployment
from assay.monitoring.intake import predictions, uploads
from assay.monitoring.models import NewModelPackage
from assay.records.datasets import FileForm
from assay.records.models import Target, TargetType
from assay.records.users import User
from assay.server.wiring import open_folder

ROWS_A_CALL = 10_000


def deployment(ctx: Context, user: User) -> tuple[str, str, str]:
    """A deployment with a baseline and one batch: its id, its model's, the batch's."""
    buffer = io.BytesIO()
    scored_rows(20_000).write_parquet(buffer)
    data = datasets.accept(ctx, user, "training.parquet", FileForm.PARQUET, [buffer.getvalue()])
    run_jobs(ctx)
    target = Target("outcome", TargetType.BINARY, ("1", "0"), prediction_column="score")
    package = models.create(ctx, user, NewModelPackage("model", None, target, {}, data.id, data.id))
    made, _ = deployments.create(ctx, user, NewDeployment(package.id, "benchmark"))
    run_jobs(ctx)
    deployments.change_settings(ctx, user, made.id, {"batch_monitoring": True, "association_id_column": "id"})
    return made.id, package.model_id, batches.create(ctx, user, made.id, {"name": "batch"}).id


def run_jobs(ctx: Context) -> None:
    """Run every job that is due."""
    worker = Worker(ctx)
    while worker.run_one():
        pass


def call(frame: pl.DataFrame, model_id: str, batch_id: str) -> bytes:
    """The JSON body of some rows."""
    features = [c for c in frame.columns if c[0] in "nc"]
    block = {
        "modelId": model_id,
        "batchId": batch_id,
        "features": [{"name": name, "values": frame[name].to_list()} for name in features],
        "predictions": [[score, 1 - score] for score in frame["score"]],
        "associationIds": frame["id"].to_list(),
    }
    return json.dumps({"data": [block]}).encode()


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=10)
    options.add_argument("--file-rows", type=int, default=200_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parts = open_folder(Path(folder) / "data")
        ctx = parts.context
        tokens.create(ctx, "admin", is_admin=True)
        with ctx.store.snapshot() as tx:
            user = tx.users.find("admin")
        if user is None:
            raise LookupError("admin")
        deployment_id, model_id, batch_id = deployment(ctx, user)

        bodies = [call(scored_rows(ROWS_A_CALL, seed), model_id, batch_id) for seed in range(1, given.calls + 1)]
        cpu = time.process_time()
        for body in bodies:
            decoded(body, PredictionInputs)
        parsing = time.process_time() - cpu
        start, cpu = time.perf_counter(), time.process_time()
        for body in bodies:
            predictions.accept(ctx, user, deployment_id, rows_call(decoded(body, PredictionInputs)))
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        rows = given.calls * ROWS_A_CALL
        print(f"JSON  {rows / wall:12,.0f} rows/s   {cpu / parsing:5.1f} x the CPU of parsing the bodies")

        path = Path(folder) / "rows.parquet"
        scored_rows(given.file_rows, seed=99).write_parquet(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        file = uploads.NewFile(batch_id, "file", FileForm.PARQUET, path, path.stat().st_size, digest)
        start, cpu = time.perf_counter(), time.process_time()
        uploads.accept(ctx, user, deployment_id, file)
        run_jobs(ctx)
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        start = time.process_time()
        pl.read_parquet(path)
        decode = time.process_time() - start
        print(f"file  {given.file_rows / wall:12,.0f} rows/s   {cpu / decode:5.1f} x the CPU of decoding the file")
        parts.store.close()


if __name__ == "__main__":
    main()
