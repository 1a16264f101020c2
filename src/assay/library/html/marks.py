"""Small pieces of the page: escaped text, icons, figures."""

from html import escape

WORDS = {"passing": "Passing", "warning": "Warning", "failing": "Failing", "unknown": "Unknown"}
# Shapes differ as well as colours.
ICONS = {"passing": "✓", "warning": "▲", "failing": "✕", "unknown": "?"}
DASH = "\u2013"
STATUS_ICONS = {"drifted": "✕", "detectable": "△", "no evidence": "✓", "unknown": "?"}


def escaped(text: object) -> str:
    """Text that is safe in an element and in a quoted attribute."""
    return escape(str(text), quote=True)


def quantity(n: int, what: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> quantity(1, "feature"), quantity(1200, "feature")
    ('1 feature', '1,200 features')
    """
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def figure(name: str, value: str, words: str = "") -> str:
    """A named figure; its definition is one focus or hover away."""
    if not words:
        return f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd></div>"
    return (
        f'<div><dt><abbr tabindex="0" title="{escaped(words)}">{escaped(name)}</abbr></dt>'
        f"<dd>{escaped(value)}</dd></div>"
    )


def share(value: float | None) -> str:
    """A share in per cent; a dash for unknown."""
    return DASH if value is None else f"{100 * value:.1f} %"


def index(value: float | None) -> str:
    """A PSI; a dash for unknown.

    Examples
    --------
    >>> index(0.123), index(0.001), index(0.0), index(5000.0)
    ('0.12', '< 0.01', '0.00', '> 999')
    """
    if value is None:
        return DASH
    if 0.0 < value < 0.005:
        return "< 0.01"
    return f"{value:.2f}" if value < 1000 else "> 999"


def change(percent: float | None) -> str:
    """A change in per cent with its sign; a dash for unknown.

    Examples
    --------
    >>> change(-26.42), change(3.0)
    ('-26.4 %', '+3.0 %')
    """
    return DASH if percent is None else f"{percent:+.1f} %"


def chance(p: float | None) -> str:
    """A p-value; a dash for unknown."""
    return DASH if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
