import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from tests.cli.conftest import Assay
from tests.client.wire import Reply, Wire, deployment, page
from typer.testing import CliRunner

from assay import __version__
from assay.__main__ import COMMANDS, app
from assay.cli.program import Lazy, program
from assay.server import cli as server

ROOT = Path(__file__).parents[2]
HEAVY = ("httpx2", "polars", "numpy", "fastapi", "sqlalchemy", "assay.client", "assay.server")


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False
    )


def _assay(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assay", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        check=False,
    )


def _one_line(text: str) -> bool:
    return text.startswith("Error: ") and text.count("\n") == 1 and text.endswith("\n")


@pytest.mark.parametrize(
    "arguments", ["--help", "deployment --help", "batch --help", "batch push --help", "actuals push --help", ""]
)
def test_help_imports_nothing_heavy(arguments: str) -> None:
    code = (
        "import sys\nfrom assay.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    run = _python(code, *arguments.split())
    assert run.stderr.splitlines()[-1] == "[]"
    assert "Usage: " in run.stdout + run.stderr


def test_help_lists_every_command_in_80_columns() -> None:
    run = CliRunner().invoke(app, ["--help"])
    assert run.exit_code == 0
    assert all(re.search(rf"^  {name} +\S", run.stdout, re.MULTILINE) for name in COMMANDS)
    assert max(map(len, run.stdout.splitlines())) <= 80


SERVERS_OWN = set(typer.main.get_group(server.app).commands)


def test_no_command_of_the_server_is_left_out() -> None:
    named = {name for name, one in COMMANDS.items() if one.module == "assay.server.cli"}
    assert named >= SERVERS_OWN


def test_a_command_that_is_not_there_is_one_line() -> None:
    nonsense = program({"nonsense": Lazy("Nothing.", "assay.server.cli", "nonsense")})
    run = CliRunner().invoke(nonsense, ["nonsense"])
    assert (run.exit_code, run.stderr) == (1, "Error: This installation has no command 'nonsense'.\n")


@pytest.mark.parametrize(
    "name", [name for name, one in COMMANDS.items() if one.command is None or one.command in SERVERS_OWN]
)
def test_the_list_of_commands_says_what_the_commands_say(name: str) -> None:
    run = CliRunner().invoke(app, [name, "--help"])
    assert run.exit_code == 0
    assert "\u256d" not in run.stdout
    assert COMMANDS[name].load().help.splitlines()[0] == COMMANDS[name].help


def test_version() -> None:
    run = CliRunner().invoke(app, ["--version"])
    assert (run.exit_code, run.stdout) == (0, f"assay {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["bach"], "Did you mean 'batch', 'backup'? See 'assay --help'."),
        (["batch", "nonsense"], "See 'assay batch --help'."),
        (["batch", "list", "--nonsense"], "No such option: --nonsense"),
        (["batch", "show"], "Missing argument 'BATCH'."),
        (["batch", "list", "--limit", "many"], "Invalid value for '--limit'"),
        (["batch", "list", "--limit", "0"], "Invalid value for '--limit'"),
        (["batch", "list", "--order-by", "size"], "size"),
        (["compare", "a.csv", "b.csv", "--fail-on", "never"], "for '--fail-on': 'never' is not one of 'warn', 'fail'."),
        (["batch", "list", "--token", "x"], "It goes before the command: 'assay --token ...'."),
        (["batch", "edit", "july"], "Say what to change"),
        (["batch", "push", "july", "f.csv", "--key", "a/b"], "found 'a/b', expected a name without a slash"),
        (["--url", "not an address", "batch", "list"], "no address of a server"),
        (["--token-file", "/nowhere/token", "batch", "list"], "Cannot read the token file"),
    ],
)
def test_a_wrong_use_is_one_line_and_status_2(arguments: list[str], words: str) -> None:
    run = CliRunner().invoke(app, arguments)
    assert (run.exit_code, run.stdout) == (2, "")
    assert _one_line(run.stderr)
    assert words in run.stderr


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(422, {"message": "Batch monitoring is not enabled\non deployment 'x'."}), "not enabled on deployment"),
        (Reply(500, {"message": "Bug."}), "Bug."),
        (Reply(200, text="<html>Hello</html>"), "Is it the address of an Assay server?"),
        (Reply(301, headers={"Location": "https://elsewhere/"}), "redirect to 'https://elsewhere/'"),
        (Reply(200, [1]), "no page of a list"),
    ],
)
def test_whatever_the_server_says_against_it_is_one_line_and_status_1(
    wire: Wire, assay: Assay, reply: Reply, words: str
) -> None:
    wire.on("GET", "deployments/", reply)
    run = assay("deployment list")
    assert (run.code, run.out) == (1, "")
    assert _one_line(run.err)
    assert words in run.err


def test_no_server_is_one_line_and_status_1_in_a_process_of_its_own() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        run = _assay("batch", "list", ASSAY_URL=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (run.returncode, run.stdout) == (1, "")
    assert _one_line(run.stderr)
    assert "Is the server running there ('assay serve')" in run.stderr


def test_a_missing_token_is_told_with_the_way_to_name_one(wire: Wire) -> None:
    wire.on("GET", "deployments/", Reply(401, {"message": "Invalid authorization header: none."}))
    run = CliRunner().invoke(app, ["--url", wire.url, "deployment", "list"])
    assert run.exit_code == 1
    assert run.stderr.startswith("Error: Invalid authorization header: none. No token was sent: name its file")


def test_a_wrong_token_is_told_in_the_servers_words(wire: Wire, assay: Assay) -> None:
    wire.on("GET", "deployments/", Reply(401, {"message": "Invalid authorization header: unknown token."}))
    assert assay("deployment list").err == "Error: Invalid authorization header: unknown token.\n"


@pytest.mark.parametrize(
    ("options", "environment", "expected"),
    [
        (["--token", "a"], {"ASSAY_TOKEN": "c"}, "a"),
        (["--token-file", "{file}"], {"ASSAY_TOKEN": "c"}, "b"),
        ([], {"ASSAY_TOKEN": "c", "ASSAY_TOKEN_FILE": "{file}"}, "c"),
        ([], {"ASSAY_TOKEN_FILE": "{file}"}, "b"),
    ],
)
def test_what_is_said_goes_before_what_the_environment_says(
    wire: Wire, tmp_path: Path, options: list[str], environment: dict[str, str], expected: str
) -> None:
    file = tmp_path / "token"
    file.write_text("b\n")
    wire.on("GET", "deployments/", page())
    filled = {name: value.format(file=file) for name, value in environment.items()}
    arguments = [one.format(file=file) for one in options]
    CliRunner().invoke(app, ["--url", wire.url, *arguments, "deployment", "list"], env=filled)
    assert wire.calls[0].headers["Authorization"] == f"Bearer {expected}"


def test_an_interrupt_ends_quietly_with_130(wire: Wire) -> None:
    wire.on("GET", "deployments/", Reply(json=page().json, delay=20))
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "--url", wire.url, "deployment", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    while not wire.calls and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_reader_that_stops_reading_is_no_error(wire: Wire) -> None:
    many = (deployment(id=f"{number:024x}", label="x" * 60) for number in range(2000))
    wire.on("GET", "deployments/", page(*many))
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "--url", wire.url, "deployment", "list", "--limit", "2000", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(timeout=10)


def _commands() -> list[tuple[str, typer.core.TyperCommand]]:
    found = []
    for name, one in COMMANDS.items():
        if one.command is None:
            found += [(f"{name} {inner}", command) for inner, command in one.load().commands.items()]
    return found


def test_every_command_and_option_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()
    for name, command in _commands():
        assert f"assay {name}" in text, name
        for option in (opt for one in command.params for opt in one.opts if opt.startswith("--")):
            assert option in text, f"{option} of {name}"


def test_every_command_can_print_json() -> None:
    assert all(any("--json" in one.opts for one in command.params) for _, command in _commands())
