"""The ``assay`` command: its options, its commands by name, and how it ends.

Nothing here imports a command before it is wanted, so that help answers at once.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from assay import __version__
from assay.cli.errors import Problem

OK, PROBLEM, USAGE, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command that is imported when it is run.

    Attributes
    ----------
    help : str
        What the list of commands says.
    module : str
        Holds a Typer object ``app``.
    command : str or None
        The command of that app; the app as a whole when None.
    """

    help: str
    module: str
    command: str | None = None

    def load(self) -> Any:
        """The command itself."""
        command: Any = typer.main.get_group(import_module(self.module).app)
        if self.command is not None:
            command = command.commands.get(self.command)
        if command is None:
            raise Problem(f"This installation has no command '{self.command}'.")
        return _without_frames(command)


def _without_frames(command: Any) -> Any:
    # Help with frames would import a good part of rich first, and would look unlike the other commands'.
    command.rich_markup_mode = None
    for inner in getattr(command, "commands", {}).values():
        _without_frames(inner)
    return command


@dataclass(frozen=True, slots=True)
class Connection:
    """The options that say which server, and who asks; None where the environment decides."""

    url: str | None
    token: str | None
    token_file: Path | None


GLOBAL_OPTIONS = ("--url", "--token", "--token-file")


def program(commands: Mapping[str, Lazy]) -> typer.Typer:
    """The ``assay`` command.

    Parameters
    ----------
    commands : mapping of str to Lazy
        In the order in which help lists them.

    Returns
    -------
    typer.Typer
        Ends with 0 (done), 1 (problem), 2 (usage) or 130 (interrupted).
    """

    class Program(_Group):
        lazy = commands

    app = typer.Typer(
        name="assay",
        cls=Program,
        rich_markup_mode=None,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    return app


def group(help_: str) -> typer.Typer:
    """A group of commands, such as ``assay batch``; alone, it shows its help."""
    return typer.Typer(help=help_, no_args_is_help=True, add_completion=False)


def _options(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The server. [env ASSAY_URL; else http://127.0.0.1:8700]"),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(metavar="TOKEN", help="Bearer token; others can see it, so prefer a file. [env ASSAY_TOKEN]"),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File that holds the token. [env ASSAY_TOKEN_FILE]")
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", callback=lambda on: _print_version(on=on)),
    ] = False,
) -> None:
    """Batch monitoring of machine-learning deployments: service health, data drift and accuracy per batch."""
    context.obj = Connection(url, token, token_file)


def _print_version(*, on: bool) -> None:
    if on:
        typer.echo(f"assay {__version__}")
        raise typer.Exit


class _Group(TyperGroup):
    """A group whose commands are stubs until one is run, and whose errors are one line."""

    lazy: Mapping[str, Lazy] = {}

    def __init__(self, **attributes: Any) -> None:
        attributes["commands"] = {
            name: TyperGroup(name=name, help=one.help, rich_markup_mode=None) for name, one in self.lazy.items()
        }
        super().__init__(**attributes)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the arguments name, now imported."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else self.lazy[name].load(), rest

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the program and end the process."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode, windows_expand_args, **extra)
        extra.update(complete_var=complete_var, windows_expand_args=windows_expand_args)
        sys.exit(self._run(args, prog_name or "assay", extra))

    def _run(self, args: Sequence[str] | None, prog_name: str, extra: dict[str, Any]) -> int:
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
        except typer.TyperException as problem:
            _say(problem)
            return problem.exit_code
        except typer.Abort:
            _line("Error: no answer to a question. Say --yes to do without.")
            return PROBLEM
        except OSError as problem:
            _line(
                f"Error: {problem.strerror or problem}: '{problem.filename}'."
                if problem.filename
                else f"Error: {problem}."
            )
            return PROBLEM
        return code if isinstance(code, int) else OK


def _say(problem: typer.TyperException) -> None:
    # The framework puts the kind of its own error before what is wrong with a value.
    text = problem.format_message().replace(": Value error, ", ": ")
    context = getattr(problem, "ctx", None)
    if isinstance(problem, Problem) or context is None:
        _line(f"Error: {text}")
    elif type(problem).__name__ == "NoArgsIsHelpError":
        typer.echo(text, err=True)
    else:
        end = "" if text.endswith((".", "?")) else "."
        _line(f"Error: {text}{end}{_hint(problem)} See '{context.command_path} --help'.")


def _hint(problem: typer.TyperException) -> str:
    option = getattr(problem, "option_name", None)
    return f" It goes before the command: 'assay {option} ...'." if option in GLOBAL_OPTIONS else ""


def _line(text: str) -> None:
    typer.echo(" ".join(text.split()), err=True)
