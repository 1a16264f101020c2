"""Rules of the code that no tool checks: where errors end, what may be caught, what the pure core may not ask."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay
from assay import errors
from assay.http.errors import STATUS, status_of

SOURCE = Path(assay.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
NAMES = [str(path.relative_to(SOURCE)) for path in FILES]

# The outermost loops: what goes wrong there is recorded, and the loop goes on.
LOOPS = {"jobs/worker.py", "http/errors.py", "server/serving.py"}

# What a function of the core would make depend on more than its arguments.
IMPURE = {"open", "input", "print", "exec", "eval", "now", "utcnow", "today", "getenv", "urandom", "urlopen"}


def refusals() -> list[type[errors.AssayError]]:
    found = [cls for _, cls in inspect.getmembers(errors, inspect.isclass)]
    return [cls for cls in found if issubclass(cls, errors.AssayError) and cls is not errors.AssayError]


def tree(name: str) -> ast.Module:
    return ast.parse((SOURCE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("refusal", refusals(), ids=lambda cls: cls.__name__)
def test_every_refusal_has_a_status(refusal: type[errors.AssayError]) -> None:
    assert 400 <= status_of(refusal.__new__(refusal)) < 600


def test_no_refusal_of_a_request_is_a_fault_of_the_server() -> None:
    # Only what a caller cannot bring about: stored bytes, the database's schema, settings, and what is away.
    faults = {cls.__name__ for cls in refusals() if status_of(cls.__new__(cls)) >= 500}
    away = {"Unavailable", "BlobsUnavailable", "DiskFull", "OutcomeUnknown"}
    assert faults == {"BinsMismatch", "FormatUnreadable", "DatabaseMismatch", "Misconfigured", *away}


def test_every_status_is_of_an_error_that_there_is() -> None:
    assert set(STATUS) <= set(refusals())


def test_every_error_raised_on_purpose_is_declared_in_one_file() -> None:
    for module in pkgutil.walk_packages([str(SOURCE)], "assay."):
        if "migrations" in module.name or module.name.endswith("__main__"):
            continue
        for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(cls, errors.AssayError):
                assert cls.__module__ == "assay.errors", cls


def broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(one is None or (isinstance(one, ast.Name) and one.id in {"Exception", "BaseException"}) for one in names)


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_nothing_is_caught_that_was_not_foreseen() -> None:
    # Cleaning up and passing the fault on is no catching.
    caught = [
        f"{name}:{node.lineno}"
        for name in NAMES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ExceptHandler) and broad(node) and not raises_again(node)
    ]
    assert [place for place in caught if place.partition(":")[0] not in LOOPS] == []


def calls(module: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node.lineno
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node.lineno


def test_the_statistics_core_asks_nothing_of_the_world() -> None:
    core = [name for name in NAMES if name.startswith("stats/")]
    asked = [f"{name}:{line} {called}" for name in core for called, line in calls(tree(name)) if called in IMPURE]
    assert asked == []
    for name in core:
        for node in ast.walk(tree(name)):
            # A generator without a seed is randomness that nobody can repeat.
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("default_rng"):
                assert node.args or node.keywords, f"{name}:{node.lineno}"


def test_every_file_says_what_it_is_for() -> None:
    assert [name for name in NAMES if not ast.get_docstring(tree(name))] == []


def test_no_file_is_named_for_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "core"}
    assert [name for name in NAMES if Path(name).stem in empty_words] == []


def test_one_noun_has_one_file_name_in_the_layers_that_have_it() -> None:
    # The resources of the area, as the layout promises them.
    for noun in ("batches", "deployments", "datasets", "models", "actuals", "uploads", "service", "jobs"):
        layers = {Path(name).parent.name for name in NAMES if Path(name).stem == noun}
        assert "records" in layers, noun
