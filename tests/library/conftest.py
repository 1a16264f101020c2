"""Tables to compare."""

import numpy as np
import polars as pl
import pytest


def made(seed: int, n: int) -> pl.DataFrame:
    """Flights-like rows: a number with gaps, another, a level, a flag, a date, a score and an outcome."""
    g = np.random.default_rng(seed)
    temp = g.normal(60.0, 18.0, n)
    p = 1 / (1 + np.exp(1 - (temp - 60) / 18))
    return pl.DataFrame(
        {
            "temp": np.where(g.random(n) < 0.01, np.nan, temp),
            "hour": g.integers(5, 22, n),
            "carrier": g.choice(["AA", "UA", "DL"], n, p=[0.5, 0.3, 0.2]),
            "weekend": g.random(n) < 0.3,
            "p": p,
            "late": (g.random(n) < p).astype(int),
        }
    ).with_columns(
        pl.col("temp").fill_nan(None),
        (pl.datetime(2026, 1, 1) + pl.duration(hours=pl.Series(g.integers(0, 700, n)))).alias("when"),
    )


@pytest.fixture(scope="session")
def baseline() -> pl.DataFrame:
    return made(0, 4_000)


@pytest.fixture(scope="session")
def clean() -> pl.DataFrame:
    return made(1, 1_000)


@pytest.fixture(scope="session")
def shifted(clean: pl.DataFrame) -> pl.DataFrame:
    return clean.with_columns(pl.col("temp") + 1.9 * 18, pl.col("carrier").replace("DL", "Delta"))
