"""Servers of tests that are to end with them."""

import ctypes
import signal
import sys

PARENT_DEATH = 1


def die_with_us() -> None:
    """Have the system end the process that is about to begin when the tests are killed; for ``preexec_fn``."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGQUIT)
