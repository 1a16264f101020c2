"""Being told to end: the first signal asks, the second one does not."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Inside the context the first SIGINT or SIGTERM calls ``stop``, and the second ends the process there and then.

    What a process leaves behind that ends so is what a killed one leaves: nothing that was answered is lost.
    """
    asked = False

    def told(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(128 + number)
        asked = True
        stop()

    previous = {number: signal.signal(number, told) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
