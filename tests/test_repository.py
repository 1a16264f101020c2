"""The repository keeps its promises: nothing of one machine, all dependencies hashed, all tasks described."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "requirements"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Joined from pieces, so that this file does not find itself.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("debian", "org"),
        ("conda", "anaconda", "org"),
    )
]
HOME_FOLDERS = ["work", "root", "home/[^/\\s]+", "Users/[^/\\s]+"]
FOREIGN = re.compile(
    "|".join(
        [re.escape(host) for host in REGISTRY_HOSTS]
        # A path begins after a blank, a quote and the like: `network/`, `a/root/b` and URLs are none.
        + [rf"(?:^|(?<=[\s\"'`(=:,<\[]))/(?:{folder})/" for folder in HOME_FOLDERS]
    ).encode()
)


def committed_files() -> list[Path]:
    """What git holds or would take in; without git, all but the folders that are never committed."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        made = {".git", ".venv", "__pycache__", "node_modules", "dist", "build"}
        paths = [path for path in ROOT.rglob("*") if not made.intersection(path.parts) and ".egg-info" not in path.name]
        paths = [path for path in paths if not any(part.endswith("_cache") for part in path.parts)]
    else:
        paths = [ROOT / name for name in listing.split("\0") if name]
    return [path for path in paths if path.is_file()]


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ROOT / "run"), *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def tasks() -> list[str]:
    return re.findall(r"^  ([a-z]+) ", run("help").stdout, re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Name and version of each package in a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (LOCKS / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE))


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {hit.group().decode()}"
        for path in committed_files()
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        for hit in FOREIGN.finditer(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("https://files." + "pythonhosted" + ".org/x", True),
        ("cd /" + "work/main", True),
        ('path = "/' + 'home/ann/assay"', True),
        ("GET /api/v2/root/x/", False),
        ("https://example.com/work/x", False),
        ("/usr/bin/chromium", False),
    ],
)
def test_the_search_finds_what_it_should_and_no_more(text, foreign):
    assert (FOREIGN.search(text.encode()) is not None) == foreign


def test_every_task_is_described():
    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    assert tasks(), "./run help lists no task"
    assert [task for task in tasks() if f"`./run {task}" not in page] == []


def test_every_task_has_an_alias_for_make():
    rules = re.findall(r"^([a-z]+): ; @\./run \1\b", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rules) == sorted(tasks())


def test_run_answers_from_any_folder(tmp_path):
    bare = run(cwd=tmp_path)
    assert (bare.returncode, bare.stdout) == (0, run("help").stdout)


def test_run_refuses_a_task_it_does_not_know():
    answer = run("no-such-task")
    assert answer.returncode == 2
    assert "no-such-task" in answer.stderr


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_every_requirement_is_pinned_and_hashed(lock):
    # One logical line each: uv breaks them with a backslash.
    lines = lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    requirements = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    loose = [line for line in requirements if not re.match(r"[a-z0-9-]+==\S.* --hash=sha256:[0-9a-f]{64}\b", line)]
    assert requirements
    assert loose == []


@pytest.mark.parametrize(("narrow", "wide"), [("build", "test"), ("runtime", "demo"), ("demo", "test")])
def test_a_wider_set_holds_the_narrower_one_in_the_same_versions(narrow, wide):
    # `./run` relies on it: with the wide set installed it does not install the narrow one.
    assert pins(narrow).items() <= pins(wide).items()


def test_the_locks_answer_to_the_declared_dependencies():
    project = PYPROJECT["project"]
    declared = {"runtime": project["dependencies"], "demo": project["optional-dependencies"]["demo"]}
    for name, lines in declared.items():
        locked = pins(name)
        for requirement in map(Requirement, lines):
            version = locked.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement} is not in {name}.txt: ./run lock"
            assert requirement.specifier.contains(version), f"{name}.txt has {version} for {requirement}: ./run lock"


def test_the_import_contracts_are_the_agreed_ones():
    # A contract is changed only with a record in docs/decisions, and then here.
    assert [contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]] == [
        "Imports point down",
        "Monitoring: rows come in, become profiles, are read as figures",
        "Statistics: decisions rest on drift, drift on profiles",
        "The statistics core is pure",
        "Clients know only the HTTP API",
        "The Spark integration computes locally and talks HTTP",
        "Storage keeps rows and bytes, not statistics",
        "Only the composition root picks a back end",
        "Frameworks stay at their edge",
    ]


def test_every_benchmark_says_what_it_measures():
    # `./run bench` lists the first line of each.
    silent = [
        path.name
        for path in (ROOT / "benchmarks").glob("[!_]*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
