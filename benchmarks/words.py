"""How often a text column of a clean batch is marked, and how much of a real change is found.

Texts are drawn from two vocabularies: one in which words are as uneven as in natural language (Zipf), one in which all
words are equally frequent, the worst case for words that are chosen by their frequency in the baseline. A baseline has
5,000 rows, made anew for every five batches.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.stats.decision import Outcome, decide
from assay.stats.intervals import wilson
from assay.stats.profile import Profile
from assay.stats.profile.words import WordBins

BASELINE_ROWS = 5_000
PER_BASELINE = 5
VOCABULARY = 20_000
SIZES = (30, 100, 500, 5_000)


@dataclass(frozen=True)
class Language:
    """How often each word of the vocabulary is used, and how many words a text has on average."""

    shares: np.ndarray[tuple[int], np.dtype[np.float64]]
    words: float

    def texts(self, rows: int, random: np.random.Generator) -> pl.Series:
        """Texts of independent words."""
        lengths = 1 + random.poisson(self.words - 1, rows)
        drawn = random.choice(self.shares.size, int(lengths.sum()), p=self.shares)
        words = pl.DataFrame({"row": np.repeat(np.arange(rows), lengths), "word": drawn})
        told = words.select("row", pl.format("w{}", "word").alias("word")).group_by("row", maintain_order=True)
        return told.agg(pl.col("word").str.join(" "))["word"]


def zipf(exponent: float = 1.0) -> Language:
    """A natural language."""
    weights = 1 / np.arange(1, VOCABULARY + 1) ** exponent
    return Language(weights / weights.sum(), 12.0)


def even() -> Language:
    """All words equally frequent."""
    return Language(np.full(VOCABULARY, 1 / VOCABULARY), 30.0)


def other_topic(language: Language) -> Language:
    """One word in five becomes three times as frequent."""
    shares = language.shares.copy()
    shares[20:2000:5] *= 3
    return Language(shares / shares.sum(), language.words)


def run(then: Language, now: Language, rows: int, batches: int) -> tuple[int, int]:
    """How many batches were marked REAL, and how many drifted."""
    random = np.random.default_rng([rows, then.shares.size, int(1e9 * float(now.shares[20]))])
    real = drifted = 0
    base: Profile | None = None
    bins: dict[str, WordBins] = {}
    for batch in range(batches):
        if base is None or batch % PER_BASELINE == 0:
            frame = pl.DataFrame({"note": then.texts(BASELINE_ROWS, random)})
            bins = {"note": WordBins.of(frame["note"])}
            base = Profile.of(frame, bins)
        current = Profile.of(pl.DataFrame({"note": now.texts(rows, random)}), bins)
        verdict = decide(base, current, batch_id=str(batch))["note"]
        real += bool(verdict.real)
        drifted += verdict.outcome is Outcome.DRIFTED
    return real, drifted


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--batches", type=int, default=400)
    batches = options.parse_args().batches
    languages = {"natural": zipf(), "even": even()}
    print("| | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    for name, language in languages.items():
        cells = []
        for n in SIZES:
            real, _ = run(language, language, n, batches)
            low, high = wilson(real, batches)
            cells.append(f"{real / batches:.4f} ({low:.3f} to {high:.3f})")
        print(f"| clean, {name}: REAL | " + " | ".join(cells) + " |")
    found = [run(zipf(), other_topic(zipf()), n, max(1, batches // 10)) for n in SIZES]
    for word, place in (("REAL", 0), ("drifted", 1)):
        shares = [one[place] / max(1, batches // 10) for one in found]
        print(f"| one word in five three times as frequent: {word} | " + " | ".join(f"{s:.2f}" for s in shares) + " |")


if __name__ == "__main__":
    main()
