"""How two clients follow work that goes on after its answer: what each takes for done, for waiting and for failed."""

from collections.abc import Callable
from enum import Enum, auto

import httpx2


class Progress(Enum):
    """How the work stands."""

    DONE = auto()
    WAITING = auto()
    FAILED = auto()


Rule = Callable[[httpx2.Response], Progress]


def _word(answer: httpx2.Response) -> str | None:
    word = answer.json().get("status")
    return None if word is None else str(word).lower()


def of_command_line(answer: httpx2.Response) -> Progress:
    """The command line program knows two words for waiting and one for done; any other word is a failure."""
    if answer.status_code == 303:
        return Progress.DONE if "Location" in answer.headers else Progress.FAILED
    if answer.status_code != 200:
        return Progress.FAILED
    word = _word(answer)
    if word is None or word == "active":
        return Progress.DONE
    return Progress.WAITING if word in {"initialized", "running"} else Progress.FAILED


def of_sdk(answer: httpx2.Response) -> Progress:
    """The SDK waits on any word but the one for done and those that begin like an error."""
    if answer.status_code == 303:
        return Progress.DONE if "Location" in answer.headers else Progress.FAILED
    if answer.status_code not in {200, 307}:
        return Progress.FAILED
    word = _word(answer) or ""
    if word.startswith(("error", "abort")):
        return Progress.FAILED
    return Progress.DONE if word == "completed" else Progress.WAITING
