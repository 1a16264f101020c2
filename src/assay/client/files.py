"""Local files: what they are, and the hash of their bytes."""

import hashlib
from pathlib import Path

from assay.client.errors import FileUnusable

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
ARROW_STREAM = "application/vnd.apache.arrow.stream"

_CSV_NAMES = (".csv", ".txt")
_PACKED_NAMES = (".gz", ".zip", ".bz2", ".xz", ".zst")


def content_type(path: Path) -> str:
    """What kind of table a file holds, by its first bytes and else by its name.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        A content type that the server reads.

    Raises
    ------
    FileUnusable
        When the file is missing, empty, or no table that the server reads.
    """
    start = _first_bytes(path)
    if start.startswith(b"PAR1"):
        return PARQUET
    if start.startswith(b"\xff\xff\xff\xff"):
        return ARROW_STREAM
    if start.startswith(b"ARROW1"):
        raise FileUnusable(
            f"'{path}' is an Arrow file, and the server reads Arrow streams. Write the table as a stream, or "
            "as Parquet."
        )
    suffix = path.suffix.lower()
    if suffix in _CSV_NAMES:
        return CSV
    if suffix in _PACKED_NAMES:
        raise FileUnusable(f"'{path}' is packed ({suffix}). Unpack it first.")
    raise FileUnusable(
        f"'{path}' is neither Parquet nor an Arrow stream, and its name does not end in .csv. "
        "Expected one of the three."
    )


def sha256(path: Path) -> str:
    """Hash of a file's bytes, 64 hexadecimal digits.

    Raises
    ------
    FileUnusable
        When the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise unreadable(path, problem) from problem


def unreadable(path: Path, problem: OSError) -> FileUnusable:
    """The operating system's refusal in words."""
    return FileUnusable(f"Cannot read '{path}': {problem.strerror or problem}.")


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as problem:
        raise unreadable(path, problem) from problem
    if not start:
        raise FileUnusable(f"'{path}' is empty. Expected a table with a header line and rows.")
    return start
