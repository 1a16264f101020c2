"""Charts of two distributions: baseline grey, current in the accent colour."""

from assay.library.charts import Bar, Chart
from assay.library.html.marks import escaped

WIDTH, HEIGHT = 320, 128
TOP, BOTTOM, ROW = 14, 18, 20
LABEL, VALUE = 104, 76
FEW = 12


def chart_svg(chart: Chart, words: str) -> str:
    """The chart; ``words`` say what it shows to those who cannot see it."""
    if not chart.bars or not any(chart.rows):
        return '<p class="soft empty">No values to draw.</p>'
    shares = chart.shares
    top = max(max(pair) for pair in shares) or 1.0
    if chart.axis == "numbers":
        height, drawn = HEIGHT, _ordered(chart, shares, top)
    else:
        height, drawn = ROW * len(chart.bars) + 4, _levels(chart.bars, shares, top)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escaped(words)}">{drawn}</svg>'


def _ordered(chart: Chart, shares: list[tuple[float, float]], top: float) -> str:
    bars = chart.bars
    base = HEIGHT - BOTTOM
    heights = [tuple((base - TOP) * share / top for share in pair) for pair in shares]
    slot = WIDTH / len(bars)
    drawn = _pairs(heights, slot, base) if len(bars) <= FEW else _outline(heights, slot, base)
    axis = f'<path class="axis" d="M0 {base}H{WIDTH}"/><text x="0" y="10">{100 * top:.0f} %</text>'
    places = ("start", "end") if len(chart.ends) == 2 else ("middle",)
    at = {"start": 0, "middle": WIDTH // 2, "end": WIDTH}
    ends = "".join(
        f'<text x="{at[place]}" y="{HEIGHT - 4}" text-anchor="{place}">{escaped(end)}</text>'
        for place, end in zip(places, chart.ends, strict=False)
    )
    return drawn + axis + ends


def _outline(heights: list[tuple[float, ...]], slot: float, base: int) -> str:
    """Baseline as bars, current as one line of steps over them."""
    bars = "".join(
        f"M{slot * i + 0.5:.1f} {base}v{-then:.1f}h{slot - 1:.1f}V{base}z"
        for i, (then, _) in enumerate(heights)
        if then
    )
    steps = "".join(f"V{base - now:.1f}h{slot:.2f}" for _, now in heights)
    line = f"M0 {base}{steps}V{base}"
    return f'<path class="baseline" d="{bars}"/><path class="current" d="{line}"/>'


def _pairs(heights: list[tuple[float, ...]], slot: float, base: int) -> str:
    """Baseline and current next to each other, for values that can be told one by one."""
    width = min(slot * 0.36, 22)
    drawn = ["", ""]
    for i, pair in enumerate(heights):
        middle = slot * (i + 0.5)
        for side, height in enumerate(pair):
            drawn[side] += f"M{middle - width * (1 - side):.1f} {base}v{-height:.1f}h{width:.1f}V{base}z"
    return f'<path class="baseline" d="{drawn[0]}"/><path class="solid" d="{drawn[1]}"/>'


def _levels(bars: tuple[Bar, ...], shares: list[tuple[float, float]], top: float) -> str:
    room = WIDTH - LABEL - VALUE
    drawn, texts = ["", ""], ""
    for i, (bar, (then, now)) in enumerate(zip(bars, shares, strict=True)):
        y = ROW * i + 2
        drawn[0] += f"M{LABEL} {y + 1}h{room * then / top:.1f}v7h{-room * then / top:.1f}z"
        drawn[1] += f"M{LABEL} {y + 8}h{room * now / top:.1f}v7h{-room * now / top:.1f}z"
        name = bar.label if len(bar.label) <= 16 else bar.label[:15] + "…"
        name = name if name.strip() else f"'{name}'"
        texts += f'<text x="{LABEL - 6}" y="{y + 12}" text-anchor="end">{escaped(name)}</text>'
        texts += f'<text x="{LABEL + room * max(then, now) / top + 5:.1f}" y="{y + 12}">{_moved(then, now)}</text>'
    return f'<path class="baseline" d="{drawn[0]}"/><path class="solid" d="{drawn[1]}"/>{texts}'


def _moved(then: float, now: float) -> str:
    one, other = f"{100 * then:.0f}", f"{100 * now:.0f}"
    return f"{one} → {other} %" if one != other else f"{one} %"
