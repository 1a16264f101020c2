"""What commands print: JSON, lines, tables that fit the terminal."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from assay.cli.errors import Problem

LONGEST_NAME = 160

STATUS_STYLES = {
    "passing": "green",
    "warning": "yellow",
    "failing": "bold red",
    "unknown": "dim",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
    right : bool
        Numbers stand at the right.
    folds : bool
        Whether long texts go on in the next line; other columns keep their width.
    """

    title: str
    right: bool = False
    folds: bool = False


def show_json(value: Any) -> None:
    """Print JSON to standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show_page(items: Sequence[Any], total: int | None) -> None:
    """Print a list of the server's JSON objects in the form of one of its pages."""
    show_json({"count": len(items), "totalCount": total, "data": items})


def show(text: str) -> None:
    """Print a line."""
    typer.echo(plain(text))


def show_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print names and what they are, the names in a column of their own."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, fact in facts:
        grid.add_row(f"  {name}", status(fact))
    _print(grid)


def show_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print a table no wider than the terminal, or than 80 columns where there is none."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.folds,
            overflow="fold" if column.folds else "ellipsis",
        )
    for row in rows:
        table.add_row(*(status(cell) for cell in row))
    _print(table)


def show_note(text: str) -> None:
    """Print a remark, wrapped to the terminal."""
    _print(Text(plain(text), style="dim"))


def status(text: str) -> Text:
    """A cell's text; words for how something does have a colour."""
    clean = plain(text)
    return Text(clean, style=STATUS_STYLES.get(clean, ""))


def plain(text: str) -> str:
    """Text of one line without letters that would steer the terminal.

    Examples
    --------
    >>> plain("red\\x1b[31m and\\nmore")
    'red�[31m and�more'
    """
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def short(name: str) -> str:
    """A name for a table; a very long one is cut."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone.

    Raises
    ------
    Problem
        Unless the answer is yes.
    """
    if yes:
        return
    typer.echo(f"{plain(question)} [y/N] ", err=True, nl=False)
    answer = sys.stdin.readline()
    if not answer:
        typer.echo(err=True)
        raise Problem("There was no answer, so nothing was done. Say --yes to do without.")
    if answer.strip().lower() not in {"y", "yes"}:
        raise Problem("Nothing was done.")


def _print(what: RenderableType) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        console.print(what)
        return
    # Rich fills lines up with blanks, which are of no use in a file.
    with console.capture() as captured:
        console.print(what)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())
