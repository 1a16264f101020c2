"""Rows a second and latencies over HTTP, embedded and on PostgreSQL, while the deployment grows.

Servers are processes of their own and blobs are files. Calls come one after the other: JSON calls of 1,000 rows and
Parquet files, 47 features and an association id a row. ``--stored`` are rows that the deployment holds already when a
line is measured: their deliveries and association ids are written to the database directly, in batches of a million,
since only these grow with the rows; profiles and kept rows of a batch are never touched by another batch's intake.
"""

import argparse
import io
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import polars as pl
import sqlalchemy as sa
from benchmarks._data import scored_rows
from benchmarks._servers import Running, running

from assay.storage.sql.tables import uploads

BATCH_ROWS = 1_000_000
TARGET = {
    "name": "outcome",
    "type": "Binary",
    "classNames": ["1", "0"],
    "predictionProbabilitiesColumn": "score",
}
PARQUET = "application/vnd.apache.parquet"
IDS = {
    "postgresql": """
        INSERT INTO prediction_keys (deployment_id, association_id, upload_seq)
        SELECT :deployment, :batch || '-' || lpad(i::text, 9, '0'), :seq FROM generate_series(0, :rows - 1) AS n(i)
    """,
    "sqlite": """
        INSERT INTO prediction_keys (deployment_id, association_id, upload_seq)
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
        SELECT :deployment, :batch || '-' || printf('%09d', i), :seq FROM n
    """,
}


@dataclass
class Session:
    """A deployment on a running server, and the calls that fill it."""

    server: Running
    client: httpx2.Client
    deployment_id: str = ""
    model_id: str = ""
    stored: int = 0
    sent: int = field(default=0)

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """A call that must succeed."""
        answer = self.client.request(method, path, **more)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def finished(self, answer: httpx2.Response) -> None:
        """Wait for the work that an answer names, if there is any."""
        path = answer.headers.get("Location")
        while path is not None and self.client.get(path).status_code != 303:
            time.sleep(0.01)

    def deploy(self) -> None:
        """A deployment with a baseline of 20,000 rows."""
        data = scored_rows(20_000)
        ids = []
        for name in ("training.parquet", "holdout.parquet"):
            made = self.call("POST", "datasets/fromFile/", files={"file": (name, _bytes(data.drop("id")))})
            self.finished(made)
            ids.append(made.json()["catalogId"])
        datasets = {"trainingDataCatalogId": ids[0], "holdoutDataCatalogId": ids[1]}
        body = {"name": "m", "target": TARGET, "datasets": datasets}
        package = self.call("POST", "modelPackages/fromJSON/", json=body).json()
        made = self.call(
            "POST", "deployments/fromModelPackage/", json={"modelPackageId": package["id"], "label": "benchmark"}
        )
        self.finished(made)
        self.deployment_id, self.model_id = made.json()["id"], package["modelId"]
        settings = {"batchMonitoring": {"enabled": True}, "associationId": {"columnNames": ["id"]}}
        self.finished(self.call("PATCH", f"deployments/{self.deployment_id}/settings/", json=settings))

    def batch(self) -> str:
        """A new batch; its id."""
        path = f"deployments/{self.deployment_id}/monitoringBatches/"
        return str(self.call("POST", path, json={"batchName": secrets.token_hex(4)}).json()["id"])

    def rows(self, count: int) -> pl.DataFrame:
        """Rows that were never sent before."""
        self.sent += 1
        return scored_rows(count, self.sent)

    def send_json(self, batch: str, rows: pl.DataFrame) -> Callable[[], None]:
        """A call that adds rows, made ready."""
        block = {
            "modelId": self.model_id,
            "batchId": batch,
            "features": [{"name": name, "values": rows[name].to_list()} for name in rows.columns if name[0] in "nc"],
            "predictions": [[score, 1 - score] for score in rows["score"]],
            "classNames": ["1", "0"],
            "associationIds": rows["id"].to_list(),
        }
        path = f"deployments/{self.deployment_id}/predictionInputs/fromJSON/"
        request = self.client.build_request("POST", path, json={"data": [block]})

        def send() -> None:
            if (answer := self.client.send(request)).status_code != 202:
                raise RuntimeError(answer.text)

        return send

    def send_file(self, batch: str, rows: pl.DataFrame) -> Callable[[], None]:
        """A call that adds a file, made ready; it ends when the rows are counted."""
        content = _bytes(rows.drop("outcome"))
        path = f"deployments/{self.deployment_id}/monitoringBatches/{batch}/uploads/{secrets.token_hex(4)}/"
        return lambda: self.finished(self.call("PUT", path, content=content, headers={"Content-Type": PARQUET}))

    def fill(self, wanted: int) -> None:
        """Have the deployment hold that many rows, of which only the database's share is written."""
        while self.stored < wanted:
            rows = min(BATCH_ROWS, wanted - self.stored)
            _write_batch(self.server.database, self.deployment_id, self.model_id, self.batch(), rows)
            self.stored += rows
            sys.stderr.write(f"\rfilled {self.stored:,} rows{'' if self.stored < wanted else chr(10)}")


def _bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _write_batch(engine: sa.Engine, deployment_id: str, model_id: str, batch_id: str, rows: int) -> None:
    """A delivery of rows without features, with an association id each: the batch's name and the row's number."""
    now = sa.func.now() if engine.dialect.name == "postgresql" else sa.text("CURRENT_TIMESTAMP")
    values = {
        "id": secrets.token_hex(12),
        "deployment_id": deployment_id,
        "batch_id": batch_id,
        "model_id": model_id,
        "state": "counted",
        "rows": rows,
        "parts": 0,
        "blob_prefix": "",
        "report": {},
        "created_at": now,
        "created_by_id": "0" * 24,
    }
    with engine.begin() as connection:
        seq = connection.execute(uploads.insert().values(**values).returning(uploads.c.seq)).scalar_one()
        connection.execute(
            sa.text(IDS[engine.dialect.name]),
            {"deployment": deployment_id, "batch": batch_id, "seq": seq, "rows": rows},
        )


@contextmanager
def session(backend: str) -> Iterator[Session]:
    """A server with one deployment."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder, running(backend, Path(folder)) as server:
        headers = {"Authorization": f"Bearer {server.token}"}
        with httpx2.Client(base_url=f"{server.url}/api/v2/", headers=headers, timeout=600.0) as client:
            found = Session(server, client)
            found.deploy()
            yield found


def timed(calls: list[Callable[[], None]]) -> list[float]:
    """Seconds of each call."""
    seconds = []
    for call in calls:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def line(what: str, backend: str, stored: int, rows: int, seconds: list[float]) -> str:
    """Rows a second over all calls, and percentiles of their latency."""
    low, mid, high = (1000 * np.percentile(seconds, q) for q in (50, 95, 99))
    return (
        f"{backend:<9} {stored:>12,} stored  {what:<18} {rows * len(seconds) / sum(seconds):>10,.0f} rows/s   "
        f"p50 {low:8.1f} ms   p95 {mid:8.1f} ms   p99 {high:8.1f} ms   ({len(seconds)} calls)"
    )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--backend", nargs="+", choices=["embedded", "postgres"], default=["embedded", "postgres"])
    options.add_argument("--stored", type=int, nargs="+", default=[0, 1_000_000, 10_000_000])
    options.add_argument("--calls", type=int, default=60)
    options.add_argument("--call-rows", type=int, default=1_000)
    options.add_argument("--files", type=int, default=5)
    options.add_argument("--file-rows", type=int, default=100_000)
    given = options.parse_args()
    for backend in given.backend:
        with session(backend) as found:
            # The first calls load what a server loads once.
            timed([found.send_json(found.batch(), found.rows(10)) for _ in range(3)])
            for stored in sorted(given.stored):
                found.fill(stored)
                batch = found.batch()
                calls = [found.send_json(batch, found.rows(given.call_rows)) for _ in range(given.calls)]
                print(line(f"JSON x {given.call_rows:,}", backend, stored, given.call_rows, timed(calls)), flush=True)
                # The same once more: what differs between the two lines is noise.
                batch = found.batch()
                calls = [found.send_json(batch, found.rows(given.call_rows)) for _ in range(given.calls)]
                print(line("  again", backend, stored, given.call_rows, timed(calls)), flush=True)
                files = [found.send_file(found.batch(), found.rows(given.file_rows)) for _ in range(given.files)]
                print(line(f"file x {given.file_rows:,}", backend, stored, given.file_rows, timed(files)), flush=True)


if __name__ == "__main__":
    main()
