"""The workers of one process: started together, stopped together within a limit."""

import time
from collections.abc import Sequence

from assay.jobs.worker import Worker
from assay.monitoring.context import Context


class Team:
    """Some workers, and what can be asked and told of all of them."""

    def __init__(self, ctx: Context, size: int) -> None:
        self._workers = [Worker(ctx, keeps_up=True) for _ in range(size)]

    def start(self) -> None:
        """Begin to work."""
        for worker in self._workers:
            worker.start()

    def faults(self) -> Sequence[str]:
        """What is wrong with the workers; nothing while all of them live."""
        dead = sum(not worker.is_alive for worker in self._workers)
        return [f"{dead} of {len(self._workers)} workers of this process have ended."] if dead else []

    def rest(self) -> None:
        """Take no more jobs; the present ones go on."""
        for worker in self._workers:
            worker.rest()

    def stop(self, seconds: float) -> int:
        """Take no more jobs, wait for the present ones, and give back those that do not end in time.

        Returns
        -------
        int
            Jobs given back: another process can claim them at once. What this one still does to them is in vain.
        """
        self.rest()
        until = time.monotonic() + seconds
        for worker in self._workers:
            worker.wait(max(0.0, until - time.monotonic()))
        return sum(worker.give_back() for worker in self._workers)
