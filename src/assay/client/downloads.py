"""Bytes of the server on their way into a file."""

from pathlib import Path

from assay.client.bodies import Progress
from assay.client.errors import FileUnusable, ServerProblem, Unreachable
from assay.client.transport import Transport


def download(transport: Transport, path: str, target: Path, size: int | None, progress: Progress | None) -> None:
    """Write what is at a path of the server to a file; tried again from the start when the connection breaks.

    Parameters
    ----------
    size : int or None
        Bytes that are expected, where that is known.

    Raises
    ------
    FileUnusable
        When the file cannot be written.
    ServerProblem
        When fewer or more bytes came than the server has.
    AssayClientError
    """
    side = target.with_name(f".{target.name}.part")
    try:
        found = _received(transport, path, side, size, progress)
        if size is not None and found != size:
            raise ServerProblem(f"The server sent {found} of the {size} bytes of '{target.name}'.")
        side.replace(target)
    except OSError as problem:
        raise FileUnusable(f"Cannot write '{target}': {problem.strerror or problem}.") from problem
    finally:
        side.unlink(missing_ok=True)


def _received(transport: Transport, path: str, side: Path, size: int | None, progress: Progress | None) -> int:
    attempt = 1
    while True:
        try:
            return _receive(transport, path, side, size, progress)
        except (Unreachable, ServerProblem) as problem:
            if not transport.rest(attempt, problem):
                raise
        attempt += 1


def _receive(transport: Transport, path: str, side: Path, size: int | None, progress: Progress | None) -> int:
    done = 0
    with side.open("wb") as file, transport.pieces(path) as pieces:
        for piece in pieces:
            done += file.write(piece)
            if progress is not None and size:
                progress(done, size)
    return done
