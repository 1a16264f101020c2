"""Aggregates of rows, as the reporting library makes them of what it is given."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

MOST_CENTROIDS, MOST_CATEGORIES = 10, 10


def numbers(column: pd.Series, decisions: int = 0) -> dict[str, Any]:
    """Sums of a column without its gaps, and at most ten centroids; of so few different values they are exact."""
    known = np.sort(column.dropna().to_numpy(dtype=np.float64))
    if known.size == 0:
        return {"count": 0, "decisionCount": decisions}  # what has no value is left out
    held, counts = np.unique(known, return_counts=True)
    if held.size > MOST_CENTROIDS:
        parts = np.array_split(known, MOST_CENTROIDS)
        held, counts = np.array([part.mean() for part in parts]), np.array([part.size for part in parts])
    return {
        "count": int(known.size),
        "min": float(known[0]),
        "max": float(known[-1]),
        "sum": float(known.sum()),
        "sumOfSquares": float((known**2).sum()),
        "histogram": {"centroids": held.tolist(), "counts": counts.tolist()},
        "decisionCount": decisions,
    }


def levels(column: pd.Series) -> dict[str, Any]:
    """The most frequent levels of a column of categories, or the words of one of texts, with the rows of each."""
    known = [str(value).lower() if column.dtype == bool else str(value) for value in column.dropna()]
    seen = Counter(word for value in known for word in set(value.split()))
    top = seen.most_common(MOST_CATEGORIES)
    return {
        "count": len(known),
        "missingCount": int(column.isna().sum()),
        "categories": {"values": [value for value, _ in top], "counts": [count for _, count in top]},
    }


def features(frame: pd.DataFrame, numeric: tuple[str, ...], other: tuple[str, ...]) -> list[dict[str, Any]]:
    """Aggregates of features: of numbers, and of categories and texts."""
    of_numbers = [
        {"name": name, "stats": {"numericStats": numbers(frame[name]), "missingCount": int(frame[name].isna().sum())}}
        for name in numeric
    ]
    return of_numbers + [{"name": name, "stats": levels(frame[name])} for name in other]


def churn_group(frame: pd.DataFrame) -> dict[str, Any]:
    """Features and predictions of rows of the binary model; a decision is a score of one half or more."""
    yes = int((frame["Yes"] >= 0.5).sum())
    return {
        "features": features(frame, ("age", "income"), ("region", "member", "note")),
        "predictions": [numbers(frame["Yes"], yes), numbers(frame["No"], len(frame) - yes)],
    }
