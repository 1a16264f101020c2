"""Profiling a Parquet file in chunks, as a multiple of the CPU that decoding it costs.

Ratios of one run; the A/A row is the decode floor measured twice, and says what a difference means.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from benchmarks._data import scored_rows

from assay.stats.profile import Profile
from assay.stats.profile.bins import Bins, LevelBins, NumericBins

CHUNK_ROWS = 65_536


def chunks(path: Path) -> list[pl.DataFrame]:
    """The file, decoded a chunk at a time and thrown away."""
    return [pl.DataFrame({"rows": [c.height]}) for c in pl.scan_parquet(path).collect_batches(chunk_size=CHUNK_ROWS)]


def profile(path: Path, bins: dict[str, Bins]) -> Profile:
    """The file's profile."""
    merged = Profile.empty(bins)
    for chunk in pl.scan_parquet(path).collect_batches(chunk_size=CHUNK_ROWS):
        merged = merged.merge(Profile.of(chunk, bins))
    return merged


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of all threads of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        frame = scored_rows(given.rows)
        frame.write_parquet(path)
        sample = frame.head(20_000)
        bins: dict[str, Bins] = {
            name: LevelBins.of(sample[name]) if sample[name].dtype == pl.String else NumericBins.of(sample[name])
            for name in sample.columns
        }
        work: dict[str, Callable[[], object]] = {
            "decode": lambda: chunks(path),
            "decode (A/A)": lambda: chunks(path),
            "decode and profile": lambda: profile(path, bins),
        }
        times: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(given.rounds):
            for name, one in work.items():
                times[name].append(cpu_seconds(one))
        floor = statistics.median(times["decode"])
        print(f"{given.rows} rows x {len(bins)} columns, {given.rounds} rounds, median CPU seconds")
        for name, found in times.items():
            middle = statistics.median(found)
            print(f"{name:<20} {middle:8.3f} s   {middle / floor:5.2f} x decode")


if __name__ == "__main__":
    main()
