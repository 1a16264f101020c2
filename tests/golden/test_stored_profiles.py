"""Profiles stored by earlier formats still load, and mean what they meant.

``stored/`` keeps one pair of files per format. A new format adds a pair, written by `write` below; nothing there
is ever written anew.
"""

import math
from pathlib import Path

import polars as pl
import pytest
from tests.laws.cases import close_profiles

from assay.stats.profile import Profile, bins_from_bytes, bins_to_bytes
from assay.stats.profile.bins import Bins, LevelBins, NumericBins
from assay.stats.profile.words import WordBins

STORED = Path(__file__).parent / "stored"
FORMATS = sorted(path.stem for path in STORED.glob("*.profile"))

# Written out in full: a generator's numbers may change between versions.
BASELINE = pl.DataFrame(
    {
        "amount": [1.0, 2.5, -3.0, 1e9, None, 0.0, 7.25, 8.0, 9.5, 10.0, 11.0, 12.0],
        "flat": [5.0] * 12,
        "unknown": [None] * 12,
        "city": ["Ulm", "Köln", "Ulm", None, "Bonn", "Ulm", "Köln", "", " Ulm", "é", "e\u0301", "😀"],
        "note": ["Not good", "good, good", None, "", "Sehr gut!", "gut", "...", "ok", "not", "5 ok", "😀", "é"],
    },
    schema_overrides={"unknown": pl.Float64},
)
CURRENT = pl.DataFrame(
    {
        "amount": [0.5, -1.25, None, math.inf, 3e9, -0.0, 2.0, 1e-300, -math.inf, math.nan],
        "flat": [5.0, 7.5, None, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0],
        "city": ["Ulm", "Köln", None, "Ulm", "new", "", "Bonn", "Ulm", "😀", "é"],
        "note": ["NOT gut", "bad", None, "ok ok", "", "x" * 300, "gut", "é", "5", "not"],
    }
)


def bins() -> dict[str, Bins]:
    numbers: dict[str, Bins] = {name: NumericBins.of(BASELINE[name]) for name in ("amount", "flat", "unknown")}
    return numbers | {"city": LevelBins.of(BASELINE["city"], top=3), "note": WordBins.of(BASELINE["note"], top=4)}


def write(version: str) -> None:
    """Add the files of a new format: ``write("2")`` from a Python prompt."""
    (STORED / f"{version}.bins").write_bytes(bins_to_bytes(bins()))
    (STORED / f"{version}.profile").write_bytes(Profile.of(CURRENT, bins()).to_bytes())


def test_the_first_format_is_kept() -> None:
    assert "1" in FORMATS


@pytest.mark.parametrize("version", FORMATS)
def test_a_profile_of_an_earlier_format_still_loads(version: str) -> None:
    stored = bins_from_bytes((STORED / f"{version}.bins").read_bytes())
    assert stored == bins()
    profile = Profile.from_bytes((STORED / f"{version}.profile").read_bytes(), stored)
    assert close_profiles(profile, Profile.of(CURRENT, bins()))
