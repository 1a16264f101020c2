"""The result of a comparison, in the forms that people and programs read."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assay.library.findings import Findings
from assay.library.text import WIDTH, table


@dataclass(frozen=True, slots=True)
class Comparison(Findings):
    """Baseline and current, side by side. Prints as a table; what it holds is told with `Findings`."""

    def to_json(self, *, indent: int | None = None) -> str:
        """The same as JSON; a number that JSON has no word for is null."""
        return json.dumps(_plain(self.to_dict()), ensure_ascii=False, allow_nan=False, indent=indent)

    def to_frame(self) -> pl.DataFrame:
        """One row per column, as a Polars frame."""
        rows = [
            {**asdict(one), "cause": one.causes[0].code.value if one.causes else None, "words": one.words}
            for one in self.columns
        ]
        names = [
            "name", "role", "kind", "status", "importance", "important", "psi", "psi_bc", "psi_low", "psi_high", "p",
            "real", "big", "smallest_detectable", "missing", "missing_baseline", "cause", "words", "reason",
        ]  # fmt: skip
        numbers = ("importance", "psi", "psi_bc", "psi_low", "psi_high", "p", "smallest_detectable", "missing")
        kinds = {**dict.fromkeys((*numbers, "missing_baseline"), pl.Float64), "cause": pl.String, "reason": pl.String}
        return pl.DataFrame(
            [{name: row[name] for name in names} for row in rows], schema_overrides=kinds, infer_schema_length=None
        )

    def to_html(self, path: str | Path) -> Path:
        """Write one page that needs nothing else: no network, no script."""
        # Wanted by few callers, and not needed to compare.
        from assay.library.html import page  # noqa: PLC0415

        written = Path(path)
        written.write_text(page(self), encoding="utf-8")
        return written

    def to_text(self, *, width: int = WIDTH) -> str:
        """The verdict, its reasons and a table, in lines of at most ``width`` characters (80 or more)."""
        return table(self, max(width, WIDTH))

    def __str__(self) -> str:
        """The same in 80 columns."""
        return self.to_text()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    finite = not isinstance(value, float) or value - value == 0.0
    return value if finite else None
