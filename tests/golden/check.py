"""Compare the product's numbers with a golden set: ``python -m tests.golden.check DIR``.

The set's README tells the format. Nothing is left out in silence: a kind of case or an expected name that no
check answers counts as failed.
"""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.golden import accuracy_checks, drift_checks
from tests.golden.case import Case, Check, Within

CHECKS: dict[str, Check] = {**drift_checks.CHECKS, **accuracy_checks.CHECKS}


@dataclass(frozen=True)
class Miss:
    """One expected value that the product did not give."""

    case: str
    name: str
    got: object
    want: object
    tolerance: str

    def __str__(self) -> str:
        return f"{self.case} {self.name}: got {self.got!r} want {self.want!r} tolerance {self.tolerance}"


def read(directory: Path) -> list[Case]:
    """The cases of a golden set."""
    text = json.loads((directory / "expected.json").read_text(encoding="utf-8"))
    return [Case(directory=directory, **case) for case in text["cases"]]


def misses(case: Case) -> dict[str, list[Miss]]:
    """For every expected name what the product did not meet; an empty list where all is well."""
    check = CHECKS.get(case.kind)
    got = check(case) if check else {}
    return {
        name: list(_compare(case, name, name, got.get(name, _NOTHING), want)) for name, want in case.expected.items()
    }


def main(directory: str) -> int:
    """Print every miss and the count; 0 when there is none."""
    passed, failed = 0, 0
    for case in read(Path(directory)):
        for missed in misses(case).values():
            sys.stdout.writelines(f"{miss}\n" for miss in missed)
            passed += not missed
            failed += bool(missed)
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return 1 if failed or not passed else 0


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()


def _compare(case: Case, name: str, path: str, got: object, want: object) -> Iterator[Miss]:
    """Misses of one expected value, down into lists and mappings."""
    if isinstance(want, dict):
        held = got if isinstance(got, Mapping) else {}
        for key, part in want.items():
            yield from _compare(case, key, f"{path}[{key}]", held.get(key, _NOTHING), part)
    elif isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            yield Miss(case.id, path, got, want, f"a list of {len(want)}")
            return
        for i, part in enumerate(want):
            yield from _compare(case, name, f"{path}[{i}]", got[i], part)
    else:
        tolerance = case.tolerances.get(name, case.rtol)
        if not _meets(got, _value(want), tolerance, case.atol):
            yield Miss(case.id, path, got, want, f"{case.atol} + {tolerance} * |want|")


def _value(want: object) -> object:
    return float(want) if want in ("inf", "-inf") else want


def _meets(got: object, want: object, rtol: float, atol: float) -> bool:
    if isinstance(got, Within):
        return isinstance(want, int | float) and abs(got.value - want) <= got.bound + atol + rtol * abs(want)
    if isinstance(want, bool | str | None) or isinstance(got, bool):
        return type(got) is type(want) and got == want
    if not isinstance(got, int | float):
        return False
    if isinstance(want, int):
        return got == want
    return got == want or (math.isfinite(got) and abs(got - want) <= atol + rtol * abs(want))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.golden.check DIR")
    sys.exit(main(sys.argv[1]))
