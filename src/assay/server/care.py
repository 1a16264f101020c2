"""The operator's commands that look after a server's data."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assay.server.backup.taking import Progress

app = typer.Typer(help="Look after a server's data.", no_args_is_help=True, pretty_exceptions_enable=False)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the database and the files [ASSAY_DATA_DIR].")
]


@app.command()
def backup(
    target: Annotated[
        Path, typer.Argument(help="A new folder, or that of an earlier backup, which is brought up to date.")
    ],
    data_dir: DataDir = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read everything again and compare its hashes.")] = False,
) -> None:
    """Copy a server's folder, as it is at one moment, while it is in use."""
    from assay.server.backup import taking
    from assay.server.backup.problems import BackupProblem

    told = _progress()
    try:
        taken = taking.take(_embedded(data_dir), target, told)
        if verify:
            taking.verify(target, told)
    except BackupProblem as problem:
        raise _ended(problem) from problem
    made = taken.manifest
    typer.echo(
        f"{target} holds the server as of {made.begun_at}: a database of {made.database.size:,} bytes and "
        f"{made.blobs:,} blobs of {made.blob_bytes:,} bytes, {taken.copied:,} of them new."
        f"{' All hashes are right.' if verify else ''}"
    )
    if made.missing:
        typer.echo(
            f"{len(made.missing)} blobs that rows refer to were not there: {', '.join(made.missing[:5])}. "
            "'assay doctor --full' says more.",
            err=True,
        )
        raise typer.Exit(1)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    data_dir: Annotated[Path, typer.Option("--data-dir", help="The new folder; it must be empty, or not be there.")],
) -> None:
    """Make a server's folder from a backup; nothing is ever written over."""
    from assay.server.backup import restoring
    from assay.server.backup.problems import BackupProblem

    try:
        made = restoring.restore(source, data_dir, _progress())
    except BackupProblem as problem:
        raise _ended(problem) from problem
    typer.echo(
        f"{data_dir} is the server as of {made.begun_at}, with {made.blobs:,} blobs. All hashes are right. "
        f"Start it: assay serve --data-dir {data_dir}"
    )
    if made.missing:
        typer.echo(f"The server had lost {len(made.missing)} blobs before the backup was made.", err=True)


@app.command()
def doctor(
    data_dir: DataDir = None,
    full: Annotated[bool, typer.Option("--full", help="Look for every blob, not for some.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Look whether a server's folder is well; ends with 0, with 1 for a warning, with 2 for a failure."""
    from assay.server.doctor import report
    from assay.server.doctor.looking import look

    checks = look(data_dir, full=full)
    typer.echo(report.document(checks) if json_ else report.table(checks))
    raise typer.Exit(report.worst(checks))


def _embedded(data_dir: Path | None) -> Path:
    """The folder that is to be copied; what is kept elsewhere has means of its own."""
    from assay.server.backup.problems import BackupProblem
    from assay.server.settings import ServerSettings

    settings = ServerSettings()
    if data_dir is None and settings.database_url is not None:
        raise BackupProblem(
            f"The data is in {settings.place}, with its blobs in a store of their own: docs/operating.md says how to "
            "back both up. 'assay backup --data-dir D' copies a folder."
        )
    return data_dir or settings.data_dir


def _ended(problem: Exception) -> typer.Exit:
    typer.echo(f"Error: {problem}", err=True)
    return typer.Exit(1)


def _progress() -> "Progress":
    """A line that is written over and over, on a terminal only."""

    def silent(what: str, done: int, total: int) -> None:
        pass

    def shown(what: str, done: int, total: int) -> None:
        sys.stderr.write(f"\r{what}: {done:,} of {total:,}" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return shown if sys.stderr.isatty() else silent
