"""A server in this process, over a real store in a folder, and users who call it."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from assay.http.app import create_app
from assay.jobs.worker import Worker
from assay.monitoring import tokens
from assay.monitoring.context import Context
from assay.records.limits import Limits
from assay.server.settings import ServerSettings
from assay.server.wiring import Parts, open_folder, open_parts
from assay.storage.blobs import LocalBlobs
from assay.storage.directory import DirectoryStorage
from assay.storage.postgres import PostgresStorage
from assay.storage.remote.files import RemoteFiles
from assay.storage.s3_blobs import Bucket
from assay.storage.sql.tables import metadata

API = "http://testserver/api/v2/"

# What a call changes in any case: when its token was last used.
ALWAYS_CHANGING = {("tokens", "last_used_at")}


@dataclass(frozen=True)
class Production:
    """A PostgreSQL database with the present schema, and a part of a bucket."""

    database: str
    bucket: Bucket

    @property
    def environment(self) -> dict[str, str]:
        """How a process is told of both."""
        bucket = self.bucket
        return {
            "ASSAY_DATABASE_URL": self.database,
            "ASSAY_BLOBS_URL": f"s3://{bucket.name}/{bucket.prefix}?endpoint={bucket.endpoint}",
            "ASSAY_BLOBS_ACCESS_KEY_ID": str(bucket.access_key_id),
            "ASSAY_BLOBS_SECRET_ACCESS_KEY": str(bucket.secret_access_key),
            "ASSAY_SECRET_KEY": SECRET_KEY,
        }

    def open(self, limits: Limits | None = None, remote: RemoteFiles | None = None) -> Parts:
        """A server's parts over both."""
        options = {name.removeprefix("ASSAY_").lower(): value for name, value in self.environment.items()}
        parts = open_parts(ServerSettings(**options), limits)
        return parts if remote is None else replace(parts, context=replace(parts.context, remote=remote))


SECRET_KEY = "5e" * 32


@dataclass(frozen=True)
class User:
    """Somebody who calls the server; paths are given below ``/api/v2/``."""

    client: TestClient
    token: str | None
    server: "Served"

    def request(self, method: str, path: str, **more: Any) -> Any:
        """One call; redirects are shown, not followed."""
        headers = dict(more.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        more.setdefault("follow_redirects", False)
        url = path if path.startswith(("http:", "/")) else API + path
        return self.client.request(method, url, headers=headers, **more)

    def get(self, path: str, **params: Any) -> Any:
        """Read, with query parameters by name; without any, the path may have its own."""
        return self.request("GET", path, params=params or None)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Send JSON, or nothing."""
        return self.request("POST", path, json=body, **more) if body is not None else self.request("POST", path, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Any:
        """Change by JSON."""
        return self.request("PATCH", path, json=body, **more)

    def delete(self, path: str) -> Any:
        """Delete."""
        return self.request("DELETE", path)

    def put(self, path: str, content: Any, media_type: str = "text/csv", **params: Any) -> Any:
        """Send a file."""
        return self.request("PUT", path, content=content, params=params or None, headers={"Content-Type": media_type})

    def read(self, path: str, **params: Any) -> Any:
        """The JSON of a read that must succeed."""
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def finished(self, answer: Any) -> str:
        """Run the work that a 202 announced; where its result is."""
        assert answer.status_code == 202, answer.text
        self.server.work()
        status = self.get(answer.headers["Location"])
        assert status.status_code == 303, status.text
        return str(status.headers["Location"])


@dataclass(frozen=True)
class Served:
    """A running application with its store."""

    client: TestClient
    store: DirectoryStorage | PostgresStorage
    context: Context
    tokens: dict[str, str]
    place: Path | Production

    def user(self, name: str) -> User:
        """The user of this name: ``owner``, ``stranger`` or ``admin``."""
        return User(self.client, self.tokens[name], self)

    @property
    def owner(self) -> User:
        """Who made everything."""
        return self.user("owner")

    @property
    def stranger(self) -> User:
        """Who may see nothing of the owner's."""
        return self.user("stranger")

    @property
    def admin(self) -> User:
        """Who may see everything."""
        return self.user("admin")

    @property
    def nobody(self) -> User:
        """Who has no token."""
        return User(self.client, None, self)

    def work(self) -> None:
        """Run jobs until none is due."""
        worker = Worker(self.context)
        while worker.run_one():
            pass

    def contents(self) -> dict[str, list[Any]]:
        """Every row of every table, and every blob with its hash: equal before and after a call that stored nothing."""
        found: dict[str, list[Any]] = {}
        with self.store.engine.connect() as connection:
            for table in metadata.sorted_tables:
                columns = [c for c in table.c if (table.name, c.name) not in ALWAYS_CHANGING]
                rows = connection.execute(sa.select(*columns)).all()
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        found["blobs"] = sorted(self._blobs())
        return found

    def _blobs(self) -> Iterator[tuple[str, str]]:
        blobs = self.store.blobs
        if isinstance(blobs, LocalBlobs):
            # Also what lies beside the blobs.
            for path in blobs.root.rglob("*"):
                if path.is_file():
                    yield str(path.relative_to(blobs.root)), hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            for key in blobs.list(""):
                yield key, hashlib.sha256(blobs.read(key)).hexdigest()


@contextmanager
def serving(
    place: Path | Production,
    known: dict[str, str] | None = None,
    limits: Limits | None = None,
    remote: RemoteFiles | None = None,
) -> Iterator[Served]:
    """Serve a folder or a database; users get tokens unless some are ``known`` from an earlier time."""
    parts = opened(place, limits, remote)
    given = known or {
        name: tokens.create(parts.context, name, is_admin=name == "admin") for name in ("owner", "stranger", "admin")
    }
    try:
        with TestClient(create_app(parts.context)) as client:
            yield Served(client, parts.store, parts.context, given, place)
    finally:
        parts.store.close()


def opened(place: Path | Production, limits: Limits | None = None, remote: RemoteFiles | None = None) -> Parts:
    """A server's parts over a folder or a database."""
    return open_folder(place, limits, remote) if isinstance(place, Path) else place.open(limits, remote)


def told(place: Path | Production) -> str:
    """A place as another process is told of it; `place_told` reads it."""
    return str(place) if isinstance(place, Path) else json.dumps([place.database, asdict(place.bucket)])


def place_told(text: str) -> Path | Production:
    """The place that `told` wrote."""
    if not text.startswith("["):
        return Path(text)
    database, bucket = json.loads(text)
    return Production(database, Bucket(**bucket))


def copied(source: Path, target: Path) -> Path:
    """A copy of a store that nobody has open."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    return target
