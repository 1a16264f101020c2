"""What one look has found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from assay.storage.base import Storage


class Verdict(IntEnum):
    """How bad it is; also the exit status of the command."""

    OK = 0
    WARNING = 1
    FAILING = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    found : str
        What there is, in a sentence or less.
    advice : str
        What to do; empty where nothing need be done.
    details : sequence of str
        Some of the things that it is about.
    """

    name: str
    verdict: Verdict
    found: str
    advice: str = ""
    details: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at: a store, by the time of this process; ``folder`` where it is the embedded one.

    ``full`` asks for every blob instead of some.
    """

    store: Storage
    now: datetime
    folder: Path | None
    full: bool


def ok(name: str, found: str, details: Sequence[str] = ()) -> Check:
    """All is well."""
    return Check(name, Verdict.OK, found, "", details)


def warning(name: str, found: str, advice: str, details: Sequence[str] = ()) -> Check:
    """It works, and somebody should look at it."""
    return Check(name, Verdict.WARNING, found, advice, details)


def failing(name: str, found: str, advice: str, details: Sequence[str] = ()) -> Check:
    """Something does not work, or has been lost."""
    return Check(name, Verdict.FAILING, found, advice, details)
