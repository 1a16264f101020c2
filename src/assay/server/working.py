"""Running jobs in this process, and nothing else."""

import signal
import sys
import threading
from types import FrameType

import structlog

from assay.server.settings import ServerSettings
from assay.server.wiring import open_parts, working


def work(settings: ServerSettings, threads: int) -> None:
    """Run jobs until the process is told to end; the jobs that run then are finished first."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    parts = open_parts(settings)
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        with working(parts.context, threads):
            sys.stderr.write(f"{threads} workers run the jobs of {settings.place}. Stop with Ctrl-C.\n")
            sys.stderr.flush()
            told.wait()
    finally:
        parts.store.close()
