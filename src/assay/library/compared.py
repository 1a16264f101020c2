"""Two tables, profiled and judged, column by column."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from assay.library.charts import Chart, chart_of_levels, chart_of_numbers, chart_of_words
from assay.library.columns import Columns, listed, reading_of_levels, reading_of_texts
from assay.library.decision import STATUS, judge
from assay.library.findings import FeatureComparison, Role
from assay.records.models import FeatureKind
from assay.stats.causes import Cause, CauseCode, Clues, causes
from assay.stats.decision import FeatureVerdict, Verdict
from assay.stats.drift import Column, drift_score
from assay.stats.drift.psi_estimate import drift_interval
from assay.stats.drift.rates import missing_share
from assay.stats.drift.unseen import UnseenLevels
from assay.stats.multivariate import DomainClassifier, ReconstructionError, domain_classifier, reconstruction_error
from assay.stats.profile import Profile
from assay.stats.profile.bins import LevelBins
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.words import TextColumn
from assay.stats.repeats import Repeats

# Of a column that is known to have drifted, causes may be named with less proof.
CAUSE_ALPHA = 0.01
SECONDS_PER_DAY = 86_400.0
IDENTIFIER_SHARE = 0.9
FEWEST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge: see `assay.compare`."""

    target: str | None
    prediction: str | None
    weight: str | None
    importance: Mapping[str, float]
    alpha: float
    big_psi: float

    @property
    def families(self) -> dict[str, str]:
        """Columns that are judged by themselves."""
        given = {"target": self.target, "prediction": self.prediction}
        return {name: role for role, name in given.items() if name is not None}


@dataclass(frozen=True, eq=False)
class Compared:
    """Both sides profiled over the baseline's bins, and judged."""

    columns: Columns
    raw: pl.DataFrame
    features: list[str]
    options: Options
    then: Profile
    now: Profile
    judged: Verdict
    repeats: Repeats

    @classmethod
    def of(cls, columns: Columns, raw: pl.DataFrame, features: list[str], options: Options) -> "Compared":
        """Profiled and judged. ``raw`` are current's rows as they came, ``features`` neither target nor prediction."""
        bins = columns.bins()
        then, now = (Profile.of(side, bins) for side in (columns.baseline, columns.current))
        # Dates move on by nature, so nobody has to say that it does not matter.
        dates = (name for name, kind in columns.kinds.items() if kind is FeatureKind.DATE)
        judged = judge(
            then,
            now,
            alpha=options.alpha,
            big_psi=options.big_psi,
            importance={**dict.fromkeys(dates, 0.0), **options.importance},
            families=options.families,
        )
        repeats = Repeats.between(*(side.select(features) for side in columns.whole))
        return cls(columns, raw, features, options, then, now, judged, repeats)

    def all(self) -> dict[str, FeatureComparison]:
        """Every column, by name."""
        return {verdict.name: self._column(verdict) for verdict in self.judged.features}

    def identifiers(self) -> list[str]:
        """Features whose values hardly repeat: they tell rows apart, and nothing else."""
        found = [
            name
            for name in self.features
            if isinstance(column := self.then.columns[name], CategoricalColumn)
            and column.distinct.estimate >= IDENTIFIER_SHARE * max(column.rows - column.missing, FEWEST_ROWS)
        ]
        return listed("of values that hardly repeat, like identifiers", found)

    def joint(self) -> tuple[DomainClassifier | None, ReconstructionError | None]:
        """All features but text together; None twice for weighted rows."""
        names = sorted(name for name in self.features if self.columns.kinds[name] is not FeatureKind.TEXT)
        if self.options.weight is not None or not names:
            return None, None
        # Both draw rows by their place, which must not matter.
        then, now = (side.select(names).sort(names) for side in self.columns.whole)
        return domain_classifier(then, now), reconstruction_error(then, now)

    def _column(self, verdict: FeatureVerdict) -> FeatureComparison:
        name = verdict.name
        then, now = self.then.columns[name], self.now.columns[name]
        interval = drift_interval("psi", then, now)
        role: Role = "feature"
        if name in self.options.families:
            role = "target" if name == self.options.target else "prediction"
        return FeatureComparison(
            name=name,
            role=role,
            kind=self.columns.kinds[name].value,
            status=STATUS[verdict.outcome],
            importance=self.options.importance.get(name),
            important=verdict.important,
            psi=drift_score("psi", then, now),
            psi_bc=verdict.evidence.psi_bc,
            psi_low=None if interval is None else interval.low,
            psi_high=None if interval is None else interval.high,
            p=verdict.adjusted_p,
            real=bool(verdict.real),
            big=bool(verdict.big),
            smallest_detectable=verdict.smallest_detectable_psi,
            reason=verdict.evidence.reason,
            missing=missing_share(now),
            missing_baseline=missing_share(then),
            causes=self._causes(name, then, now) if verdict.real else (),
            chart=self._chart(name, then, now),
        )

    def _causes(self, name: str, then: Column, now: Column) -> tuple[Cause, ...]:
        unseen = None
        reading = self.columns.readings.get(name)
        if isinstance(then.bins, LevelBins):
            unseen = UnseenLevels.of(self.columns.current[name], then.bins)
            reading = reading_of_levels(name, self.columns, self.raw[name], unseen)
        elif isinstance(then, TextColumn):
            reading = reading_of_texts(name, self.columns, self.raw[name])
        named = causes(then, now, Clues(unseen, self.repeats, reading), alpha=CAUSE_ALPHA)
        return tuple(map(_of_dates, named)) if self.columns.kinds[name] is FeatureKind.DATE else named

    def _chart(self, name: str, then: Column, now: Column) -> Chart:
        if isinstance(then, TextColumn) and isinstance(now, TextColumn):
            return chart_of_words(then, now)
        if isinstance(then.bins, LevelBins):
            return chart_of_levels(*self.columns.sides(name))
        return chart_of_numbers(*self.columns.sides(name), dates=self.columns.kinds[name] is FeatureKind.DATE)


def _of_dates(cause: Cause) -> Cause:
    """Dates move on by nature: in days, and never by another unit."""
    step = cause.evidence.get("shift", cause.evidence.get("offset"))
    if cause.code not in {CauseCode.SHIFT_OF_LOCATION, CauseCode.UNIT_OR_SCALE_CHANGE} or not isinstance(step, float):
        return cause
    words = f"dates moved by {step / SECONDS_PER_DAY:+,.1f} days"
    return replace(cause, code=CauseCode.SHIFT_OF_LOCATION, words=words)
