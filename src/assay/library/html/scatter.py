"""Drift against importance: which changes matter, at one look."""

import math
from collections.abc import Sequence

from assay.library.findings import FeatureComparison
from assay.library.html.cards import slug
from assay.library.html.marks import escaped, index
from assay.stats.decision.importance import IMPORTANT

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 14, 34
LEAST, MOST = 0.01, 10.0
TICKS = (0.01, 0.1, 1.0, 10.0)
NAMED = 6


def scatter(features: Sequence[FeatureComparison], big_psi: float) -> str:
    """Features with an importance as dots that lead to their cards; nothing where no importance is known."""
    known = [one for one in features if one.importance is not None and one.psi is not None]
    if len(known) < 2:
        return ""
    # Drawn last, and so on top: what matters most.
    ordered = sorted(known, key=lambda one: (one.status == "drifted", (one.importance or 0.0) * (one.psi or 0.0)))
    named = {one.name for one in ordered[-NAMED:] if one.status == "drifted"}
    dots = "".join(_dot(one, named=one.name in named) for one in ordered)
    words = f"Drift against importance of {len(known)} features; the table of every column has the figures."
    return (
        '<section><h2>Drift against importance</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="Drift against importance"><svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
        f'aria-label="{words}">{_field(big_psi)}{dots}</svg></div></section>'
    )


def _x(importance: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(importance, 0.0), 1.0)


def _y(psi: float) -> float:
    share = math.log(min(max(psi, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _field(big_psi: float) -> str:
    """Axes, and the corner in which drift fails."""
    base, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    limit, important = _y(big_psi), _x(IMPORTANT)
    corner = f'<path class="corner" d="M{important:.1f} {limit:.1f}H{right}V{TOP}H{important:.1f}z"/>'
    lines = (
        f'<path class="axis" d="M{LEFT} {TOP}V{base}H{right}M{LEFT} {limit:.1f}H{right}M{important:.1f} {TOP}V{base}"/>'
    )
    psi = "".join(f'<text x="{LEFT - 6}" y="{_y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>' for tick in TICKS)
    weight = "".join(
        f'<text x="{_x(tick):.1f}" y="{base + 14}" text-anchor="middle">{tick:g}</text>'
        for tick in (0.0, IMPORTANT, 1.0)
    )
    titles = (
        f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 4}" text-anchor="middle">importance</text>'
        f'<text x="{LEFT + 6}" y="{TOP + 8}">PSI</text>'
    )
    return corner + lines + psi + weight + titles


def _dot(one: FeatureComparison, *, named: bool) -> str:
    x, y = _x(one.importance or 0.0), _y(one.psi or 0.0)
    title = f"{one.name}: importance {one.importance:.2f}, PSI {index(one.psi)}, {one.status}"
    anchor, step = ("end", -8) if x > WIDTH * 0.8 else ("start", 8)
    label = one.name if len(one.name) <= 22 else one.name[:21] + "…"
    text = f'<text x="{x + step:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{escaped(label)}</text>' if named else ""
    return (
        f'<a href="#{slug(one)}" aria-label="{escaped(title)}"><title>{escaped(title)}</title>'
        f'<circle class="{one.status.replace(" ", "-")}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>{text}</a>'
    )
