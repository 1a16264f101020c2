"""Telling what the demo is doing, on standard error."""

import sys
import time
from threading import Event, Thread
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console

from assay.server.demo.steps import Step

SECONDS_OF_SILENCE = 2.0


class Progress:
    """One line a step; a step that takes long is told again, with its seconds, every two seconds.

    On a terminal the lines of a stage share one line of the screen, which turns into what the stage came to.

    Parameters
    ----------
    stream : text stream, default standard error
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr, highlight=False, markup=False, emoji=False)
        self._status = self._console.status("") if self._console.is_terminal else None
        self._step: Step | None = None
        self._stage_began = self._step_began = time.monotonic()
        self._ended = Event()
        self._reminder = Thread(target=self._remind, name="demo-progress", daemon=True)

    def __enter__(self) -> Self:
        """Begin to tell."""
        if self._status is None:
            self._reminder.start()
        else:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the screen to others."""
        self._leave()

    def end(self) -> None:
        """All steps are done."""
        self._leave()
        self._end_stage()
        self._step = None

    def _leave(self) -> None:
        self._ended.set()
        if self._status is not None:
            self._status.stop()

    def begin(self, step: Step) -> None:
        """The step begins; the one before it is done."""
        now = time.monotonic()
        if self._step is None or step.stage != self._step.stage:
            self._end_stage()
            self._stage_began = now
        self._step, self._step_began = step, now
        if self._status is None:
            self._line(f"{step.stage}: {step.words}")
        else:
            self._status.update(f"{step.stage}: {step.words}")

    def _end_stage(self) -> None:
        if self._step is not None:
            self._line(f"{self._step.stage}: done in {time.monotonic() - self._stage_began:.1f} s")

    def _remind(self) -> None:
        while not self._ended.wait(0.1):
            step, seconds = self._step, time.monotonic() - self._step_began
            if step is not None and seconds >= SECONDS_OF_SILENCE:
                self._line(f"{step.stage}: {step.words}, {seconds:.0f} s")
                self._ended.wait(SECONDS_OF_SILENCE)

    def _line(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)
