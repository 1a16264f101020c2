"""What a slow command is doing, told on standard error where that is a terminal."""

import sys
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.status import Status

SECONDS_OF_SILENCE = 2.0


class Activity:
    """Shows a spinner with words after two seconds, and a bar while a file is sent.

    Parameters
    ----------
    words : str
        What is being done.
    afterwards : str, optional
        What is being done once a file has been sent.
    """

    def __init__(self, words: str, *, afterwards: str | None = None) -> None:
        self._words = words
        self._afterwards = afterwards or words
        self._is_on = sys.stderr.isatty()
        # The timer's thread and the command's own one both start and stop what is shown.
        self._lock = Lock()
        self._timer: Timer | None = None
        self._status: Status | None = None
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        """Begin to count the seconds."""
        self._spin_soon()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take everything off the screen."""
        self._clear()

    def say(self, words: str) -> None:
        """Tell something else from now on."""
        self._words = words
        with self._lock:
            if self._status is not None:
                self._status.update(words)

    def sent(self, done: int, total: int) -> None:
        """Show how many bytes of how many have been sent."""
        if not self._is_on:
            return
        if done >= total:
            self._clear()
            self._words = self._afterwards
            self._spin_soon()
            return
        if self._bar is None:
            self._clear()
            self._start_bar(total)
        if self._bar is not None:
            progress, task = self._bar
            progress.update(task, completed=done)

    def rows_sent(self, rows: int) -> None:
        """Tell how many rows have been sent."""
        self.say(f"{self._afterwards}: {rows:,} sent")

    def _spin_soon(self) -> None:
        if self._is_on:
            self._timer = Timer(SECONDS_OF_SILENCE, self._spin)
            self._timer.daemon = True
            self._timer.start()

    def _spin(self) -> None:
        # Rich takes a while to import, and most commands are done before.
        from rich.console import Console

        with self._lock:
            if self._timer is not None and self._bar is None:
                self._status = Console(stderr=True, markup=False).status(self._words)
                self._status.start()

    def _start_bar(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar = (progress, progress.add_task(self._words, total=total))
        progress.start()

    def _clear(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._status is not None:
                self._status.stop()
                self._status = None
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None
