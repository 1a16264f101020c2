"""The operator's commands over a database, each in a process of its own, as an operator runs them."""

import subprocess
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from tests.backends.processes import LISTENING, WORKING, command, environment, ran, started
from tests.postgres import PostgresServer
from tests.s3 import Store
from tests.serving import Production


@pytest.fixture
def place(postgres: PostgresServer, s3: Store, tmp_path: Path):
    """A database in which there is nothing."""
    with postgres.database() as address:
        yield Production(address, s3.bucket(f"commands-{tmp_path.name}"))


@pytest.fixture
def migrated(postgres: PostgresServer, s3: Store, empty_database: str, tmp_path: Path):
    """A database with the present schema and nothing in it."""
    with postgres.database(empty_database) as address:
        yield Production(address, s3.bucket(f"commands-{tmp_path.name}"))


def one_line(run: "subprocess.CompletedProcess[str]") -> str:
    """What a command that failed said."""
    assert (run.returncode, run.stdout) == (1, "")
    (line,) = run.stderr.splitlines()
    return line


def test_a_database_without_a_schema_is_refused_in_one_line_until_it_is_migrated(place: Production) -> None:
    told = "The database has schema none, this program needs "
    for arguments in (("serve", "--port", "0"), ("worker",)):
        line = one_line(ran(*arguments, place=place))
        assert line.startswith(told)
        assert "Run 'assay migrate'" in line
    # Several at once do it once.
    several = [
        subprocess.Popen(command("migrate"), env=environment(place), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ends = [(process.communicate()[0], process.returncode) for process in several]
    assert [(text.endswith("is up to date.\n"), code) for text, code in ends] == [(True, 0)] * 2
    assert ran("token", "create", "--admin", place=place).stdout.startswith("assay_")


def test_a_database_of_a_newer_version_is_refused_in_one_line(migrated: Production) -> None:
    place = migrated
    engine = sa.create_engine(place.database, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for arguments in (("serve", "--port", "0"), ("migrate",)):
        line = one_line(ran(*arguments, place=place))
        assert line.startswith("The database has schema 9999, this program needs ")
        assert line.endswith("or use the version of Assay that wrote it.")


def test_a_database_that_is_not_there_is_told_in_one_line(place: Production, tmp_path: Path) -> None:
    nowhere = f"postgresql://somebody:hidden@/assay?host={tmp_path}"
    run = ran("worker", place=place, ASSAY_DATABASE_URL=nowhere)
    assert run.returncode == 1
    assert "The database cannot do this now: the connection broke, or cannot be had" in run.stderr
    assert "hidden" not in run.stderr


def test_servers_that_start_at_once_make_one_first_token_between_them(migrated: Production, tmp_path: Path) -> None:
    place = migrated
    files = [tmp_path / f"token-{n}" for n in range(2)]
    serve = ("serve", "--workers", "0", "--port", "0", "--token-file")
    with (
        started(tmp_path / "one", *serve, str(files[0]), place=place) as one,
        started(tmp_path / "other", *serve, str(files[1]), place=place) as other,
        started(tmp_path / "worker", "worker", "--threads", "1", place=place) as worker,
    ):
        urls = [process.said(LISTENING).group(1) for process in (one, other)]
        worker.said(WORKING)
        (made,) = [file for file in files if file.exists()]
        headers = {"Authorization": f"Bearer {made.read_text().strip()}"}
        # A token that one process has made is known to the other.
        for url in urls:
            assert httpx2.get(f"{url}/api/v2/deployments/", headers=headers).status_code == 200
        assert worker.ended() == 0
        log = (tmp_path / "one").read_text() + (tmp_path / "other").read_text()
    assert place.database not in log
