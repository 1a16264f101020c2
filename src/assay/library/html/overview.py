"""What the page says of everything at once: accuracy, all columns together, a table of all features."""

from collections.abc import Sequence

from assay.library.accuracy import MetricChange
from assay.library.findings import FeatureComparison, Findings
from assay.library.html.cards import slug
from assay.library.html.marks import DASH, STATUS_ICONS, chance, change, escaped, index
from assay.library.text import measure


def accuracy_table(metrics: Sequence[MetricChange]) -> str:
    """Metrics on both sides with their intervals; nothing without actuals."""
    if not metrics:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{escaped(one.metric)}</th><td>{_interval(one.current, one.low, one.high)}</td>"
        f"<td>{_interval(one.baseline, one.baseline_low, one.baseline_high)}</td>"
        f"<td>{escaped(change(one.percent_change))}</td><td>{_word(one)}</td></tr>"
        for one in metrics
    )
    return (
        '<section><h2>Accuracy</h2><div class="scroll" tabindex="0" role="region" aria-label="Accuracy"><table>'
        "<thead><tr><th scope='col'>Metric</th><th scope='col'>Current (95 %)</th><th scope='col'>Baseline (95 %)</th>"
        "<th scope='col'>Change</th><th scope='col'>Verdict</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def joint(comparison: Findings) -> str:
    """What a classifier and principal components see of all columns together."""
    lines = []
    if comparison.domain is not None:
        found = comparison.domain
        real = found.big and found.p <= comparison.alpha
        leading = ", ".join(escaped(name) for name, _ in found.leading[:3])
        told = f"can tell current from baseline, mostly by {leading}" if real else "cannot tell current from baseline"
        lines.append(
            f"A classifier {told}: AUC {found.auc:.2f} (0.5 is chance), p {escaped(chance(found.p))}, "
            f"{found.rows:,} rows a side."
        )
    if comparison.reconstruction is not None:
        error = comparison.reconstruction
        real = error.p <= comparison.alpha
        word = "less" if error.z > 0 else "more"
        said = (
            f"rows follow the baseline's correlations {word} than it does"
            if real
            else "rows follow the baseline's correlations"
        )
        lines.append(
            f"Principal components: {said}. Mean reconstruction error {measure(error.current)} against "
            f"{measure(error.baseline)} "
            f"(z {error.z:+.1f})."
        )
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f"<section><h2>All columns together</h2><ul>{items}</ul></section>" if lines else ""


def overview(comparison: Findings) -> str:
    """Every column in one table, in the order of the cards."""
    rows = "".join(_row(one) for one in comparison.columns)
    names = ("Column", "Status", "Importance", "PSI", "p", "What changed")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        '<section><details><summary><h2>Every column in one table <span class="soft">'
        f"{len(comparison.columns)}</span></h2></summary>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Every column">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details></section>"
    )


def _row(one: FeatureComparison) -> str:
    weight = DASH if one.importance is None else f"{one.importance:.2f}"
    mark = one.status.replace(" ", "-")
    return (
        f'<tr><th scope="row"><a href="#{slug(one)}">{escaped(one.name)}</a></th>'
        f'<td class="mark {mark}"><span aria-hidden="true">{STATUS_ICONS[one.status]}</span> {one.status}</td>'
        f"<td>{weight}</td><td>{escaped(index(one.psi))}</td><td>{escaped(chance(one.p))}</td>"
        f'<td class="wide">{escaped(one.words) if one.real else ""}</td></tr>'
    )


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return DASH
    ends = "" if low is None or high is None else f" <i>{measure(low)}{DASH}{measure(high)}</i>"
    return f"{measure(value)}{ends}"


def _word(one: MetricChange) -> str:
    if one.degraded:
        return "<span class='mark drifted'>✕ worse</span>"
    return "no alarm" if one.degraded is not None else f"unknown: {escaped(one.reason)}"
