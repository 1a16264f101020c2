"""``assay compare``: two tables on the command line, without a server."""

import json
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from assay.errors import AssayError, FileUnreadable
from assay.library.comparing import compare as compared

app = typer.Typer(help="Compare tables without a server.", pretty_exceptions_enable=False)

PASSED, ALARM, UNREADABLE = 0, 1, 2
# Lines any longer are hard to read, whatever the terminal has room for.
WIDEST = 120
RANK = {"passing": 0, "unknown": 0, "warning": 1, "failing": 2}


class FailOn(StrEnum):
    """From which verdict on the command ends with 1."""

    WARN = "warn"
    FAIL = "fail"


class Unreadable(typer.TyperException):
    """Tables or names that cannot be used; said in one line, exit status 2."""

    exit_code = UNREADABLE


@app.callback()
def _alone() -> None:
    """Keeps `compare` a command of its own name."""


@app.command()
def compare(  # noqa: PLR0913 - one parameter an option
    baseline: Annotated[str, typer.Argument(help="CSV, Parquet or Arrow stream file to compare with.")],
    current: Annotated[str, typer.Argument(help="File with the rows to judge.")],
    *,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the outcome.")] = None,
    prediction: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of what the model said; with --target, accuracy is compared."),
    ] = None,
    weight: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that says how much each row counts.")
    ] = None,
    importance: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON object, importance by feature; features not in it are important."),
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="End with 1 from this verdict on: warn (any drift) or fail (what matters drifted).")
    ] = FailOn.FAIL,
    alpha: Annotated[float, typer.Option(help="Chance that a batch without drift carries any mark.")] = 0.01,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with charts.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
) -> int:
    """Compare two tables: print a verdict with reasons. Ends with 0, 1 (by --fail-on) or 2 (cannot be read)."""
    try:
        found = compared(
            baseline,
            current,
            target=target,
            prediction=prediction,
            weight=weight,
            importance=None if importance is None else _importance(importance),
            alpha=alpha,
        )
        if html is not None:
            found.to_html(html)
    except AssayError as fault:
        _refuse(str(fault))
    except OSError as fault:
        _refuse(f"{fault.strerror or fault}: '{fault.filename}'.")
    alarm = RANK[found.verdict.status] >= {FailOn.WARN: 1, FailOn.FAIL: 2}[fail_on]
    width = min(shutil.get_terminal_size().columns, WIDEST)
    typer.echo(found.to_json(indent=2) if json_ else found.to_text(width=width))
    if alarm:
        # On stderr, so that --json stays one document.
        typer.echo(f"Ends with 1: the verdict is {found.verdict.status}, and --fail-on is {fail_on.value}.", err=True)
    elif found.verdict.status == "unknown":
        typer.echo("Ends with 0, and the verdict is unknown: nothing says that the rows are good.", err=True)
    return ALARM if alarm else PASSED


def _importance(path: Path) -> dict[str, float]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise FileUnreadable(f"The importance '{path}' is no JSON: {fault}.") from fault
    values = found.values() if isinstance(found, dict) else [None]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        raise FileUnreadable(f'The importance \'{path}\': expected an object such as {{"age": 0.8, "city": 0.1}}.')
    return dict(found)


def _refuse(words: str) -> NoReturn:
    raise Unreadable(words)
