"""One card per feature: words, chart, figures, and the chart as a table."""

import hashlib
import re

from assay.library.charts import Axis, Chart
from assay.library.findings import FeatureComparison
from assay.library.html.marks import DASH, STATUS_ICONS, chance, escaped, figure, index, share
from assay.library.html.svg import chart_svg

HEADS: dict[Axis, str] = {"numbers": "Values", "levels": "Level", "words": "Rows with the word"}


def slug(one: FeatureComparison) -> str:
    """Where the card of a column is on the page; two columns never share one."""
    plain = re.sub(r"[^a-zA-Z0-9]+", "-", one.name).strip("-")[:40]
    # Names that are not plain words are told apart by a digest.
    digest = "" if plain == one.name else "-" + hashlib.sha256(one.name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{one.role}-{plain}{digest}"


def card(one: FeatureComparison) -> str:
    """The card of one column."""
    title = escaped(one.name) if one.role == "feature" else f"{escaped(one.name)} <span class='soft'>{one.role}</span>"
    mark = one.status.replace(" ", "-")
    icon = f'<span class="icon" aria-hidden="true">{STATUS_ICONS[one.status]}</span> {one.status}'
    return (
        f'<article class="card" id="{slug(one)}"><h3>{title}</h3><p class="mark {mark}">{icon}</p>'
        f'<p class="words">{escaped(_capital(one.words))}</p>{_more(one)}{chart_svg(one.chart, _described(one))}'
        f'<dl class="figures small">{_figures(one)}</dl>{_table(one)}</article>'
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _more(one: FeatureComparison) -> str:
    rest = "".join(f"<li>{escaped(cause.words)}</li>" for cause in one.causes[1:4])
    return f'<ul class="also">{rest}</ul>' if rest else ""


def _described(one: FeatureComparison) -> str:
    return f"Distribution of {one.name} in current against the baseline: {one.words}. Figures in the table below."


def _figures(one: FeatureComparison) -> str:
    ends = ""
    if one.interval is not None and one.psi is not None and one.psi < 1000:
        ends = f" ({one.interval.low:.2f}{DASH}{one.interval.high:.2f})"
    found = [
        figure("PSI", index(one.psi) + ends, "Population Stability Index; in brackets 95 % for what is not chance"),
        figure("p", chance(one.p), "Chance of as much without drift, adjusted for the number of features"),
    ]
    if one.importance is not None:
        found.append(figure("Importance", f"{one.importance:.2f}"))
    # Whether silence is good news: of a column that drifted nobody asks.
    if one.smallest_detectable is not None and one.status != "drifted":
        found.append(figure("Could show", index(one.smallest_detectable), "Smallest PSI that so many rows reveal"))
    if one.missing or one.missing_baseline:
        found.append(figure("Missing", f"{share(one.missing_baseline)} → {share(one.missing)}"))
    return "".join(found)


def _table(one: FeatureComparison) -> str:
    if not one.chart.bars:
        return ""
    return (
        f"<details><summary>Figures<span class='hidden'> of {escaped(one.name)}</span></summary><table><thead><tr>"
        f"<th scope='col'>{HEADS[one.chart.axis]}</th><th scope='col'>Baseline</th>"
        f"<th scope='col'>Current</th></tr></thead><tbody>{_rows(one.chart)}</tbody></table></details>"
    )


def _rows(chart: Chart) -> str:
    return "".join(
        f"<tr><th scope='row'>{escaped(bar.label)}</th><td>{bar.baseline:,} <i>{share(then)}</i></td>"
        f"<td>{bar.current:,} <i>{share(now)}</i></td></tr>"
        for bar, (then, now) in zip(chart.bars, chart.shares, strict=True)
    )
