"""Bins as bytes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from assay.stats.arrays import read_only
from assay.stats.container import pack, unpack
from assay.stats.profile.bins import Bins, LevelBins, NumericBins
from assay.stats.profile.words import WordBins

BINS_KIND = "bins"
BINS_VERSION = 1


def bins_to_bytes(bins: Mapping[str, Bins]) -> bytes:
    """Bytes of named bins, for `bins_from_bytes`; a function of the content alone.

    Examples
    --------
    >>> import polars as pl
    >>> bins = {"x": NumericBins.of(pl.Series([1.0, 2.0])), "city": LevelBins.of(pl.Series(["a"]))}
    >>> bins_from_bytes(bins_to_bytes(bins)) == bins
    True
    """
    ordered = sorted(bins.items())
    numeric = [b for _, b in ordered if isinstance(b, NumericBins)]
    described: list[list[Any]] = [_described(name, b) for name, b in ordered]
    return pack(
        BINS_KIND,
        BINS_VERSION,
        {"columns": described},
        {
            "fractions": np.concatenate([np.empty(0), *(b.fractions for b in numeric)]),
            "quantiles": np.concatenate([np.empty(0), *(b.quantiles for b in numeric)]),
        },
    )


def bins_from_bytes(data: bytes) -> dict[str, Bins]:
    """Named bins of bytes made by `bins_to_bytes`, in the order of their names.

    Raises
    ------
    FormatUnreadable
        When the bytes are damaged, of another kind, or too new.
    """
    contents = unpack(data, kind=BINS_KIND, newest=BINS_VERSION)
    fractions, quantiles = read_only(contents.arrays["fractions"]), read_only(contents.arrays["quantiles"])
    bins: dict[str, Bins] = {}
    fraction = quantile = 0
    for name, kind, *rest in contents.fields["columns"]:
        if kind == "levels":
            levels, others, singletons = rest
            bins[name] = LevelBins(tuple(levels), frozenset(others), singletons)
            continue
        if kind == "words":
            bins[name] = WordBins(tuple(rest[0]))
            continue
        n_fractions, n_quantiles, low, high, pivot = rest
        bins[name] = NumericBins(
            fractions[fraction : fraction + n_fractions],
            quantiles[quantile : quantile + n_quantiles],
            low,
            high,
            pivot,
        )
        fraction, quantile = fraction + n_fractions, quantile + n_quantiles
    return bins


def _described(name: str, bins: Bins) -> list[Any]:
    if isinstance(bins, LevelBins):
        return [name, "levels", list(bins.levels), sorted(bins.other_levels), bins.singletons]
    if isinstance(bins, WordBins):
        return [name, "words", list(bins.words)]
    return [name, "numeric", bins.fractions.size, bins.quantiles.size, bins.low, bins.high, bins.pivot]
