"""Two processes for calls and two for jobs, over PostgreSQL and an S3 store, killed at random moments under load."""

from pathlib import Path

from tests.crash.killing import require_nothing_lost
from tests.crash.services import production
from tests.postgres import PostgresServer
from tests.s3 import Store
from tests.serving import Production


def test_nothing_is_lost_and_nothing_counts_twice(
    tmp_path: Path, postgres: PostgresServer, empty_database: str, s3: Store
) -> None:
    with postgres.database(empty_database) as address:
        require_nothing_lost(production(tmp_path, Production(address, s3.bucket(f"crash-{tmp_path.name}"))))
