"""One case of a golden set: where its rows are, what is expected, and how far off a value may be."""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Within:
    """A value that the product gives with a stated error bound, because only raw rows give it exactly."""

    value: float
    bound: float


@dataclass(frozen=True)
class Case:
    """A case as ``expected.json`` holds it; ``directory`` is where its inputs are looked up."""

    directory: Path
    id: str
    kind: str
    inputs: str | list[str] | None
    params: dict[str, object]
    expected: dict[str, object]
    rtol: float
    atol: float
    tolerances: dict[str, float]
    notes: str

    def columns(self) -> dict[str, list[str | None]]:
        """Columns of the case's files as text, None where a field is empty.

        One file gives its own column names; two drift files of one column give ``baseline`` and ``batch``.
        """
        if self.inputs is None:
            return {}
        if isinstance(self.inputs, str):
            return _columns(self.directory / self.inputs)
        found = {}
        for name in self.inputs:
            (values,) = _columns(self.directory / name).values()
            found[Path(name).stem.rpartition("_")[2]] = values
        return found

    def numbers(self) -> dict[str, list[float | None]]:
        """The same columns as numbers, None where missing (empty or NaN)."""
        return {name: [_number(v) for v in values] for name, values in self.columns().items()}


Check = Callable[[Case], dict[str, object]]


def _columns(path: Path) -> dict[str, list[str | None]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        # A line of one empty field is written "" and reads as [""]; an empty line at the end reads as [].
        rows = [row for row in reader if row]
    return {name: [row[i] or None for row in rows] for i, name in enumerate(header)}


def _number(text: str | None) -> float | None:
    # float() rounds correctly, so the double that was written comes back.
    value = math.nan if text is None else float(text)
    return None if math.isnan(value) else value
