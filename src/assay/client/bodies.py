"""What a call carries: JSON, or a file that is streamed.

A body can be opened several times, because a call may have to be made again.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

Progress = Callable[[int, int], None]
"""Is told again and again how many bytes of how many have been sent."""


class Body(Protocol):
    """What a call carries."""

    def opened(self) -> AbstractContextManager[dict[str, Any]]:
        """The body from its start, as keyword arguments of the HTTP library."""


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A value as JSON. NaN becomes null; infinities have no JSON and are refused.

    Raises
    ------
    ValueError
        When the value holds an infinite number.
    """

    value: Any

    @contextmanager
    def opened(self) -> Iterator[dict[str, Any]]:
        """The JSON text and its content type."""
        yield {"content": as_json(self.value), "headers": {"Content-Type": "application/json"}}


@dataclass(frozen=True, slots=True)
class FileBody:
    """The bytes of a file and nothing else."""

    path: Path
    content_type: str
    progress: Progress | None = None

    @contextmanager
    def opened(self) -> Iterator[dict[str, Any]]:
        """The open file, and how long it is."""
        with self.path.open("rb") as file:
            size = self.path.stat().st_size
            yield {
                "content": WatchedFile(file, size, self.progress),
                "headers": {"Content-Type": self.content_type, "Content-Length": str(size)},
            }


@dataclass(frozen=True, slots=True)
class FormBody:
    """A file as the field ``file`` of a form."""

    path: Path
    content_type: str
    progress: Progress | None = None

    @contextmanager
    def opened(self) -> Iterator[dict[str, Any]]:
        """The open file as a field of a form."""
        with self.path.open("rb") as file:
            watched = WatchedFile(file, self.path.stat().st_size, self.progress)
            yield {"files": {"file": (self.path.name, watched, self.content_type)}}


class WatchedFile:
    """An open file that tells how much of it has been read."""

    def __init__(self, file: BinaryIO, size: int, progress: Progress | None) -> None:
        self._file = file
        self._size = size
        self._progress = progress

    def __iter__(self) -> Iterator[bytes]:
        """Pieces of 64 KiB."""
        while piece := self.read(65_536):
            yield piece

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as of any file."""
        piece = self._file.read(size)
        if self._progress is not None and piece:
            self._progress(self._file.tell(), self._size)
        return piece

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move in the file, as in any file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Place in the file, as of any file."""
        return self._file.tell()

    def fileno(self) -> int:
        """The number that the operating system gave the open file."""
        return self._file.fileno()


def as_json(value: Any) -> bytes:
    """A value as JSON text in UTF-8.

    Parameters
    ----------
    value : object
        Made of what JSON knows, and of times and numpy's single numbers.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        When it holds an infinite number, which JSON cannot say.

    Examples
    --------
    >>> as_json({"a": [1.5, float("nan")]})
    b'{"a":[1.5,null]}'
    """
    try:
        text = _dumped(value)
    except ValueError:
        text = _dumped(_without_nan(value))
    return text.encode()


def _dumped(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    item = getattr(value, "item", None)
    if callable(item):
        return _without_nan(item())
    raise TypeError(f"A {type(value).__name__} cannot be sent as JSON: {value!r}.")


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        if math.isinf(value):
            raise ValueError("An infinite number cannot be sent as JSON; send such rows as a file.")
        return None if math.isnan(value) else value
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_without_nan(item) for item in value]
    return value
