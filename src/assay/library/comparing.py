"""Comparing two tables: cast, profile, judge, name causes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from assay.errors import Invalid
from assay.library.accuracy import metric_changes
from assay.library.charts import chart_of_levels, chart_of_numbers
from assay.library.columns import NUMBERS, Columns, reading_of_levels
from assay.library.comparison import Comparison, FeatureComparison, Role
from assay.library.decision import Judged, judge
from assay.library.tables import table
from assay.library.verdicts import verdict_of
from assay.records.models import FeatureKind
from assay.stats.bins import LevelBins
from assay.stats.causes import Cause, CauseCode, Clues, causes
from assay.stats.drift import Column, psi
from assay.stats.multivariate import domain_classifier, reconstruction_error
from assay.stats.profile import Profile
from assay.stats.psi import psi_interval
from assay.stats.repeats import Repeats
from assay.stats.unseen import UnseenLevels

# Of a column that is known to have drifted, causes may be named with less proof.
CAUSE_ALPHA = 0.01
SECONDS_PER_DAY = 86_400.0
ORDER = {"drifted": 0, "detectable": 1, "no evidence": 2, "unknown": 3}


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge: see `compare`."""

    target: str | None
    prediction: str | None
    importance: Mapping[str, float]
    alpha: float
    big_psi: float


def compare(
    baseline: Any,
    current: Any,
    *,
    target: str | None = None,
    prediction: str | None = None,
    importance: Mapping[str, float] | None = None,
    alpha: float = 0.01,
    big_psi: float = 0.10,
    multivariate: bool = True,
) -> Comparison:
    """Compare two tables without a server. See docs/library.md.

    Parameters
    ----------
    baseline, current : pandas, Polars or Arrow table, or path
        Paths name CSV, Parquet or Arrow stream files. Columns of one name are compared, in the kind that the baseline's
        values have.
    target, prediction : str or None
        Columns with the outcome and with what the model said. Each is judged on its own, not as a feature; with both in
        both tables, accuracy is compared too.
    importance : mapping of str to float, or None
        Of features, any scale; the largest becomes 1. Drift of a feature from 0.5 on fails, below it warns. Without
        importance, every feature counts as important.
    alpha : float
        Chance that a batch without drift carries any mark, in (0, 1).
    big_psi : float
        Bias-corrected PSI from which a change is big.
    multivariate : bool
        Whether all columns are looked at together too; takes most of the time.

    Returns
    -------
    Comparison

    Raises
    ------
    Invalid
        When a table or a name cannot be used.
    FileUnreadable
        When a file cannot be read.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"x": [float(i % 50) for i in range(1000)]})
    >>> compare(rows, rows).verdict.status
    'passing'
    >>> compare(rows, rows * 10, multivariate=False).features[0].causes[0].code.value
    'unit_or_scale_change'
    """
    then, now = table(baseline, "baseline"), table(current, "current")
    options = Options(target, prediction, _scaled(importance or {}), alpha, big_psi)
    _check(options, then, now)
    columns = Columns.of(then, now)
    names = [name for name in columns.kinds if name not in {target, prediction}]
    repeats = Repeats.between(columns.baseline.select(names), columns.current.select(names))
    compared = _Compared(columns, now, repeats, options)
    features = compared.family(names, "feature")
    joint = multivariate and bool(names)
    known = target is not None and prediction is not None and {target, prediction} <= {*then.columns} & {*now.columns}
    accuracy = metric_changes(then, now, target, prediction, alpha) if known and target and prediction else ()
    outcome, said = compared.single(target, "target"), compared.single(prediction, "prediction")
    return Comparison(
        verdict=verdict_of(features, outcome, said, accuracy, rows=now.height, ranked=bool(importance)),
        features=features,
        rows=now.height,
        baseline_rows=then.height,
        target=outcome,
        prediction=said,
        accuracy=accuracy,
        domain=domain_classifier(columns.baseline.select(names), columns.current.select(names)) if joint else None,
        reconstruction=reconstruction_error(columns.baseline.select(names), columns.current.select(names))
        if joint
        else None,
        notes=(*columns.notes, *_oddities(repeats)),
        alpha=alpha,
        big_psi=big_psi,
    )


@dataclass(frozen=True, eq=False)
class _Compared:
    """Both sides ready to be judged."""

    columns: Columns
    raw: pl.DataFrame
    repeats: Repeats
    options: Options

    def family(self, names: list[str], role: Role) -> tuple[FeatureComparison, ...]:
        """Columns judged together: the alarm budget is theirs in common."""
        bins = {name: b for name, b in self.columns.bins().items() if name in names}
        then, now = Profile.of(self.columns.baseline, bins), Profile.of(self.columns.current, bins)
        judged = judge(then, now, alpha=self.options.alpha, big_psi=self.options.big_psi)
        found = [self._feature(name, role, judged[name], then.columns[name], now.columns[name]) for name in names]
        return tuple(sorted(found, key=self._place))

    def single(self, name: str | None, role: Role) -> FeatureComparison | None:
        """A column that is its own family; None when a side does not have it."""
        return self.family([name], role)[0] if name is not None and name in self.columns.kinds else None

    def _feature(self, name: str, role: Role, judged: Judged, then: Column, now: Column) -> FeatureComparison:
        cells = then.cells(), now.cells()
        interval = psi_interval(*cells)
        kind = self.columns.kinds[name]
        return FeatureComparison(
            name=name,
            role=role,
            kind=kind.value,
            status=judged.status,
            importance=self.options.importance.get(name),
            psi=psi(*cells),
            psi_bc=judged.psi,
            psi_low=None if interval is None else interval.low,
            psi_high=None if interval is None else interval.high,
            p=judged.p,
            real=judged.real,
            big=judged.big,
            smallest_detectable=judged.smallest_detectable,
            missing=now.missing / now.rows if now.rows else None,
            missing_baseline=then.missing / then.rows if then.rows else None,
            causes=self._causes(name, then, now) if judged.real else (),
            chart=self._chart(name, kind),
        )

    def _causes(self, name: str, then: Column, now: Column) -> tuple[Cause, ...]:
        unseen = None
        reading = self.columns.readings.get(name)
        if isinstance(then.bins, LevelBins):
            unseen = UnseenLevels.of(self.columns.current[name], then.bins)
            reading = reading_of_levels(name, self.columns, self.raw[name], unseen)
        named = causes(then, now, Clues(unseen, self.repeats, reading), alpha=CAUSE_ALPHA)
        return tuple(map(_of_dates, named)) if self.columns.kinds[name] is FeatureKind.DATE else named

    def _place(self, feature: FeatureComparison) -> tuple[int, float, str]:
        """Drifted first, then by importance times size; without any importance by size alone."""
        weight = (feature.importance or 0.0) if self.options.importance else 1.0
        size = max(feature.psi or 0.0, 1e-9)
        return ORDER[feature.status], -weight * size - 1e-6 * size, feature.name

    def _chart(self, name: str, kind: FeatureKind) -> Any:
        then, now = self.columns.baseline[name], self.columns.current[name]
        if kind in NUMBERS:
            return chart_of_numbers(then, now, dates=kind is FeatureKind.DATE)
        return chart_of_levels(then, now)


def _of_dates(cause: Cause) -> Cause:
    """Dates move on by nature: in days, and never by another unit."""
    step = cause.evidence.get("shift", cause.evidence.get("offset"))
    if cause.code not in {CauseCode.SHIFT_OF_LOCATION, CauseCode.UNIT_OR_SCALE_CHANGE} or not isinstance(step, float):
        return cause
    words = f"dates moved by {step / SECONDS_PER_DAY:+,.1f} days"
    return replace(cause, code=CauseCode.SHIFT_OF_LOCATION, words=words)


def _scaled(importance: Mapping[str, float]) -> dict[str, float]:
    top = max(importance.values(), default=0.0)
    return {name: max(0.0, value / top) if top > 0 else 0.0 for name, value in importance.items()}


def _check(options: Options, then: pl.DataFrame, now: pl.DataFrame) -> None:
    if not 0.0 < options.alpha < 1.0:
        raise Invalid(f"alpha is {options.alpha}, expected a number between 0 and 1.")
    for role, name in (("target", options.target), ("prediction", options.prediction)):
        if name is not None and name not in then.columns and name not in now.columns:
            raise Invalid(f"The {role} '{name}' is in neither table. The baseline has {_some(then.columns)}.")
    unknown = sorted(set(options.importance) - set(then.columns))
    if unknown:
        raise Invalid(f"importance names '{unknown[0]}', which the baseline has not. It has {_some(then.columns)}.")
    if not set(then.columns) & set(now.columns):
        raise Invalid(f"The tables have no column in common: {_some(then.columns)} and {_some(now.columns)}.")


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _oddities(repeats: Repeats) -> list[str]:
    if repeats.current_share - repeats.baseline_share < 0.01:
        return []
    now, then = 100 * repeats.current_share, 100 * repeats.baseline_share
    return [f"{now:.1f} % of the rows are copies of another row ({then:.1f} % in as many rows of the baseline)"]
