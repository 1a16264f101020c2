"""Steps: what the demo does, one thing after the other, and how it tells of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the demo does. Done again, it changes nothing.

    Attributes
    ----------
    stage : str
        The part of the demo that it belongs to.
    words : str
        What is being done.
    act : callable
        Does it.
    """

    stage: str
    words: str
    act: Callable[[], object]


class Listener(Protocol):
    """Is told what is going on."""

    def begin(self, step: Step) -> None:
        """The step begins; the one before it is done."""


def carry_out(steps: Iterable[Step], listener: Listener) -> None:
    """Do the steps, one after the other."""
    for step in steps:
        listener.begin(step)
        step.act()
