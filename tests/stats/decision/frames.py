"""Small baselines and batches for the tests of the alarm rule."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from assay.stats.profile import Profile
from assay.stats.profile.bins import Bins, LevelBins, NumericBins

ROWS = 2_000


def bins_of(frame: pl.DataFrame) -> dict[str, Bins]:
    return {
        name: LevelBins.of(frame[name]) if frame[name].dtype == pl.String else NumericBins.of(frame[name])
        for name in frame.columns
    }


def profiles(baseline: Mapping[str, object], current: Mapping[str, object]) -> tuple[Profile, Profile]:
    """Baseline and batch over the baseline's bins; a column has the type it has in the baseline."""
    one = pl.DataFrame(baseline, strict=False)
    two = pl.DataFrame(current, schema={name: one.schema[name] for name in current}, strict=False)
    bins = bins_of(one)
    return Profile.of(one, bins), Profile.of(two, bins)


def normal(rows: int, *, seed: int = 0, mean: float = 0.0, columns: int = 3) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {f"x{i}": random.normal(mean, 1, rows) for i in range(columns)}
