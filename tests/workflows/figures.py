"""The figures anew, from the rows that a test sent: by numpy, pandas and scikit-learn, as docs/methods defines them."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn import metrics

Floats = npt.NDArray[np.float64]
MOST_LEVELS, MOST_WORDS = 25, 1000


def near(value: float | None) -> Any:
    """Sums over some thousand rows in another order differ in the last digits only."""
    return value if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)


# ------------------------------------------------------------------ drift


def psi(baseline: Floats, current: Floats) -> float:
    """Population Stability Index of rows per cell: half a row added to each cell that either side uses."""
    used = (baseline > 0) | (current > 0)
    cells = int(used.sum())
    p = (baseline[used] + 0.5) / (baseline.sum() + cells / 2)
    q = (current[used] + 0.5) / (current.sum() + cells / 2)
    return float(np.sum((q - p) * np.log(q / p)))


def number_psi(baseline: pd.Series, current: pd.Series) -> float:
    """Drift over ten cells, open below and closed above, cut at the baseline's tenths; missing is a cell."""
    known = np.sort(baseline.dropna().to_numpy(dtype=np.float64))
    ranks = [-(-k * known.size // 10) for k in range(1, 10)]
    edges = sorted({known[rank - 1] for rank in ranks} - {known[-1]})

    def cells(column: pd.Series) -> Floats:
        present = column.dropna().to_numpy(dtype=np.float64)
        upto = [int((present <= edge).sum()) for edge in edges] + [present.size]
        return np.append(np.diff([0, *upto]), column.isna().sum()).astype(np.float64)

    return psi(cells(baseline), cells(current))


def level_psi(baseline: pd.Series, current: pd.Series) -> float:
    """Drift over the baseline's most frequent levels, all other ones in one cell, and missing."""
    seen = _levels(baseline).value_counts()
    kept = sorted(seen.index, key=lambda level: (-seen[level], level))[:MOST_LEVELS]

    def cells(column: pd.Series) -> Floats:
        found = _levels(column)
        counts = found.value_counts().reindex(kept, fill_value=0).to_numpy(dtype=np.float64)
        missing = int(column.isna().sum())
        return np.append(counts, [len(column) - missing - counts.sum(), missing])

    return psi(cells(baseline), cells(current))


def _levels(column: pd.Series) -> pd.Series:
    known = column.dropna().astype(str)
    return known.str.lower() if column.dtype == bool else known


def word_psi(baseline: pd.Series, current: pd.Series) -> float:
    """Drift over rows with each of the baseline's words, rows with none of them, and missing."""
    found = pd.Series([word for text in baseline.dropna() for word in _words(text)]).value_counts()
    kept = sorted(found.index, key=lambda word: (-found[word], word))[:MOST_WORDS]

    def cells(column: pd.Series) -> Floats:
        texts = [_words(text) for text in column.dropna()]
        rows = [sum(word in words for words in texts) for word in kept]
        return np.array([*rows, sum(words.isdisjoint(kept) for words in texts), column.isna().sum()], dtype=np.float64)

    return psi(cells(baseline), cells(current))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def churn_psi(training: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Any]:
    """Drift of every feature of the churn model."""
    return {
        **{name: near(number_psi(training[name], rows[name])) for name in ("age", "income")},
        **{name: near(level_psi(training[name], rows[name])) for name in ("region", "member")},
        "note": near(word_psi(training["note"], rows["note"])),
    }


# ------------------------------------------------------------------ service, predictions


def service(times: Iterable[float], predictions: Iterable[int], user: int = 0, system: int = 0) -> dict[str, Any]:
    """Figures of some reported requests: their times, the rows of each, and how many went wrong on either side."""
    milliseconds, rows = np.array(list(times), dtype=np.float64), list(predictions)
    return {
        "totalRequests": len(rows),
        "totalPredictions": sum(rows),
        "executionTime": near(float(np.quantile(milliseconds, 0.5))),
        "slowRequests": int((milliseconds > 1000).sum()),
        "userErrorRate": near(user / len(rows)),
        "serverErrorRate": near(system / len(rows)),
        "responseTime": None,
        "cacheHitRatio": 0,
    }


def distribution(labels: Iterable[str], classes: Iterable[str]) -> list[dict[str, Any]]:
    """Rows and percent of each class, as the pages tell them."""
    counts = pd.Series(list(labels)).value_counts()
    return [
        {"className": name, "count": int(counts.get(name, 0)), "percent": near(100 * counts.get(name, 0) / sum(counts))}
        for name in classes
    ]


# ------------------------------------------------------------------ accuracy


def binary_accuracy(actual: pd.Series, score: pd.Series, threshold: float = 0.5) -> dict[str, Any]:
    """Accuracy of scores of the positive class; ``actual`` is true where it came."""
    happened, chance = actual.to_numpy(dtype=bool), score.to_numpy(dtype=np.float64)
    predicted = chance >= threshold
    found = {
        "AUC": metrics.roc_auc_score(happened, chance),
        "LogLoss": metrics.log_loss(happened, chance),
        "Brier": metrics.brier_score_loss(happened, chance),
        "Accuracy": metrics.accuracy_score(happened, predicted),
        "Balanced Accuracy": metrics.balanced_accuracy_score(happened, predicted),
        "F1": metrics.f1_score(happened, predicted),
        "TPR": metrics.recall_score(happened, predicted),
        "PPV": metrics.precision_score(happened, predicted),
        "MCC": metrics.matthews_corrcoef(happened, predicted),
    }
    return {name: near(float(value)) for name, value in found.items()}


def regression_accuracy(actual: pd.Series, predicted: pd.Series) -> dict[str, Any]:
    """Accuracy of predicted numbers."""
    found = {
        "RMSE": metrics.root_mean_squared_error(actual, predicted),
        "MAE": metrics.mean_absolute_error(actual, predicted),
        "MAPE": 100 * metrics.mean_absolute_percentage_error(actual, predicted),
        "R Squared": metrics.r2_score(actual, predicted),
        "RMSLE": metrics.root_mean_squared_log_error(actual, predicted),
    }
    return {name: near(float(value)) for name, value in found.items()}


def class_accuracy(actual: pd.Series, table: pd.DataFrame) -> dict[str, Any]:
    """Accuracy of a table of probabilities, a column a class."""
    classes = list(table.columns)
    predicted = [classes[place] for place in table.to_numpy().argmax(axis=1)]
    # scikit-learn wants its classes in the order of the alphabet.
    in_order = table[sorted(classes)].to_numpy()
    return {
        "Accuracy": near(float(metrics.accuracy_score(actual, predicted))),
        "LogLoss": near(float(metrics.log_loss(actual, in_order, labels=sorted(classes)))),
    }
