"""Running jobs in this process, and nothing else."""

import logging
import threading
import time

import structlog

from assay.jobs.team import Team
from assay.server import logs
from assay.server.settings import ServerSettings
from assay.server.stopping import on_signals
from assay.server.wiring import open_parts

log = structlog.wrap_logger(logging.getLogger(__name__))


def work(settings: ServerSettings, threads: int) -> None:
    """Run jobs until the process is told to end; what takes longer than the limit then is given back."""
    announce = logs.configure(settings.log_format, settings.log_level)
    parts = open_parts(settings, settings.limits)
    told, team = threading.Event(), Team(parts.context, threads)
    try:
        with on_signals(told.set):
            team.start()
            announce(f"{threads} workers run the jobs of {settings.place}. Stop with Ctrl-C.")
            while not told.wait(1.0):
                # Signals are handled between two waits.
                pass
            began = time.monotonic()
            handed_back = team.stop(settings.shutdown_seconds)
            log.info("worker.stopped", jobs_handed_back=handed_back, seconds=round(time.monotonic() - began, 1))
    finally:
        parts.store.close()
