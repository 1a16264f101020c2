"""How often the alarm rule marks a clean batch, and how much of a real change it finds.

200 features (150 numeric, 50 categorical with a long tail, 1 % missing), a baseline of 10,000 rows, made anew for every
five batches. Every batch is made of rows and goes through the product's own profile and verdict. Clean batches come
from the baseline's distribution; drifted ones have a change in 20 of the numeric features.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from assay.stats.decision import Outcome, decide
from assay.stats.intervals import wilson
from assay.stats.profile import Profile
from assay.stats.profile.bins import Bins, LevelBins, NumericBins

Matrix = npt.NDArray[np.float64]
Change = Callable[[Matrix, np.random.Generator], Matrix]

MISSING = 0.01
DRIFTING = 20
LEVELS = 2_000
PER_BASELINE = 5


@dataclass(frozen=True)
class Setting:
    """Sizes of the simulation."""

    numeric: int = 150
    categorical: int = 50
    baseline_rows: int = 10_000


@dataclass
class Tally:
    """What was found in batches of one size and one kind."""

    batches: int = 0
    alarms: int = 0
    real: int = 0
    features: int = 0
    drifted: int = 0
    detected: int = 0
    smallest_psi: list[float] = field(default_factory=list)


def outliers(values: Matrix, random: np.random.Generator) -> Matrix:
    """One value in twenty five standard deviations out."""
    return np.where(random.random(values.shape) < 0.05, values + 5.0, values)


def missing(values: Matrix, random: np.random.Generator) -> Matrix:
    """Five more of a hundred values missing."""
    return np.where(random.random(values.shape) < 0.05, np.nan, values)


CHANGES: dict[str, Change] = {
    "clean": lambda values, _: values,
    "0.25 sd": lambda values, _: values + 0.25,
    "0.5 sd": lambda values, _: values + 0.5,
    "1 sd": lambda values, _: values + 1.0,
    "outliers": outliers,
    "missing": missing,
}
CLEAN_BATCHES = {30: 400, 100: 400, 500: 300, 5_000: 200}
DRIFTED_BATCHES = 40


def rows(setting: Setting, n: int, change: Change, random: np.random.Generator) -> pl.DataFrame:
    """Rows of which the first numeric features have changed."""
    values = random.standard_normal((n, setting.numeric))
    values[:, :DRIFTING] = change(values[:, :DRIFTING], random)
    values[random.random(values.shape) < MISSING] = np.nan
    # Monotone, so that a change means the same for every feature: the tests know ranks only.
    values[:, 1::3] = np.exp(values[:, 1::3])
    levels = np.minimum(random.zipf(1.5, (n, setting.categorical)), LEVELS)
    absent = random.random(levels.shape) < MISSING
    columns: dict[str, pl.Series] = {f"n{i:03}": pl.Series(values[:, i]) for i in range(setting.numeric)}
    for i in range(setting.categorical):
        level = pl.Series(levels[:, i]).cast(pl.String)
        columns[f"c{i:03}"] = level.set(pl.Series(absent[:, i]), None)
    return pl.DataFrame(columns)


def baseline(setting: Setting, random: np.random.Generator) -> tuple[Profile, dict[str, Bins]]:
    """A baseline's profile and the bins it fixes."""
    frame = rows(setting, setting.baseline_rows, CHANGES["clean"], random)
    bins: dict[str, Bins] = {
        name: LevelBins.of(frame[name]) if frame[name].dtype == pl.String else NumericBins.of(frame[name])
        for name in frame.columns
    }
    return Profile.of(frame, bins), bins


def tally(setting: Setting, n: int, kind: str, batches: range) -> Tally:
    """Judge batches against a baseline of their own."""
    found = Tally()
    # One stream per group of batches: the figures do not depend on how the work is divided.
    random = np.random.default_rng([n, list(CHANGES).index(kind), batches.start])
    base, bins = baseline(setting, random)
    for batch in batches:
        current = Profile.of(rows(setting, n, CHANGES[kind], random), bins)
        verdict = decide(base, current, batch_id=f"{kind} {n} {batch}")
        changed = [f for f in verdict.features if f.name.startswith("n") and int(f.name[1:]) < DRIFTING]
        found.batches += 1
        found.alarms += verdict.alarm
        found.real += any(f.real for f in verdict.features)
        found.features += len(changed)
        found.drifted += sum(f.outcome is Outcome.DRIFTED for f in changed)
        found.detected += sum(bool(f.real) for f in changed)
        found.smallest_psi += [f.smallest_detectable_psi or np.nan for f in changed[:1]]
    return found


def merged(tallies: Iterator[Tally]) -> Tally:
    """All of them together."""
    whole = Tally()
    for one in tallies:
        for name, value in vars(one).items():
            setattr(whole, name, getattr(whole, name) + value)
    return whole


def simulated(setting: Setting, wanted: dict[tuple[int, str], int], workers: int) -> dict[tuple[int, str], Tally]:
    """So many batches of each size and kind."""
    with ProcessPoolExecutor(workers) as pool:
        parts = defaultdict(list)
        for (n, kind), batches in wanted.items():
            for first in range(0, batches, PER_BASELINE):
                work = pool.submit(tally, setting, n, kind, range(first, min(batches, first + PER_BASELINE)))
                parts[n, kind].append(work)
        return {key: merged(work.result() for work in works) for key, works in parts.items()}


def table(found: dict[tuple[int, str], Tally]) -> Iterator[str]:
    """The figures as Markdown."""
    sizes = sorted({n for n, _ in found})
    yield "| | " + " | ".join(f"n = {n:,}" for n in sizes) + " |"
    yield "|---|" + "---|" * len(sizes)

    def line(title: str, cell: Callable[[Tally], str], kind: str) -> str:
        return f"| {title} | " + " | ".join(cell(found[n, kind]) for n in sizes) + " |"

    yield line("clean batches", lambda t: str(t.batches), "clean")
    yield line("... with an alarm (REAL and BIG)", lambda t: share(t.alarms, t.batches), "clean")
    yield line("... with any mark (REAL)", lambda t: share(t.real, t.batches), "clean")
    yield line("smallest detectable PSI", lambda t: f"{np.median(t.smallest_psi):.2g}", "clean")
    titles = {
        "0.25 sd": "mean up by 0.25 sd",
        "0.5 sd": "mean up by 0.5 sd",
        "1 sd": "mean up by 1 sd",
        "outliers": "5 % of values 5 sd out",
        "missing": "5 points more missing",
    }
    for kind, title in titles.items():
        if all((n, kind) in found for n in sizes):
            yield line(f"{title}: drifted", lambda t: f"{t.drifted / t.features:.2f}", kind)
            yield line(f"{title}: REAL", lambda t: f"{t.detected / t.features:.2f}", kind)


def share(count: int, of: int) -> str:
    """A share and its 95 % interval."""
    low, high = wilson(count, of)
    return f"{count / of:.4f} ({low:.3f} to {high:.3f})"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clean", type=int, help="clean batches of each size; else 400, 400, 300, 200")
    options.add_argument("--drifted", type=int, default=DRIFTED_BATCHES, help="drifted batches of each size and kind")
    options.add_argument("--sizes", type=int, nargs="+", default=list(CLEAN_BATCHES))
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    wanted = {(n, "clean"): given.clean or CLEAN_BATCHES.get(n, 400) for n in given.sizes}
    if given.drifted:
        wanted |= {(n, kind): given.drifted for n in given.sizes for kind in CHANGES if kind != "clean"}
    found = simulated(Setting(), wanted, given.workers)
    for text in table(found):
        print(text)


if __name__ == "__main__":
    main()
