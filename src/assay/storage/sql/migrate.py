"""Bringing a database to this program's schema, and refusing any other."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from assay.errors import DatabaseMismatch

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(connection: sa.Connection) -> None:
    """Apply every migration that the database does not have yet, in the connection's transaction.

    Raises
    ------
    DatabaseMismatch
        When a newer version of Assay has written the database.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    if found == head():
        # Reading every migration takes longer than all else that a start does.
        return
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise _mismatch(found, scripts.get_current_head())
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def check(engine: sa.Engine) -> None:
    """Raise `DatabaseMismatch` unless the database has exactly this program's schema."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    expected = head()
    if found != expected:
        raise _mismatch(found, expected)


def trouble(engine: sa.Engine) -> str | None:
    """Why the database cannot be used now, in words that hold no address and no value; None when it can."""
    try:
        check(engine)
    except DatabaseMismatch as mismatch:
        return str(mismatch)
    except sa.exc.SQLAlchemyError as fault:
        return f"The database cannot be read: {type(fault).__name__}. The log of the database says more."
    return None


@cache
def head() -> str | None:
    """The schema that this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _mismatch(found: str | None, expected: str | None) -> DatabaseMismatch:
    return DatabaseMismatch(
        f"The database has schema {found or 'none'}, this program needs {expected}. "
        "Run 'assay migrate', or use the version of Assay that wrote it."
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
