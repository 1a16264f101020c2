"""Stores with two deployments that were made once over HTTP, and copies of them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from tests.material import Prepared, binary_deployment, regression_deployment
from tests.postgres import PostgresServer
from tests.s3 import Store
from tests.serving import Production, copied, serving

from assay.storage.s3_blobs import S3Blobs


def in_directory(folder: Path) -> Prepared:
    """A folder, copied by copying its files."""

    @contextmanager
    def copy(target: Path) -> Iterator[Path]:
        yield copied(folder, target)

    with serving(folder) as server:
        binary, regression = binary_deployment(server), regression_deployment(server)
        return Prepared(folder, server.tokens, binary, regression, copy)


@contextmanager
def in_production(folder: Path, postgres: PostgresServer, s3: Store, empty: str) -> Iterator[Prepared]:
    """A database, copied by the server, and some objects, copied by sending them again below another prefix."""
    with postgres.database(empty) as address:
        made = Production(address, s3.bucket(f"prepared-{secrets.token_hex(6)}"))
        with serving(made) as server:
            binary, regression = binary_deployment(server), regression_deployment(server)
            tokens = server.tokens
        blobs = S3Blobs(made.bucket)
        contents = {key: blobs.read(key) for key in blobs.list("")}

        @contextmanager
        def copy(_: Path) -> Iterator[Production]:
            bucket = s3.bucket(f"test-{secrets.token_hex(6)}")
            own = S3Blobs(bucket)
            for key, content in contents.items():
                own.put(key, [content])
            with postgres.database(sa.make_url(address).database) as another:
                yield Production(another, bucket)

        yield Prepared(folder, tokens, binary, regression, copy)
