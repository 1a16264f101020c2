"""An S3-compatible store on loopback that checks signatures."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from tests.dying import die_with_us

from assay.storage.s3_blobs import Bucket

ENOUGH = 60  # seconds in which it has started
KEY, SECRET = "reader", "a/secret+of=the-test"
BUCKET = "rows"


@dataclass(frozen=True)
class Store:
    """Where it is."""

    port: int

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://{self.host}"

    @property
    def options(self) -> dict[str, str]:
        """How Polars, a client of its own, reaches it."""
        return {
            "aws_endpoint_url": self.endpoint,
            "aws_access_key_id": KEY,
            "aws_secret_access_key": SECRET,
            "aws_region": "us-east-1",
            "aws_allow_http": "true",
        }

    def bucket(self, prefix: str) -> Bucket:
        """A part of its bucket, for a server of ours."""
        return Bucket(BUCKET, prefix, endpoint=self.endpoint, access_key_id=KEY, secret_access_key=SECRET)

    def put(self, key: str, frame: pl.DataFrame) -> str:
        """Store a table as Parquet, or as CSV where the key says so; its address."""
        url = f"s3://{BUCKET}/{key}"
        if key.endswith(".csv"):
            frame.lazy().sink_csv(url, storage_options=self.options)
        else:
            frame.lazy().sink_parquet(url, storage_options=self.options)
        return url


@contextmanager
def store(folder: Path) -> Iterator[Store]:
    """A store with one bucket and one user, stopped afterwards."""
    config = folder / "s3.json"
    user = {
        "name": "reader",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    config.write_text(json.dumps({"identities": [user]}))
    names = ["master.port", "volume.port", "filer.port", "s3.port"]
    names += [f"{name}.grpc" for name in names]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    command = [
        str(Path(sys.executable).parent / "weed"),
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=40",
        "-volume.preStopSeconds=0",
        "-s3",
        # Other servers in the same process, on ports that two of them would fight for.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={config}",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            preexec_fn=die_with_us,  # noqa: PLW1509  # it only asks the system for a signal
        )
        try:
            found = Store(ports["s3.port"])
            _begin(found, process, folder / "weed.log")
            yield found
        finally:
            process.kill()
            process.wait()


def _begin(found: Store, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the store takes a first object, which makes the bucket."""
    end = time.monotonic() + ENOUGH
    while True:
        try:
            found.put("first.parquet", pl.DataFrame({"a": [1]}))
        except (OSError, pl.exceptions.PolarsError):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"The store did not start: {log.read_text()[-2_000:]}") from None
            time.sleep(0.2)
        else:
            return


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
