"""The same figures by numpy, scipy and scikit-learn, from the rows themselves."""

import math
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy
from sklearn import metrics

Floats = npt.NDArray[np.float64]


def as_floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def numeric_cells(baseline: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Rows in ten cells cut at quantiles of the baseline, and missing rows last."""
    known = baseline[np.isfinite(baseline)]
    edges = np.unique(np.quantile(known, np.arange(1, 10) / 10, method="inverted_cdf"))
    edges = edges[edges < known.max()]

    def counts(values: Floats) -> Floats:
        present = values[~np.isnan(values)]
        found = np.bincount(np.searchsorted(edges, present, side="left"), minlength=edges.size + 1)
        return np.append(found, values.size - present.size).astype(np.float64)

    return counts(baseline), counts(current)


def level_cells(baseline: Sequence[str | None], current: Sequence[str | None]) -> tuple[Floats, Floats]:
    """Rows of each of the 25 most frequent levels of the baseline, then of all others, then missing ones."""
    known = [v for v in baseline if v is not None]
    top = sorted(set(known), key=lambda v: (-known.count(v), v))[:25]

    def counts(values: Sequence[str | None]) -> Floats:
        found = [sum(v == level for v in values) for level in top]
        missing = sum(v is None for v in values)
        return np.array([*found, len(values) - sum(found) - missing, missing], dtype=np.float64)

    return counts(baseline), counts(current)


def distances(baseline: Floats, current: Floats) -> dict[str, float]:
    """The five drift metrics of two count vectors; cells that are empty on both sides do not count."""
    used = (baseline + current) > 0
    a, b = baseline[used], current[used]
    p, q = a / a.sum(), b / b.sum()
    smooth_p, smooth_q = (a + 0.5) / (a + 0.5).sum(), (b + 0.5) / (b + 0.5).sum()
    return {
        "psi": float(((smooth_q - smooth_p) * np.log(smooth_q / smooth_p)).sum()),
        "kl_divergence": float(entropy(smooth_q, smooth_p)),
        "js_divergence": float(jensenshannon(p, q) ** 2),
        "hellinger": float(np.sqrt(0.5 * ((np.sqrt(p) - np.sqrt(q)) ** 2).sum())),
        "dissimilarity": float(0.5 * np.abs(p - q).sum()),
    }


def binary_accuracy(actual: npt.NDArray[np.bool_], score: Floats, threshold: float = 0.5) -> dict[str, float]:
    """Accuracy of a binary model whose positive class is ``True``."""
    predicted = score >= threshold
    tn, fp, fn, tp = (int(v) for v in metrics.confusion_matrix(actual, predicted, labels=[False, True]).ravel())
    clipped = np.clip(score, 1e-15, 1 - 1e-15)
    loss = float(-np.where(actual, np.log(clipped), np.log(1 - clipped)).mean())
    rate = actual.mean()
    fpr, tpr, _ = metrics.roc_curve(actual, score, drop_intermediate=False)
    return {
        "AUC": metrics.roc_auc_score(actual, score),
        "Gini Norm": 2 * metrics.roc_auc_score(actual, score) - 1,
        "Accuracy": metrics.accuracy_score(actual, predicted),
        "Balanced Accuracy": metrics.balanced_accuracy_score(actual, predicted),
        "F1": metrics.f1_score(actual, predicted),
        "MCC": metrics.matthews_corrcoef(actual, predicted),
        "PPV": tp / (tp + fp),
        "NPV": tn / (tn + fn),
        "TPR": tp / (tp + fn),
        "TNR": tn / (tn + fp),
        "FPR": fp / (tn + fp),
        "LogLoss": loss,
        "Brier": metrics.brier_score_loss(actual, score),
        "FVE Binomial": 1 - loss / float(entropy([rate, 1 - rate])),
        "Kolmogorov-Smirnov": float(np.abs(tpr - fpr).max()),
        "Area Under PR Curve": metrics.average_precision_score(actual, score),
        "Rate@Top5%": rate_at_top(actual, score, 0.05),
        "Rate@Top10%": rate_at_top(actual, score, 0.10),
    }


def rate_at_top(actual: npt.NDArray[np.bool_], score: Floats, share: float) -> float:
    """Share of positives among the best rows; rows tied at the cut share its places."""
    k = math.ceil(share * score.size)
    cut = np.sort(score)[::-1][k - 1]
    above, tied = score > cut, score == cut
    return float((actual[above].sum() + (k - above.sum()) * actual[tied].mean()) / k)


def regression_accuracy(actual: Floats, predicted: Floats) -> dict[str, float]:
    """Accuracy of a regression whose actuals and predictions are all positive."""
    error = predicted - actual
    return {
        "RMSE": metrics.root_mean_squared_error(actual, predicted),
        "MAE": metrics.mean_absolute_error(actual, predicted),
        "MAD": metrics.mean_absolute_error(actual, predicted),
        "MAPE": 100 * metrics.mean_absolute_percentage_error(actual, predicted),
        "RMSLE": metrics.root_mean_squared_log_error(actual, predicted),
        "R Squared": metrics.r2_score(actual, predicted),
        "Mean Error": float(error.mean()),
        "Poisson Deviance": metrics.mean_poisson_deviance(actual, predicted),
        "Gamma Deviance": metrics.mean_gamma_deviance(actual, predicted),
        "Tweedie Deviance": metrics.mean_tweedie_deviance(actual, predicted, power=1.5),
        "FVE Poisson": metrics.d2_tweedie_score(actual, predicted, power=1),
        "FVE Gamma": metrics.d2_tweedie_score(actual, predicted, power=2),
        "FVE Tweedie": metrics.d2_tweedie_score(actual, predicted, power=1.5),
    }


def multiclass_accuracy(actual: Sequence[str], table: Floats, classes: Sequence[str]) -> dict[str, float]:
    """Accuracy of a model of several classes; ``table`` has a column a class."""
    places = np.array([classes.index(a) for a in actual])
    predicted = table.argmax(axis=1)
    clipped = np.clip(table[np.arange(len(places)), places], 1e-15, 1 - 1e-15)
    loss = float(-np.log(clipped).mean())
    shares = np.bincount(places, minlength=len(classes)) / len(places)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes that are never predicted
        balanced = metrics.balanced_accuracy_score(places, predicted)
    return {
        "Accuracy": metrics.accuracy_score(places, predicted),
        "Balanced Accuracy": balanced,
        "LogLoss": loss,
        "FVE Multinomial": 1 - loss / float(entropy(shares)),
        "AUC": sum(
            share * metrics.roc_auc_score(places == k, table[:, k]) for k, share in enumerate(shares) if 0 < share < 1
        ),
    }


def distribution(labels: Sequence[str], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Rows and percent of each class, as the pages tell them."""
    return [
        {"className": name, "count": labels.count(name), "percent": 100 * labels.count(name) / len(labels)}
        for name in classes
    ]


def word_cells(baseline: Sequence[str | None], current: Sequence[str | None]) -> tuple[Floats, Floats]:
    """Rows with each of the 1,000 words most rows of the baseline have, rows with none of them, missing rows."""
    found = Counter(word for text in baseline for word in _words(text))
    top = sorted(found, key=lambda word: (-found[word], word))[:1000]

    def counts(texts: Sequence[str | None]) -> Floats:
        known = [_words(text) for text in texts if text is not None]
        rows = [sum(word in words for words in known) for word in top]
        without = sum(not words & set(top) for words in known)
        return np.array([*rows, without, len(texts) - len(known)], dtype=np.float64)

    return counts(baseline), counts(current)


def _words(text: str | None) -> set[str]:
    return set(re.findall(r"[^\W_]+", (text or "").lower()))
