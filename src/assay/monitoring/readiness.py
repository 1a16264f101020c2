"""Whether this process can do its work now, and how its queue stands."""

import threading
import time
from collections.abc import Sequence

from assay.monitoring.context import Context
from assay.monitoring.meters import Stock

# Anybody may ask, and each answer costs a write: one is given to all who ask within so many seconds.
KEPT_SECONDS = 2.0


class Readiness:
    """Looks at the database and the blobs, not more often than it must."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lock = threading.Lock()
        self._known: tuple[str, ...] = ()
        self._until = 0.0

    def faults(self) -> Sequence[str]:
        """Why the store cannot be used now; nothing when it can."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._known = faults(self._ctx)
                self._until = time.monotonic() + KEPT_SECONDS
            return self._known


def faults(ctx: Context) -> tuple[str, ...]:
    """The same, looked at now."""
    found = (ctx.store.trouble(), ctx.store.blobs.trouble())
    return tuple(one for one in found if one is not None)


def stock(ctx: Context) -> Stock:
    """How the queue and the database stand."""
    with ctx.store.snapshot() as tx:
        return Stock(tx.jobs.backlog(ctx.clock()), tx.upkeep.size())
