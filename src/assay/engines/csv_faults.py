"""Finding the line of a CSV file that is at fault, to say it in the refusal.

Only files that a fast reader has refused, or whose last column has gaps, come here.
"""

import csv
from pathlib import Path

import polars as pl

from assay.errors import FileUnreadable


def check_header(names: list[str]) -> None:
    """Refuse a header with blank or repeated names.

    Raises
    ------
    FileUnreadable
        Naming the position or the repeated name.
    """
    if not names:
        raise FileUnreadable("The first line is blank: expected the names of the columns.")
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise FileUnreadable(f"Column {position} has no name: every column needs one in the header.")
        if names.index(name) != position - 1:
            first = names.index(name) + 1
            raise FileUnreadable(f"Columns {first} and {position} are both named '{name}'; names must be distinct.")


def check_short_lines(path: Path, width: int) -> None:
    """Refuse a file with a line that has fewer fields than the header, which the fast reader fills with gaps.

    Raises
    ------
    FileUnreadable
        Naming the line.
    """
    if width == 1:
        return
    commas = pl.col("lines").str.count_matches(",", literal=True)
    suspects = (
        pl.scan_lines(path, name="lines")
        .filter((commas != width - 1) & (pl.col("lines") != ""))
        .head(1)
        .collect(engine="streaming")
    )
    # A comma inside quotes looks the same; then only a real parser can tell.
    if not suspects.is_empty():
        locate(path, width)


def locate(path: Path, width: int) -> None:
    """Refuse the file with the first line that a parser stumbles over; return if there is none.

    Raises
    ------
    FileUnreadable
        Naming the line and what is wrong with it.
    """
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for fields in reader:
                line = reader.line_num
                if fields and len(fields) != width:
                    raise FileUnreadable(f"Line {line} has {len(fields)} fields, the header has {width} columns.")
    except UnicodeDecodeError as fault:
        raise FileUnreadable(f"Line {_undecodable_line(path)} is not UTF-8. Save the file as UTF-8.") from fault
    except csv.Error as fault:
        raise FileUnreadable(f"Line {line + 1} cannot be read as CSV: {fault}.") from fault


def _undecodable_line(path: Path) -> int:
    """Number of the first line that is not UTF-8; the reader above decodes in large pieces and cannot tell."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0
