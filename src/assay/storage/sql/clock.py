"""The time of the database, which processes on several hosts have in common."""

import threading
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog

MEASURED_EVERY_SECONDS = 60.0
log = structlog.get_logger(__name__)


class DatabaseClock:
    """Tells the database's time by this host's clock and how far that is off, which is measured once a minute.

    Leases, retries and schedules then mean the same moments to every process, whatever its host's clock says.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._ahead = timedelta()
        self._measured_at: float | None = None
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """The present moment in UTC."""
        # One thread measures; the others go on with what is known.
        if self._is_due() and self._lock.acquire(blocking=self._measured_at is None):
            try:
                if self._is_due():
                    self._measure()
            finally:
                self._lock.release()
        return datetime.now(UTC) + self._ahead

    def _is_due(self) -> bool:
        return self._measured_at is None or time.monotonic() - self._measured_at > MEASURED_EVERY_SECONDS

    def _measure(self) -> None:
        try:
            with self._engine.connect() as connection:
                before = datetime.now(UTC)
                told: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
                after = datetime.now(UTC)
        except sa.exc.SQLAlchemyError as fault:
            # Who asks for the time has other ways to learn that the database is not there.
            log.warning("clock.not_measured", reason=str(fault)[:200])
        else:
            self._ahead = told.astimezone(UTC) - (before + (after - before) / 2)
        self._measured_at = time.monotonic()
