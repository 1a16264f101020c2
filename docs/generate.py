"""Writes the reference pages that can be generated: the API's operations, the commands, the settings.

``./run docs`` runs it; a test asserts that what is committed is what it writes.
"""

import tempfile
from pathlib import Path
from typing import Any

from assay.__main__ import COMMANDS
from assay.server.settings import ServerSettings
from assay.server.wiring import open_folder

REFERENCE = Path(__file__).parent / "reference"


def api() -> str:
    """A table of operations for each tag, from the served API description."""
    from assay.http.app import create_app  # noqa: PLC0415  # the application is heavy

    with tempfile.TemporaryDirectory() as folder:
        parts = open_folder(Path(folder))
        document = create_app(parts.context).openapi()
        parts.store.close()
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            row = f"| `{method.upper()}` | `{path}` | {operation['description']} |"
            by_tag.setdefault(operation["tags"][0], []).append(row)
    lines = [
        "# API reference",
        "",
        "Every operation needs `Authorization: Bearer <token>`. The full description with all fields is served",
        'at `/openapi.json`. Errors are `{"message": "..."}`.',
    ]
    for tag, rows in by_tag.items():
        lines += ["", f"## {tag}", "", "| Method | Path | What it does |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Help of every command, as the terminal shows it."""
    lines = ["# Command reference", ""]
    for name, lazy in COMMANDS.items():
        _describe(lazy.load(), ["assay", name], lines)
    return "\n".join(lines) + "\n"


def _describe(command: Any, names: list[str], lines: list[str]) -> None:
    # Typer brings its own copy of click, so a group is told by what it has.
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            _describe(inner, [*names, name], lines)
        return
    lines += [f"## {' '.join(names)}", "", (command.help or "").strip(), ""]
    lines += [_option(parameter) for parameter in command.params if parameter.name != "help"]
    lines.append("")


def _option(parameter: Any) -> str:
    text = (getattr(parameter, "help", None) or "").strip()
    if parameter.param_type_name == "argument":
        return f"- `{parameter.name.upper()}`: {text}"
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return f"- {names}: {text}"


def settings() -> str:
    """Settings of the server with their variables and defaults."""
    lines = [
        "# Settings of the server",
        "",
        "Each can be given as an environment variable; options of `assay serve` win over it.",
        "",
        "| Variable | Default |",
        "|---|---|",
    ]
    prefix = ServerSettings.model_config.get("env_prefix", "")
    for name, field in ServerSettings.model_fields.items():
        lines.append(f"| `{prefix}{name.upper()}` | `{field.default}` |")
    return "\n".join(lines) + "\n"


PAGES = {"api.md": api, "commands.md": commands, "settings.md": settings}


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
