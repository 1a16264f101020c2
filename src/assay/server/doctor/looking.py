"""All looks, in order: what a later one rests on comes first, and where that fails the later one is left out."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from pydantic import ValidationError

from assay.errors import AssayError, Misconfigured
from assay.server.doctor import blobs, database, folder, queue
from assay.server.doctor.check import Check, Subject, Verdict, failing, ok
from assay.server.settings import ServerSettings
from assay.server.wiring import open_database, shared_secret
from assay.storage.directory import DATABASE, DirectoryStorage

Look = Callable[[Subject], Check]

OF_FOLDER: Sequence[tuple[str, Callable[[Path], Check]]] = (
    ("folder", folder.rights),
    ("disk", folder.room),
    ("key", folder.key),
    ("write log", folder.write_log),
)
OF_DATABASE: Sequence[tuple[str, Look]] = (
    ("tokens", database.tokens),
    ("jobs", queue.backlog),
    ("leases", queue.leases),
    ("failed jobs", queue.dead),
)
OF_BLOBS: Sequence[tuple[str, Look]] = (("clock", database.clock), ("blobs", blobs.referenced))


def look(data_dir: Path | None, *, full: bool) -> list[Check]:
    """Everything that can be looked at, with the server running or not."""
    try:
        settings = ServerSettings() if data_dir is None else ServerSettings(data_dir=data_dir)
    except ValidationError as fault:
        wrong = [f"ASSAY_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in fault.errors()]
        return [failing("settings", "The environment holds values that are not possible.", "Set them right.", wrong)]
    checks = [ok("settings", "The environment can be read.")]
    if settings.database_url is not None and data_dir is None:
        return checks + _of_production(settings, full=full)
    place = settings.data_dir
    if not (place / DATABASE).exists():
        advice = "'assay serve' makes it, --data-dir or ASSAY_DATA_DIR names it."
        return [*checks, failing("folder", f"There is no server data in {place}.", advice)]
    store = DirectoryStorage(place)
    try:
        subject = Subject(store, datetime.now(UTC), place, full)
        checks += [_seen(name, partial(check, place)) for name, check in OF_FOLDER]
        return checks + of_store(subject, settings.limits.blob_grace)
    finally:
        store.close()


def _of_production(settings: ServerSettings, *, full: bool) -> list[Check]:
    """A database and a blob store that settings name, and the key that every process must be told."""
    try:
        store = open_database(settings)
        shared_secret(settings)
    except Misconfigured as fault:
        return [failing("settings", str(fault), "Set them right.")]
    try:
        subject = Subject(store, datetime.now(UTC), None, full)
        return of_store(subject, settings.limits.blob_grace)
    finally:
        store.close()


def of_store(subject: Subject, grace: timedelta) -> list[Check]:
    """What holds for every back end."""
    checks = [_seen("schema", partial(database.schema, subject))]
    if checks[-1].verdict is not Verdict.OK:
        return checks
    checks.append(_seen("database", partial(database.integrity, subject)))
    if checks[-1].verdict is Verdict.OK:
        checks += [_seen(name, partial(check, subject)) for name, check in OF_DATABASE]
    checks.append(_seen("blob store", partial(blobs.writable, subject)))
    if all(check.verdict is not Verdict.FAILING for check in checks):
        checks += [_seen(name, partial(check, subject)) for name, check in OF_BLOBS]
        checks.append(_seen("orphans", partial(blobs.orphans, subject, grace)))
    return checks


def _seen(name: str, check: Callable[[], Check]) -> Check:
    """What a look finds; one that cannot be taken has found that."""
    try:
        return check()
    except (AssayError, OSError, sa.exc.SQLAlchemyError) as fault:
        return failing(name, f"This could not be looked at: {type(fault).__name__}: {fault}", "See to that first.")
