"""How many different values: exact while few, within the stated error beyond."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import FormatUnreadable
from assay.stats.container import pack, unpack
from assay.stats.profile.distinct import EXACT, RELATIVE_ERROR, Distinct, hashes_of_numbers, hashes_of_texts
from assay.stats.profile.stored_distinct import StoredDistinct

MASK = 2**64 - 1


def mixed(bits: int) -> int:
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & MASK
    return bits ^ (bits >> 31)


def fnv(text: str) -> int:
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = (state ^ byte) * 0x100000001B3 & MASK
    return mixed(state)


@given(st.lists(st.text(max_size=60), max_size=20))
def test_short_texts_are_hashed_by_fnv_whatever_stands_beside_them(texts: list[str]) -> None:
    assert hashes_of_texts(pl.Series(texts, dtype=pl.String)).tolist() == [fnv(text) for text in texts]


def test_long_texts_are_hashed_as_well() -> None:
    texts = pl.Series(["x" * 256, "x" * 257, "y" * 5000, "x" * 257, ""])
    hashes = hashes_of_texts(texts).tolist()
    assert hashes[0] == fnv("x" * 256)
    assert hashes[1] == hashes[3]
    assert len(set(hashes)) == 4


def test_numbers_are_hashed_by_value() -> None:
    hashes = hashes_of_numbers(np.array([0.0, -0.0, 1.0])).tolist()
    assert hashes == [mixed(0), mixed(0), mixed(0x3FF0000000000000)]


@pytest.mark.parametrize("n", [0, 1, 2, EXACT])
def test_few_values_are_counted_exactly(n: int) -> None:
    found = Distinct.of(hashes_of_numbers(np.repeat(np.arange(float(n)), 3)))
    assert (found.exact, found.estimate) == (True, float(n))


@pytest.mark.parametrize("n", [EXACT + 1, 3_000, 20_000, 300_000])
def test_many_values_are_estimated_within_four_standard_errors(n: int) -> None:
    found = Distinct.of(hashes_of_numbers(np.arange(float(n))))
    assert not found.exact
    assert abs(found.estimate / n - 1) < 4 * RELATIVE_ERROR


def test_repeats_do_not_count_however_many() -> None:
    hashes = hashes_of_numbers(np.arange(3_000.0))
    assert Distinct.of(np.tile(hashes, 5)) == Distinct.of(hashes)
    few = hashes_of_numbers(np.arange(900.0))
    assert Distinct.of(np.tile(few, 20)) == Distinct.of(few)


def test_a_hundred_thousand_levels_are_counted() -> None:
    levels = pl.Series([f"level {i}" for i in range(100_000)])
    assert abs(Distinct.of(hashes_of_texts(levels)).estimate / 100_000 - 1) < 4 * RELATIVE_ERROR


def test_full_registers_have_a_finite_estimate() -> None:
    assert Distinct(np.empty(0, np.uint64), np.full(4096, 40, np.uint8)).estimate > 1e12


def test_stored_counts_read_back_and_damage_is_refused() -> None:
    columns = [Distinct.of(hashes_of_numbers(np.arange(float(n)))) for n in (0, 5, 2_000, 1_000)]
    stored = StoredDistinct.of(columns)
    assert StoredDistinct(stored.data, 4).columns == columns
    arrays = unpack(stored.data, kind="distinct").arrays
    for changes in (
        {"sizes": np.array([0, 5, -1, 1001])},
        {"sizes": np.array([0, 5, -2, 1000])},
        {"registers": arrays["registers"][:-1]},
        {"registers": np.full(4096, 60, np.uint8)},
        {"hashes": arrays["hashes"][::-1]},
    ):
        with pytest.raises(FormatUnreadable):
            _ = StoredDistinct(pack("distinct", 1, {}, arrays | changes), 4).columns
