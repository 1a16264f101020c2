"""How often a categorical column of many levels is marked in a clean batch, and how much of a real change is found.

A profile keeps the 25 most frequent levels of the baseline. Where many levels are about equally frequent, chance picks
them, and in every later batch they are rarer: a test that forgets this marks every clean batch. Baselines have 5,000
rows and are made anew for every batch.
"""

import argparse

import numpy as np
import numpy.typing as npt
import polars as pl

from assay.stats.decision import Outcome, decide
from assay.stats.intervals import wilson
from assay.stats.profile import Profile
from assay.stats.profile.bins import LevelBins

BASELINE_ROWS = 5_000
SIZES = (100, 1_000, 5_000, 50_000)
Shares = npt.NDArray[np.float64]


def even(levels: int) -> Shares:
    """All levels equally frequent."""
    return np.full(levels, 1 / levels)


def long_tailed(levels: int, exponent: float) -> Shares:
    """A few frequent levels and many rare ones."""
    weights = 1 / np.arange(1, levels + 1) ** exponent
    return weights / weights.sum()


def without_half_of_the_first(shares: Shares) -> Shares:
    """The most frequent level has half its share; the others have what it lost."""
    changed = shares.copy()
    changed[0] /= 2
    return changed / changed.sum()


CLEAN = {
    "30 even levels": even(30),
    "100 even levels": even(100),
    "1,000 even levels": even(1_000),
    "200 levels, slowly falling": long_tailed(200, 0.5),
    "1,000 levels, a natural tail": long_tailed(1_000, 1.0),
    "2,000 levels, a long tail": long_tailed(2_000, 1.5),
}
CHANGED = ("1,000 levels, a natural tail", "2,000 levels, a long tail")


def rows(shares: Shares, count: int, random: np.random.Generator) -> pl.DataFrame:
    """Rows of one column."""
    return pl.DataFrame({"level": pl.Series(random.choice(shares.size, count, p=shares)).cast(pl.String)})


def run(then: Shares, now: Shares, n: int, batches: int) -> tuple[int, int]:
    """How many batches were REAL, and how many drifted."""
    random = np.random.default_rng([n, then.size, round(1e6 * float(now[0]))])
    real = drifted = 0
    for batch in range(batches):
        frame = rows(then, BASELINE_ROWS, random)
        bins = {"level": LevelBins.of(frame["level"])}
        verdict = decide(Profile.of(frame, bins), Profile.of(rows(now, n, random), bins), batch_id=str(batch))["level"]
        real += bool(verdict.real)
        drifted += verdict.outcome is Outcome.DRIFTED
    return real, drifted


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--batches", type=int, default=400)
    batches = options.parse_args().batches
    print("| | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    for name, shares in CLEAN.items():
        cells = []
        for n in SIZES:
            real, _ = run(shares, shares, n, batches)
            low, high = wilson(real, batches)
            cells.append(f"{real / batches:.4f} ({low:.3f} to {high:.3f})")
        print(f"| clean, {name}: REAL | " + " | ".join(cells) + " |", flush=True)
    for name in CHANGED:
        few = max(1, batches // 10)
        found = [run(CLEAN[name], without_half_of_the_first(CLEAN[name]), n, few) for n in SIZES]
        for word, place in (("REAL", 0), ("drifted", 1)):
            cells = [f"{one[place] / few:.2f}" for one in found]
            print(f"| the first of {name} halved: {word} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
