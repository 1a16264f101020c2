"""Seeded rows like a scoring run's: 36 numbers, 11 categories of 5 to 605 levels, a score, an outcome, an id."""

import numpy as np
import polars as pl


def scored_rows(rows: int, seed: int = 0) -> pl.DataFrame:
    """That many rows; the same for the same seed."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {f"n{i}": random.normal(i, 1, rows) for i in range(36)}
    for i in range(11):
        levels = np.array([f"level{j}" for j in range(5 * (i + 1) ** 2)])
        columns[f"c{i}"] = levels[random.integers(0, len(levels), rows)]
    columns["score"] = random.random(rows)
    columns["outcome"] = (random.random(rows) < 0.3).astype(np.int64)
    columns["id"] = [f"{value:016x}" for value in random.integers(0, 2**62, rows)]
    return pl.DataFrame(columns)
