"""A comparison as one page that needs nothing else: no network, no script, inline charts."""

from importlib.resources import files

from assay import __version__ as version
from assay.library.findings import Findings
from assay.library.html.cards import card, slug
from assay.library.html.marks import ICONS, STATUS_ICONS, WORDS, escaped, figure, quantity
from assay.library.html.overview import accuracy_table, joint, overview
from assay.library.html.scatter import scatter

__all__ = ["page"]

REASONS = 8


def page(comparison: Findings) -> str:
    """The page as text. Words come first, charts prove them, and every chart has its figures as a table."""
    style = files("assay.library.html").joinpath("page.css").read_text(encoding="utf-8")
    title = f"{WORDS[comparison.verdict.status]}: {_sentence(comparison)}"
    body = [
        _header(comparison),
        scatter(comparison.features, comparison.big_psi),
        accuracy_table(comparison.accuracy),
        joint(comparison),
        _cards(comparison, "drifted", "Drifted", "Real, and big enough to matter."),
        _cards(comparison, "detectable", "Detectable, but small", "Real, and too small to raise an alarm."),
        overview(comparison),
        _others(comparison),
        _footer(comparison),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escaped(title)}</title><style>{style}</style></head>\n"
        '<body><a class="skip" href="#main">Skip to the verdict</a>'
        f'<main id="main">{"".join(body)}</main></body></html>\n'
    )


def _sentence(comparison: Findings) -> str:
    drifted = sum(one.status == "drifted" for one in comparison.features)
    return f"{drifted or 'None'} of {quantity(len(comparison.features), 'feature')} drifted"


def _header(comparison: Findings) -> str:
    status = comparison.verdict.status
    reasons = comparison.verdict.reasons
    items = "".join(f"<li>{_linked(reason, comparison)}</li>" for reason in reasons[:REASONS])
    more = f'<p class="soft">and {len(reasons) - REASONS} more, below</p>' if len(reasons) > REASONS else ""
    listed = (
        f"<p>{escaped(reasons[0])}</p>"
        if status in {"passing", "unknown"}
        else f'<ol class="reasons">{items}</ol>{more}'
    )
    figures = "".join(
        [
            figure("Rows", f"{comparison.rows:,}"),
            figure("Baseline rows", f"{comparison.baseline_rows:,}"),
            *_worth(comparison),
            figure(
                "Alarm budget", f"{100 * comparison.alpha:g} %", "chance that a batch without drift carries any mark"
            ),
            figure("Big from", f"PSI {comparison.big_psi:g}", "less what chance adds on average"),
        ]
    )
    return (
        f'<header><p class="verdict {status}"><span class="icon" aria-hidden="true">{ICONS[status]}</span> '
        f"{WORDS[status]}</p><h1>{escaped(_sentence(comparison))}</h1>"
        f'<p class="sides"><b>{escaped(comparison.labels[1])}</b> against <b>{escaped(comparison.labels[0])}</b></p>'
        f"{_strip(comparison)}{listed}"
        f'<dl class="figures">{figures}</dl></header>'
    )


def _worth(comparison: Findings) -> list[str]:
    if comparison.worth is None:
        return []
    then, now = comparison.worth
    return [figure("Worth", f"{now:,} and {then:,}", "equally weighted rows that the weighted ones are worth")]


def _strip(comparison: Findings) -> str:
    """How many features have which status, as one bar and in words."""
    found = [(status, sum(one.status == status for one in comparison.features)) for status in STATUS_ICONS]
    held = [(status, count) for status, count in found if count]
    parts = "".join(f'<i class="{status.replace(" ", "-")}" style="flex:{count}"></i>' for status, count in held)
    words = "".join(
        f'<li class="mark {status.replace(" ", "-")}">{_counted(status, count)}</li>' for status, count in held
    )
    return f'<div class="strip" aria-hidden="true">{parts}</div><ul class="counts">{words}</ul>' if held else ""


def _counted(status: str, count: int) -> str:
    return f'<span class="icon" aria-hidden="true">{STATUS_ICONS[status]}</span> {count:,} {status}'


def _linked(reason: str, comparison: Findings) -> str:
    for one in comparison.with_status("drifted"):
        quoted = f"'{one.name}'"
        start, found, rest = reason.partition(quoted)
        if found and start in {"", "target ", "prediction "}:
            return f'{escaped(start)}<a href="#{slug(one)}">{escaped(one.name)}</a>{escaped(rest)}'
    return escaped(reason)


def _cards(comparison: Findings, status: str, title: str, words: str) -> str:
    shown = [one for one in comparison.columns if one.status == status]
    if not shown:
        return ""
    cards = "".join(card(one) for one in shown)
    legend = (
        '<p class="legend"><span class="key baseline"></span> baseline <span class="key current"></span> current, '
        "shares of the rows with a value</p>"
    )
    head = f'<h2>{title} <span class="soft">{len(shown)}</span></h2><p>{words}</p>'
    return f'<section>{head}{legend}<div class="grid">{cards}</div></section>'


def _others(comparison: Findings) -> str:
    shown = [one for one in comparison.columns if one.status in {"no evidence", "unknown"}]
    if not shown:
        return ""
    cards = "".join(card(one) for one in shown)
    return (
        f"<section><details><summary><h2>No evidence of drift <span class='soft'>{len(shown)}</span></h2></summary>"
        f'<div class="grid">{cards}</div></details></section>'
    )


def _footer(comparison: Findings) -> str:
    notes = "".join(f"<li>{escaped(note)}</li>" for note in comparison.notes)
    held = f"<h2>Notes</h2><ul>{notes}</ul>" if notes else ""
    return (
        f'<footer>{held}<p class="soft">A change is <em>real</em> when chance would show as much in fewer than '
        f"{100 * comparison.alpha:g} of 100 batches, all features taken together, and <em>big</em> when the "
        f"bias-corrected PSI is {comparison.big_psi:g} or more, or a rate moved by two points.</p>"
        f'<p class="soft">Made by Assay {version}. The page needs no network.</p></footer>'
    )
