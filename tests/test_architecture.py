"""Rules of the source that no type checker and no import contract sees."""

import ast
import inspect
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from assay import errors
from assay.http.errors import STATUS, status_of

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "assay"
MODULES = sorted(path for path in SRC.rglob("*.py") if not path.name.startswith("0"))
REFUSALS = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.AssayError)]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]

# The loops that must outlive whatever a job or a request does.
OUTERMOST = {("jobs/worker.py", "_run"), ("jobs/worker.py", "run")}

# What the core may not do, though it needs no import.
IMPURE = {"open", "print", "input", "exec", "eval", "now", "utcnow", "today", "time", "urandom", "default_rng"}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path):
    return path.relative_to(SRC).as_posix()


def functions(path):
    return [n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("cls", [c for c in REFUSALS if c is not errors.AssayError], ids=lambda cls: cls.__name__)
def test_every_error_has_a_status(cls):
    error = cls.__new__(cls)
    assert status_of(error) in range(400, 600)


def test_errors_are_named_for_the_fact_and_explained():
    assert [
        c.__name__ for c in REFUSALS if c.__name__.endswith(("Error", "Exception")) and c.__base__ is not Exception
    ] == []
    assert [c.__name__ for c in REFUSALS if not c.__doc__] == []


def test_the_statuses_are_those_of_errors_that_there_are():
    assert set(STATUS) <= set(REFUSALS)


def test_every_error_of_the_product_is_in_one_file():
    elsewhere = [
        f"{name_of(path)}: {node.name}"
        for path in MODULES
        if name_of(path) != "errors.py" and name_of(path).partition("/")[0] not in {"client", "cli"}
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(b).endswith("AssayError") for b in node.bases)
    ]
    assert elsewhere == []


def test_only_the_outermost_loops_catch_everything():
    found = {
        (name_of(path), function.name)
        for path in MODULES
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    }
    assert found == OUTERMOST


def catches_everything(handler):
    """Whether it keeps every exception; one that cleans up and raises it again does not."""
    last = handler.body[-1]
    passes_on = isinstance(last, ast.Raise) and last.exc is None
    caught = (
        {"BaseException"} if handler.type is None else {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
    )
    return bool(caught & {"Exception", "BaseException"}) and not passes_on


# ---------------------------------------------------------------- the pure core


@pytest.mark.parametrize("path", sorted((SRC / "stats").rglob("*.py")), ids=name_of)
def test_the_core_opens_no_file_and_asks_for_no_time(path):
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    called = {f.id if isinstance(f, ast.Name) else f.attr for f in calls if isinstance(f, ast.Name | ast.Attribute)}
    assert called & IMPURE == set()


@pytest.fixture(scope="module")
def loaded():
    """Modules that a fresh interpreter has after it ran some code."""
    known = {}

    def after(code):
        if code not in known:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])}
            show = "import sys; print('\\n' + ' '.join(sys.modules), file=sys.stderr)"
            answer = subprocess.run(
                [sys.executable, "-c", f"{code}\n{show}"], env=environment, check=True, capture_output=True, text=True
            )
            known[code] = set(answer.stderr.splitlines()[-1].split())
        return known[code]

    return after


def stats_imports():
    modules = [name_of(p).removesuffix(".py").replace("/", ".") for p in sorted((SRC / "stats").rglob("*.py"))]
    return "import " + ", ".join("assay." + m.removesuffix(".__init__") for m in modules)


def test_the_core_loads_nothing_of_the_outside_world(loaded):
    (contract,) = [c for c in CONTRACTS if c["name"] == "The statistics core is pure"]
    third_party = set(contract["forbidden_modules"]) - sys.stdlib_module_names
    assert {"sqlalchemy", "pydantic"} <= third_party
    assert loaded(stats_imports()) & third_party == set()
    ours = {m for m in loaded(stats_imports()) if m.startswith("assay.")}
    assert {m.split(".")[1] for m in ours} <= {"stats", "errors"}


HEAVY = {"polars", "numpy", "scipy", "sqlalchemy", "alembic", "fastapi", "uvicorn", "pydantic"}


def test_the_package_alone_loads_nothing_heavy(loaded):
    assert loaded("import assay") & HEAVY == set()


@pytest.mark.parametrize("arguments", [["--help"], ["batch", "--help"], ["serve", "--help"], ["token", "--help"]])
def test_asking_the_command_for_help_loads_no_data_plane_and_no_database(loaded, arguments):
    code = f"""
import sys
from assay.__main__ import main
sys.argv = ["assay", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
"""
    assert loaded(code) & {"polars", "numpy", "sqlalchemy", "alembic", "fastapi", "uvicorn"} == set()


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is(path):
    said = ast.get_docstring(tree(path))
    assert said
    assert said.splitlines()[0].endswith((".", "?"))


def test_every_folder_of_sources_is_a_package():
    folders = {path.parent for path in MODULES} - {SRC / "storage/sql/migrations"}
    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_module_is_longer_than_500_lines():
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lines.items() if n > 500} == {}


def test_no_module_is_named_for_being_useful():
    vague = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
    assert [name_of(path) for path in MODULES if vague & set(path.stem.split("_"))] == []
