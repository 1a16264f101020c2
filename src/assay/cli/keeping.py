"""For how long a deployment keeps what came to it, in the words of the command line."""

from typing import Annotated

import typer

from assay.cli.errors import Usage

EVER = "ever"

KeepOption = Annotated[
    str | None,
    typer.Option(metavar="DAYS|ever", help="Delete them so many days after they came; 'ever' deletes none."),
]


def days_of(text: str) -> int | None:
    """Days, or None for ever."""
    if text.strip().lower() == EVER:
        return None
    if not text.strip().isdigit():
        raise Usage(f"Found '{text[:64]}', expected a number of days or '{EVER}'.")
    return int(text)


def days(count: int | None) -> str:
    """Days as they are shown."""
    return "for ever" if count is None else "1 day" if count == 1 else f"{count:,} days"
