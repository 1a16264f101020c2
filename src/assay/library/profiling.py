"""The profile of one table: what is kept of it, readable."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from assay.engines.casting import cast_column
from assay.engines.freezing import bins_of
from assay.engines.inference import ColumnEvidence
from assay.errors import Invalid
from assay.library.tables import table
from assay.library.text import counted, cut, printable
from assay.library.weighing import Weights
from assay.records.models import FeatureKind
from assay.stats.drift.rates import missing_share
from assay.stats.profile import Profile
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn


@dataclass(frozen=True, eq=False)
class TableProfile:
    """A table's profile over its own bins. Prints as a table.

    Attributes
    ----------
    profile : Profile
        What the server stores of a baseline; merges, and turns into bytes.
    kinds : mapping of str to str
        "Numeric", "Categorical", "Binary", "Text" or "Date" by column, in the table's order.
    rows : int
        Rows of the table. With weights the profile has as many rows as these are worth.
    """

    profile: Profile
    kinds: Mapping[str, str]
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values per column."""
        columns = {name: self._column(name) for name in self.kinds}
        return {"rows": self.rows, "worth": self.profile.rows, "columns": columns}

    def to_frame(self) -> pl.DataFrame:
        """One row per column, as a Polars frame."""
        return pl.DataFrame([{"name": name, **self._column(name)} for name in self.kinds], infer_schema_length=None)

    def _column(self, name: str) -> dict[str, Any]:
        column, kind = self.profile.columns[name], self.kinds[name]
        common = {"kind": kind, "missing": missing_share(column)}
        if isinstance(column, NumericColumn):
            quantiles = {f"q{int(100 * q)}": column.quantile(q) for q in (0.25, 0.5, 0.75)}
            moments = column.moments
            return {
                **common,
                "mean": moments.mean,
                "std": moments.std,
                "low": column.low,
                "high": column.high,
                **quantiles,
            }
        if isinstance(column, TextColumn):
            words, texts = column.bins.words, round(column.distinct.estimate)
            return {**common, "levels": texts, "most_frequent": words[0] if words else None}
        levels = len(column.bins.levels) + len(column.bins.other_levels)
        return {**common, "levels": levels, "most_frequent": column.bins.levels[0] if column.bins.levels else None}

    def __str__(self) -> str:
        """A table of 80 columns."""
        lines = [
            f"{counted(self.rows, 'row')}, {counted(len(self.kinds), 'column')}",
            "",
            f"{'column':<24}  {'kind':<11}  {'missing':>8}  values",
        ]
        return "\n".join([*lines, *(line for name in self.kinds for line in self._lines(name))])

    def _lines(self, name: str) -> list[str]:
        found = self._column(name)
        share = "-" if found["missing"] is None else f"{100 * found['missing']:.1f} %"
        if "mean" in found:
            dated = found["kind"] == FeatureKind.DATE
            say = _date if dated else _number
            mean = "" if found["mean"] is None or dated else f", mean {say(found['mean'])}"
            said = "none" if found["low"] is None else f"{say(found['low'])} to {say(found['high'])}{mean}"
        elif found["kind"] == "Text":
            word = "" if found["most_frequent"] is None else f", most often with '{found['most_frequent']}'"
            said = f"{found['levels']:,} texts{word}"
        else:
            said = f"{found['levels']:,} levels" + (f", mostly '{found['most_frequent']}'" if found["levels"] else "")
        start = f"{cut(name, 24):<24}  {found['kind']:<11}  {share:>8}  "
        return [printable(line) for line in textwrap.wrap(said, 80, initial_indent=start, subsequent_indent=" " * 49)]


def _number(value: float) -> str:
    return f"{value:.4g}"


def _date(value: float) -> str:
    return datetime.fromtimestamp(value, UTC).date().isoformat()


def profile(source: Any, *, weight: str | None = None) -> TableProfile:
    """Profile a table without a server. See docs/library.md.

    Parameters
    ----------
    source : pandas, Polars or Arrow table, or path
        As for `assay.compare`.
    weight : str or None
        Column that says how much each row counts; see docs/methods/weights.md.

    Raises
    ------
    Invalid
        When the table or a name cannot be used.
    FileUnreadable
        When the file cannot be read.

    Examples
    --------
    >>> import polars as pl
    >>> print(profile(pl.DataFrame({"x": [1.0, 2.0, None], "city": ["a", "a", "b"]})))
    3 rows, 2 columns
    <BLANKLINE>
    column                    kind          missing  values
    x                         Numeric        33.3 %  1 to 2, mean 1.5
    city                      Categorical     0.0 %  2 levels, mostly 'a'
    """
    frame = table(source, "table")
    if weight is not None and weight not in frame.columns:
        raise Invalid(f"The weight '{weight}' is not in the table. It has {', '.join(frame.columns[:8])}.")
    weights = Weights.of(frame, weight, "table")
    kinds = {name: ColumnEvidence.of(frame[name]).kind for name in frame.columns if name != weight}
    cast = weights.of_table(pl.DataFrame({name: cast_column(frame[name], kind)[0] for name, kind in kinds.items()}))
    bins = {name: bins_of(cast[name], kind) for name, kind in kinds.items()}
    counted = Profile.of(cast, bins)
    named = {name: kind.value for name, kind in kinds.items()}
    return TableProfile(Profile(weights.count, counted.columns), named, frame.height)
