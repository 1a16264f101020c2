"""Finding the line of a CSV file that is at fault, to say it in the refusal.

Only files that a fast reader has refused, or whose last column has gaps, come here.
"""

import csv
from pathlib import Path

import polars as pl

from assay.errors import FileUnreadable

# The parser of the standard library refuses longer fields; the fast one reads them.
csv.field_size_limit(2**31 - 1)


def check_header(names: list[str]) -> None:
    """Refuse blank or repeated names of columns.

    Raises
    ------
    FileUnreadable
        Naming the position or the repeated name.
    """
    if not names:
        raise FileUnreadable("The file names no columns: its first line is blank, or its schema is empty.")
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise FileUnreadable(f"Column {position} has no name: every column needs one.")
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
    bare = pl.col("lines").str.replace_all(r'"[^"]*"', "")
    odd = (bare.str.count_matches(",", literal=True) != width - 1) | bare.str.contains('"', literal=True)
    suspects = pl.scan_lines(path, name="lines").filter(odd).head(1).collect(engine="streaming")
    # A line break inside quotes looks the same; then only a real parser can tell.
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
                if not fields and width > 1:
                    raise FileUnreadable(f"Line {line} is blank. Remove it, or write a row without values as commas.")
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
