"""Clients that load a server, and the model they keep: what each call was, when it was made, what it must come to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import polars as pl
from tests.material import FORMS, Ready, binary_block, binary_rows, file_of


@dataclass(frozen=True)
class Call:
    """One call that was answered 2xx: which rows or outcomes it brought, and when it began and ended."""

    kind: str
    batch: int
    rows: pl.DataFrame
    began: float
    ended: float

    @property
    def ids(self) -> list[str]:
        return self.rows["id"].to_list()


@dataclass
class Load:
    """Four clients: rows by JSON, rows by file, outcomes, and one that makes and deletes things."""

    url: str
    token: str
    ready: Ready
    batches: list[str]
    calls: list[Call] = field(default_factory=list)
    made_and_deleted: int = 0
    faults: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _number: int = 0

    def _next(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def _client(self) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=f"{self.url}/api/v2/", headers=headers, timeout=120)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send calls until the context ends."""
        threads = [threading.Thread(target=self._run, args=(work,)) for work in self.works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    @property
    def works(self) -> list[Callable[[httpx2.Client, int], None]]:
        return [self._rows, self._file, self._outcomes, self._passing]

    def _run(self, work: Callable[[httpx2.Client, int], None]) -> None:
        with self._client() as client:
            while not self._stop.is_set():
                try:
                    work(client, self._next())
                except httpx2.TransportError as fault:
                    self.faults.append(repr(fault))
                    return

    def _sent(self, kind: str, batch: int, rows: pl.DataFrame, call: Callable[[], Any]) -> None:
        began = time.monotonic()
        answer = call()
        if answer.status_code >= 300:
            self.faults.append(answer.text)
            return
        self.calls.append(Call(kind, batch, rows, began, time.monotonic()))

    def _rows(self, client: httpx2.Client, number: int) -> None:
        batch, rows = number % len(self.batches), binary_rows(10_000 + number, 5 + number % 20)
        block = binary_block(self.ready, rows, self.batches[batch])
        path = self.ready.path("predictionInputs", "fromJSON")
        self._sent("rows", batch, rows, lambda: client.post(path, json={"data": [block]}))

    def _file(self, client: httpx2.Client, number: int) -> None:
        batch, rows = number % len(self.batches), binary_rows(20_000 + number, 30 + number % 20)
        path = self.ready.path("monitoringBatches", self.batches[batch], "uploads", f"file-{number}")
        headers = {"Content-Type": FORMS["parquet"]}
        content = file_of(rows, "parquet")
        self._sent("file", batch, rows, lambda: client.put(path, content=content, headers=headers))

    def _outcomes(self, client: httpx2.Client, number: int) -> None:
        known = [call for call in list(self.calls) if call.kind in {"rows", "file"}]
        if not known:
            time.sleep(0.01)
            return
        # Every second row of a call gets its outcome; the same ones again change nothing.
        call = known[number % len(known)]
        rows = call.rows.gather_every(2)
        data = [{"associationId": i, "actualValue": v} for i, v in zip(rows["id"], rows["target"], strict=True)]
        path = self.ready.path("actuals", "fromJSON")
        self._sent("actuals", call.batch, rows, lambda: client.post(path, json={"data": data}))

    def _passing(self, client: httpx2.Client, number: int) -> None:
        """A batch with rows and a data set that are deleted again: their blobs come and go."""
        name = f"passing {number}"
        batch = client.post(self.ready.path("monitoringBatches"), json={"batchName": name}).json()["id"]
        rows = binary_rows(30_000 + number, 25)
        path = self.ready.path("monitoringBatches", batch, "uploads", "x")
        client.put(path, content=file_of(rows), headers={"Content-Type": "text/csv"}).raise_for_status()
        dataset = client.post("datasets/fromFile/", files={"file": ("t.csv", b"a,b\n1,2\n")}).json()["catalogId"]
        client.delete(self.ready.path("monitoringBatches", batch)).raise_for_status()
        client.delete(f"datasets/{dataset}/").raise_for_status()
        self.made_and_deleted += 1
