"""The operator's commands."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.server.settings import ServerSettings
    from assay.server.wiring import Parts

app = typer.Typer(help="Run and look after a server.", no_args_is_help=True, pretty_exceptions_enable=False)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the database and the files [ASSAY_DATA_DIR].")
]
ADMIN = "admin"


@app.command()
def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [ASSAY_HOST].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for any [ASSAY_PORT].")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Threads that run jobs; 0 for none, where 'assay worker' does [ASSAY_WORKERS].")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="Write the first admin token here, readable by you alone.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address or network of a proxy whose forwarding headers count; may be said more than once "
            "[ASSAY_TRUSTED_PROXIES].",
        ),
    ] = None,
) -> None:
    """Run the server: the API, and the workers that run its jobs."""
    from assay.server import serving

    with _refusals():
        settings = _settings(data_dir, host=host, port=port, workers=workers, trusted_proxies=trusted_proxy or None)
        serving.serve(settings, token_file)


@app.command()
def worker(
    data_dir: DataDir = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="How many jobs run at a time.")] = 2,
) -> None:
    """Run the jobs of a server and answer no calls.

    Any number of these may run beside 'assay serve'.
    """
    from assay.server import working

    with _refusals():
        working.work(_settings(data_dir), threads)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version's schema.

    Several at once do it once.
    """
    from assay.server.wiring import open_database
    from assay.storage.directory import DirectoryStorage

    with _refusals():
        settings = _settings(data_dir)
        store = DirectoryStorage(settings.data_dir) if settings.database_url is None else open_database(settings)
        try:
            store.migrate()
        finally:
            store.close()
    typer.echo(f"The database in {settings.place} is up to date.")


@app.command()
def demo(
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Folder of the server's data, kept afterwards; a temporary one unless told."),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [ASSAY_HOST].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for any [ASSAY_PORT].")] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Whether the server goes on running.")] = True,
    json_: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON document.")] = False,
) -> None:
    """Watch a year of real flights: two models, twelve monthly batches each, and what to see in them."""
    from assay.server.demo.command import run
    from assay.server.demo.options import Options

    raise typer.Exit(run(Options(data_dir=data_dir, host=host, port=port, goes_on=serve, as_json=json_)))


token = typer.Typer(help="Make, list and revoke tokens.", no_args_is_help=True)
app.add_typer(token, name="token")


@token.command("create")
def token_create(
    user: Annotated[str, typer.Option(help="Name of the user; added if new.")] = ADMIN,
    admin: Annotated[bool, typer.Option("--admin", help="A new user may see and do everything.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a token and print it once."""
    from assay.monitoring import tokens

    with opened(data_dir) as parts:
        typer.echo(tokens.create(parts.context, user, is_admin=admin))


@token.command("list")
def token_list(data_dir: DataDir = None) -> None:
    """List tokens: id, user, when made and last used. Secrets are not kept."""
    with opened(data_dir) as parts, parts.store.snapshot() as tx:
        rows = [(t, tx.users.get(t.user_id).name) for t in tx.tokens.list()]
    for found, name in rows:
        used = "never used" if found.last_used_at is None else f"last used {found.last_used_at:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{found.id}  {name:<20}  made {found.created_at:%Y-%m-%d %H:%M} UTC  {used}")


@token.command("revoke")
def token_revoke(token_id: str, data_dir: DataDir = None) -> None:
    """Revoke a token by its id; calls with it are refused from now on."""
    from assay.monitoring import tokens

    with opened(data_dir) as parts:
        gone = tokens.revoke(parts.context, token_id)
    if not gone:
        typer.echo(f"There is no token {token_id}. 'assay token list' shows them.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Token {token_id} is revoked.")


@contextmanager
def opened(data_dir: Path | None) -> "Iterator[Parts]":
    """The parts of a server whose data must be there already: a mistyped path must not make a new one."""
    from assay.server.wiring import open_parts

    with _refusals():
        settings = _settings(data_dir)
        folder = settings.data_dir
        if settings.database_url is None and not (folder / "assay.db").exists():
            typer.echo(f"There is no server data in {folder}: 'assay serve' makes it, --data-dir names it.", err=True)
            raise typer.Exit(1)
        parts = open_parts(settings)
        try:
            yield parts
        finally:
            parts.store.close()


@contextmanager
def _refusals() -> "Iterator[None]":
    """Say in one line what is wrong with the settings or the data."""
    from assay.errors import AssayError

    try:
        yield
    except AssayError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal


def _settings(data_dir: Path | None, **more: Any) -> "ServerSettings":
    from assay.server.settings import ServerSettings

    given = {"data_dir": data_dir, **more}
    try:
        return ServerSettings(**{name: value for name, value in given.items() if value is not None})
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from fault
