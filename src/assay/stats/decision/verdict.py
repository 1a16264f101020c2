"""The alarm rule: a change is reported when it is REAL and BIG. See docs/methods/alarms.md."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from assay.stats.decision.evidence import FeatureEvidence, first_look, refined
from assay.stats.decision.importance import is_important, require_finite
from assay.stats.decision.multiplicity import benjamini_hochberg, benjamini_yekutieli
from assay.stats.decision.options import DecisionOptions
from assay.stats.drift.distances import Column
from assay.stats.profile.profile import Profile

FEATURES, TARGET = "features", "target"
"""The family of a column that no family is named for; and the one whose columns are always important."""

ADJUSTMENTS = {"benjamini_hochberg": benjamini_hochberg, "benjamini_yekutieli": benjamini_yekutieli}


class Outcome(StrEnum):
    """What is said of one feature."""

    DRIFTED = "drifted"
    SMALL = "detectable, small"
    NO_EVIDENCE = "no evidence"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What is said of a batch."""

    PASSING = "passing"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


SEVERITY = (Status.UNKNOWN, Status.PASSING, Status.WARNING, Status.FAILING)
"""From what says least to what says most."""


@dataclass(frozen=True, slots=True)
class FeatureVerdict:
    """One feature, judged.

    Attributes
    ----------
    evidence : FeatureEvidence
    family : str
        Features judged together.
    adjusted_p : float or None
        The feature's p-value, adjusted for all of its family; None when there is no verdict.
    real, big : bool or None
        Whether the change is more than chance, and whether it matters; None when there is no verdict.
    outcome : Outcome
    important : bool
        Whether its drift fails the batch.
    importance : float or None
        As the caller gave it; None when not given.
    smallest_detectable_psi : float or None
        What this batch would have revealed in four of five cases: whether silence is good news.
    """

    evidence: FeatureEvidence
    family: str
    adjusted_p: float | None
    real: bool | None
    big: bool | None
    outcome: Outcome
    important: bool
    importance: float | None
    smallest_detectable_psi: float | None

    @property
    def name(self) -> str:
        """The feature's name."""
        return self.evidence.name

    def at_level(self, alpha: float) -> Self:
        """The same evidence judged at another level."""
        real = None if self.adjusted_p is None else self.adjusted_p <= alpha
        return replace(self, real=real, outcome=_outcome(real, self.big))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A batch, judged.

    Attributes
    ----------
    batch_id : str
    level : float
        Level at which the changes are REAL; ``options.alpha`` unless judged in a stream.
    options : DecisionOptions
    features : tuple of FeatureVerdict
        In the order of their names.
    status : Status
    reasons : tuple of str
        Why the status is what it is, in words.
    """

    batch_id: str
    level: float
    options: DecisionOptions
    features: tuple[FeatureVerdict, ...]
    status: Status
    reasons: tuple[str, ...]

    def __getitem__(self, name: str) -> FeatureVerdict:
        """The verdict on one feature."""
        for feature in self.features:
            if feature.name == name:
                return feature
        raise KeyError(name)

    @property
    def alarm(self) -> bool:
        """Whether the batch is a warning or failing."""
        return self.status in {Status.WARNING, Status.FAILING}

    @property
    def drifted(self) -> tuple[str, ...]:
        """Names of the features whose change is REAL and BIG."""
        return tuple(f.name for f in self.features if f.outcome is Outcome.DRIFTED)

    @property
    def p(self) -> float | None:
        """One p-value for "nothing has drifted": the smallest adjusted one, times the families; None if unknown."""
        adjusted = [(f.family, f.adjusted_p) for f in self.features if f.adjusted_p is not None]
        return min(1.0, len({family for family, _ in adjusted}) * min(p for _, p in adjusted)) if adjusted else None

    def at_level(self, alpha: float) -> Self:
        """The same evidence judged at another level, as in a stream of batches."""
        features = tuple(feature.at_level(alpha) for feature in self.features)
        status, reasons = status_of(features, self.options)
        return replace(self, level=alpha, features=features, status=status, reasons=reasons)


def decide(  # what a batch is judged by; all but the profiles may be left out
    baseline: Profile,
    current: Profile,
    *,
    options: DecisionOptions | None = None,
    importance: Mapping[str, float] | None = None,
    batch_id: str = "",
    families: Mapping[str, str] | None = None,
    starred: Collection[str] = (),
) -> Verdict:
    """Judge a batch against its baseline: which features have drifted, and what that makes of the batch.

    The same inputs give the same verdict: random draws are seeded by the feature's name and ``batch_id``. See
    docs/methods/alarms.md.

    Parameters
    ----------
    baseline, current : Profile
        Counted over the same bins. Columns of the baseline are judged; others are not looked at.
    options : DecisionOptions, optional
    importance : mapping of str to float, optional
        By feature, as `assay.stats.decision.importance.scaled_importance` gives it. A feature without it is important.
    batch_id : str
        Of the current rows.
    families : mapping of str to str, optional
        Family of each column that is not a feature, such as ``{"outcome": "target"}``. Each family is judged at
        ``options.alpha`` by itself; drift of the target is always important.
    starred : collection of str
        Features that are important whatever their importance.

    Raises
    ------
    BinsMismatch
        When a column was counted over different bins in the two profiles.
    Invalid
        When an importance is not a finite number.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> rows = pl.DataFrame({"x": range(1000)})
    >>> bins = {"x": NumericBins.of(rows["x"])}
    >>> baseline = Profile.of(rows, bins)
    >>> decide(baseline, Profile.of(rows[::10], bins)).status
    <Status.PASSING: 'passing'>
    >>> verdict = decide(baseline, Profile.of(rows[500:700], bins), importance={"x": 1.0})
    >>> verdict.status, verdict["x"].outcome, verdict["x"].evidence.checks_run
    (<Status.FAILING: 'failing'>, <Outcome.DRIFTED: 'drifted'>, 3)
    """
    chosen = options or DecisionOptions()
    weights = {} if importance is None else importance
    require_finite(weights)
    family_of = {name: (families or {}).get(name, FEATURES) for name in sorted(baseline.columns)}
    pairs: dict[str, tuple[Column, Column]] = {
        name: (baseline.columns[name], current.columns[name]) for name in family_of if name in current.columns
    }
    found = first_look(pairs, chosen)
    absent = "the batch's profile has no such column"
    found.update(
        {
            name: FeatureEvidence(name, baseline.columns[name].rows, 0, (), None, reason=absent)
            for name in family_of
            if name not in pairs
        }
    )
    verdicts: list[FeatureVerdict] = []
    for family in sorted(set(family_of.values())):
        members = {name: found[name] for name, of in family_of.items() if of == family}
        verdicts += _family_verdicts(
            family, members, pairs, options=chosen, importance=weights, starred=starred, batch_id=batch_id
        )
    features = tuple(sorted(verdicts, key=lambda verdict: verdict.name))
    status, reasons = status_of(features, chosen)
    return Verdict(batch_id, chosen.alpha, chosen, features, status, reasons)


def status_of(features: Sequence[FeatureVerdict], options: DecisionOptions) -> tuple[Status, tuple[str, ...]]:
    """What the verdicts on its features make of a batch, and why in words."""
    judged = [f for f in features if f.outcome is not Outcome.UNKNOWN]
    if not judged:
        why = dict.fromkeys(f.evidence.reason for f in features if f.evidence.reason is not None)
        return Status.UNKNOWN, tuple(why) or ("there is no column to judge",)
    drifted = [f for f in judged if f.outcome is Outcome.DRIFTED]
    high, low = [f for f in drifted if f.important], [f for f in drifted if not f.important]
    counts = options.counts
    reasons = tuple(_in_words(f) for f in [*high, *low])
    if _reaches(high, counts.high_failing) or _reaches(low, counts.low_failing):
        return Status.FAILING, reasons
    if _reaches(high, counts.high_warning) or _reaches(low, counts.low_warning):
        return Status.WARNING, reasons
    return Status.PASSING, reasons


def worst(statuses: Iterable[Status]) -> Status:
    """The most severe of some statuses; unknown when nothing else is among them.

    Examples
    --------
    >>> worst([Status.UNKNOWN, Status.PASSING])
    <Status.PASSING: 'passing'>
    """
    return max(statuses, key=SEVERITY.index, default=Status.UNKNOWN)


def _family_verdicts(  # the arguments of decide, for one family
    family: str,
    members: Mapping[str, FeatureEvidence],
    pairs: Mapping[str, tuple[Column, Column]],
    *,
    options: DecisionOptions,
    importance: Mapping[str, float],
    starred: Collection[str],
    batch_id: str,
) -> list[FeatureVerdict]:
    tests = sum(one.p is not None for one in members.values())
    found = refined(members, pairs, options=options, batch_id=batch_id, tests=tests)
    weights = _weights([importance.get(name) for name in found]) if options.weigh_by_importance else None
    p_values = [one.p for one in found.values()]
    adjusted = ADJUSTMENTS[options.adjustment](p_values if weights is None else _weighted(p_values, weights))
    return [
        _judged(
            one,
            adjusted_p,
            family=family,
            options=options,
            importance=importance.get(one.name),
            important=family == TARGET
            or one.name in starred
            or is_important(importance.get(one.name), options.importance_threshold),
            tests=tests,
        )
        for one, adjusted_p in zip(found.values(), adjusted, strict=True)
    ]


def _judged(  # a verdict's fields
    one: FeatureEvidence,
    adjusted_p: float | None,
    *,
    family: str,
    options: DecisionOptions,
    importance: float | None,
    important: bool,
    tests: int,
) -> FeatureVerdict:
    real = None if adjusted_p is None else adjusted_p <= options.alpha
    big = None if adjusted_p is None else bool(one.gates)
    return FeatureVerdict(
        evidence=one,
        family=family,
        adjusted_p=adjusted_p,
        real=real,
        big=big,
        outcome=_outcome(real, big),
        important=important,
        importance=importance,
        smallest_detectable_psi=one.smallest_detectable_psi(alpha=options.alpha, tests=tests),
    )


def _outcome(real: bool | None, big: bool | None) -> Outcome:  # noqa: FBT001  # the two words of the rule
    if real is None:
        return Outcome.UNKNOWN
    if not real:
        return Outcome.NO_EVIDENCE
    return Outcome.DRIFTED if big else Outcome.SMALL


def _weights(importance: Sequence[float | None]) -> list[float]:
    """Importance over its mean; 1 for a feature whose importance is not known, 0 for a negative one."""
    known = [max(0.0, value) for value in importance if value is not None]
    mean = math.fsum(known) / len(known) if known else 0.0
    if mean == 0.0:
        return [1.0] * len(importance)
    return [1.0 if value is None else max(0.0, value) / mean for value in importance]


def _weighted(p_values: Sequence[float | None], weights: Sequence[float]) -> list[float | None]:
    return [
        p if p is None else min(1.0, p / weight) if weight > 0 else 1.0
        for p, weight in zip(p_values, weights, strict=True)
    ]


def _reaches(features: Sequence[FeatureVerdict], count: int | None) -> bool:
    return count is not None and len(features) >= count


def _in_words(feature: FeatureVerdict) -> str:
    leading = feature.evidence.leading
    by = "" if leading is None else f" (by {leading.name.value}, adjusted p {feature.adjusted_p:.2g})"
    gates = ", ".join(f"{gate.name} {gate.value:.3g} reaches {gate.limit:g}" for gate in feature.evidence.gates)
    unknown = "; importance not known" if feature.importance is None and feature.family == FEATURES else ""
    return f"{feature.name!r} has drifted{by}: {gates}{unknown}"
