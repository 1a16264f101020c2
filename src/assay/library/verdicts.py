"""From judged columns and accuracy to one verdict with reasons."""

from collections.abc import Sequence

from assay.library.accuracy import MetricChange
from assay.library.decision import WORDS
from assay.library.findings import FeatureComparison, Verdict
from assay.library.text import counted, measure
from assay.stats.decision import Status, worst


def verdict_of(
    drift: Status, columns: Sequence[FeatureComparison], accuracy: Sequence[MetricChange], *, rows: int
) -> Verdict:
    """Failing when an important column drifted or accuracy fell; a warning when another column did.

    Parameters
    ----------
    drift : Status
        What the decision rule makes of the columns.
    columns : sequence of FeatureComparison
        Target and prediction first, then the features in their order.
    accuracy : sequence of MetricChange
    rows : int
        Rows of current.
    """
    # One metric says it; the table holds the others.
    worse = [_worse(one) for one in accuracy if one.degraded][:1]
    drifted = sorted((one for one in columns if one.status == "drifted"), key=lambda one: not one.important)
    status = worst([drift, *(Status.FAILING for _ in worse)])
    ranked = any(one.importance is not None for one in columns)
    reasons = (*worse, *(_drifted(one, ranked=ranked) for one in drifted))
    if reasons:
        return Verdict(WORDS[status], reasons)
    if status is Status.UNKNOWN:
        return Verdict("unknown", (_too_little(columns, rows),))
    return Verdict(WORDS[status], (_quiet(columns, rows),))


def _too_little(columns: Sequence[FeatureComparison], rows: int) -> str:
    reasons = list(dict.fromkeys(one.reason for one in columns if one.reason is not None))
    return f"Too little to tell in {counted(rows, 'row')}: {reasons[0] if reasons else 'there is no column to judge'}."


def _drifted(one: FeatureComparison, *, ranked: bool) -> str:
    role = "" if one.role == "feature" else f"{one.role} "
    # The index that the table, the page and the server show; the rule has looked at it less what chance adds.
    figures = [] if one.psi is None or one.psi_bc is None else [f"PSI {one.psi:.2f}"]
    if one.importance is not None:
        figures.append(f"importance {one.importance:.2f}")
    elif ranked and one.important and one.role == "feature":
        figures.append("importance not known")
    return f"{role}'{one.name}': {one.words} ({', '.join(figures)})" if figures else f"{role}'{one.name}': {one.words}"


def _worse(one: MetricChange) -> str:
    ends = "" if one.low is None or one.high is None else f" ({measure(one.low)} to {measure(one.high)})"
    moved = "fell" if one.higher_is_better else "rose"
    return f"{one.metric} {moved} to {measure(one.current)}{ends} from {measure(one.baseline)}"


def _quiet(columns: Sequence[FeatureComparison], rows: int) -> str:
    features = [one for one in columns if one.role == "feature"]
    small = sum(one.status == "detectable" for one in features)
    more = f"; {small} changed detectably, but little" if small else ""
    known = sorted(one.smallest_detectable for one in features if one.smallest_detectable is not None)
    # What silence is worth: in half of the features, a change of this size would hardly have gone unseen.
    silence = f" In most a PSI of {known[len(known) // 2]:.2g} would have shown." if known else ""
    return f"Looked at {counted(len(features), 'feature')} in {counted(rows, 'row')}{more}.{silence}"
