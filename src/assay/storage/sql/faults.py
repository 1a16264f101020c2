"""What a database's faults mean to the one who called: those that pass are told apart from those that stay."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import structlog

from assay.errors import AssayError, Invalid, OutcomeUnknown, Unavailable

log = structlog.get_logger(__name__)

# Classes and codes of SQLSTATE, as PostgreSQL's manual lists them in its appendix A.
_BROKEN = ("08", "57P")
_PASSING = {
    "40001": "two changes met",
    "40P01": "two changes waited for each other",
    "53100": "its disk is full",
    "53200": "it has no memory left",
    "53300": "it has too many connections",
    "55P03": "another change took too long",
    "57014": "the statement took too long",
    "25P03": "the change was left lying too long",
}
_SQLITE_PASSING = {
    "SQLITE_BUSY": "another change took too long",
    "SQLITE_FULL": "its disk is full",
    "SQLITE_IOERR_WRITE": "its disk takes nothing more",
}
_ENOUGH = 200


# A server that was the first and became the second; that a snapshot cannot write is another matter.
_IS_SECOND = "25006"


@contextmanager
def answering(*, writing: bool = True) -> Iterator[None]:
    """Turn a fault of the database that passes, or that the caller's text has brought about, into a refusal."""
    try:
        yield
    except sa.exc.SQLAlchemyError as fault:
        refusal: AssayError | None = passing(fault)
        if isinstance(fault, sa.exc.DataError) and "NUL" in str(fault.orig):
            # Doors that take texts look for it themselves; this is for what is only searched for.
            refusal = Invalid("Found a NUL character, which no text may hold.")
        if writing and isinstance(fault, sa.exc.DBAPIError) and _code(fault) == _IS_SECOND:
            refusal = Unavailable(f"The database takes no changes now. {NOTHING_STORED}")
        if refusal is None:
            raise
        raise refusal from fault


def passing(fault: sa.exc.SQLAlchemyError) -> Unavailable | None:
    """The refusal that stands for a fault which may be gone when the call is repeated; None for any other fault.

    In either case the transaction has been rolled back: nothing of it was stored.
    """
    reason = _reason(fault)
    return None if reason is None else Unavailable(f"The database cannot do this now: {reason}. {NOTHING_STORED}")


NOTHING_STORED = "Nothing was stored; send the call again."


def in_doubt(fault: sa.exc.SQLAlchemyError) -> AssayError | None:
    """The refusal that stands for a fault of a commit, after which nobody here knows what the database has done."""
    reason = _reason(fault)
    if reason is None:
        return None
    if _is_broken(fault):
        return OutcomeUnknown(
            f"The database broke off while the change was being stored ({reason}), so it is not known whether it "
            "counts. Read it back, or repeat the call if that cannot count twice."
        )
    return Unavailable(f"The database did not store the change: {reason}. {NOTHING_STORED}")


def _reason(fault: sa.exc.SQLAlchemyError) -> str | None:
    if isinstance(fault, sa.exc.TimeoutError):
        return "every connection is in use"
    if not isinstance(fault, sa.exc.DBAPIError):
        return None
    code = _code(fault)
    if code is not None and code in _PASSING:
        return _PASSING[code]
    if _is_broken(fault):
        # What the driver says has addresses in it, which are the operator's business.
        log.warning("database.broken", reason=_said(fault))
        return "the connection broke, or cannot be had"
    return _sqlite_reason(fault)


def _is_broken(fault: sa.exc.SQLAlchemyError) -> bool:
    """Whether the connection is gone, or could not be had."""
    if not isinstance(fault, sa.exc.DBAPIError):
        return False
    code = _code(fault)
    if code is not None:
        return code.startswith(_BROKEN)
    # What the driver found by itself, without a word of the server.
    return fault.connection_invalidated or (isinstance(fault, sa.exc.OperationalError) and not _is_sqlite(fault))


def _sqlite_reason(fault: sa.exc.DBAPIError) -> str | None:
    name = getattr(fault.orig, "sqlite_errorname", "")
    return next((reason for word, reason in _SQLITE_PASSING.items() if name.startswith(word)), None)


def _is_sqlite(fault: sa.exc.DBAPIError) -> bool:
    return type(fault.orig).__module__ == "sqlite3"


def _code(fault: sa.exc.DBAPIError) -> str | None:
    return getattr(fault.orig, "sqlstate", None)


def _said(fault: sa.exc.DBAPIError) -> str:
    lines = str(fault.orig).splitlines() or [type(fault.orig).__name__]
    return lines[0].strip().rstrip(".")[:_ENOUGH]
