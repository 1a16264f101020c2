"""Seeded rows of four models, as a user has them in a file: what went in, what was predicted, what came of it."""

import io
from typing import Any

import numpy as np
import pandas as pd

CHURN_FEATURES = ("age", "income", "region", "member", "note")
DELAY_FEATURES = ("distance", "carrier")
KIND_FEATURES = ("size", "colour")
KINDS = ("small", "medium", "large")
WORDS = ["late", "early", "again", "never", "call", "ask", "pay", "refund", "thanks", "please"]


def churn(seed: int, rows: int, shift: float = 0.0) -> pd.DataFrame:
    """Rows of a binary model, ``Yes`` the positive class: features of four kinds with gaps, scores, label, outcome."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40.0 + 12.0 * shift, 9.0, rows).round(3)
    income = rng.lognormal(3.0 + shift / 4, 0.7, rows).round(3)
    region = rng.choice(["north", "south", "east", "west"], rows, p=[0.4, 0.3, 0.2, 0.1])
    yes = (1.0 / (1.0 + np.exp(-(age - 40.0 + rng.normal(0.0, 6.0, rows)) / 7.0))).round(6)
    left = rng.random(rows) < 1.0 / (1.0 + np.exp(-(age - 40.0) / 7.0))
    return pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.06, np.nan, age),
            "income": income,
            "region": np.where(rng.random(rows) < 0.04, None, region),
            "member": rng.random(rows) < 0.5 + shift / 5,
            "note": [" ".join(rng.choice(WORDS, 6)) for _ in range(rows)],
            "Yes": yes,
            "No": 1.0 - yes,
            "label": np.where(yes >= 0.5, "Yes", "No"),
            "outcome": np.where(left, "Yes", "No"),
            "key": [f"{seed}-{i}" for i in range(rows)],
        }
    )


def delay(seed: int, rows: int, shift: float = 0.0) -> pd.DataFrame:
    """Rows of a regression of minutes, all of them above zero."""
    rng = np.random.default_rng(seed)
    distance = (rng.gamma(3.0, 2.0, rows) + shift).round(4)
    predicted = (20.0 + 3.0 * distance).round(4)
    return pd.DataFrame(
        {
            "distance": distance,
            "carrier": rng.choice(["AA", "DL", "UA"], rows),
            "predicted": predicted,
            "minutes": (predicted + rng.normal(0.0, 2.5, rows)).round(4),
            "key": [f"{seed}-{i}" for i in range(rows)],
        }
    )


def kind(seed: int, rows: int) -> pd.DataFrame:
    """Rows of a model of three classes, a column of probabilities each."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(0.0, 10.0, rows).round(4)
    distance = np.abs(size[:, None] - np.array([1.5, 5.0, 8.5])) + rng.uniform(0.0, 1.0, (rows, 3))
    weights = np.exp(-distance)
    table = weights / weights.sum(axis=1, keepdims=True)
    frame = pd.DataFrame({"size": size, "colour": rng.choice(["red", "blue"], rows)})
    for place, name in enumerate(KINDS):
        frame[name] = table[:, place]
    frame["outcome"] = [KINDS[rng.choice(3, p=chances)] for chances in table]
    frame["key"] = [f"{seed}-{i}" for i in range(rows)]
    return frame


def flags(seed: int, rows: int) -> pd.DataFrame:
    """Rows of a binary model whose classes read like numbers: ``1``, the positive one, and ``0``."""
    rng = np.random.default_rng(seed)
    weight = rng.normal(0.0, 1.0, rows).round(4)
    score = (1.0 / (1.0 + np.exp(-weight))).round(6)
    return pd.DataFrame(
        {
            "weight": weight,
            "score": score,
            "outcome": (rng.random(rows) < score).astype(int),
            "key": [f"{seed}-{i}" for i in range(rows)],
        }
    )


def csv(frame: pd.DataFrame) -> bytes:
    """The file that a user has."""
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False)
    return buffer.getvalue().encode()


def values(column: pd.Series) -> list[Any]:
    """A column as JSON has it: whole numbers and texts as they are, gaps as null."""
    return [None if pd.isna(value) else value for value in column.tolist()]


def features(frame: pd.DataFrame, names: Any = None) -> list[dict[str, Any]]:
    """Columns as clients send them: those that are named, or all that the file has."""
    return [{"name": name, "values": values(frame[name])} for name in (names or frame.columns)]
