import numpy as np
import pytest
from sklearn import metrics

from assay.stats.accuracy import CLASS_METRICS, METRICS, MulticlassAccuracy
from assay.stats.accuracy.one_against_rest import confusion_of

CLASSES = ("a", "b", "c")
RNG = np.random.default_rng(0)
PLACES = RNG.choice(3, 400, p=[0.5, 0.3, 0.2])
CHANCES = RNG.dirichlet([1.0, 1.0, 1.0], 400) * 0.6 + np.eye(3)[PLACES] * 0.4
ROWS = MulticlassAccuracy.of(PLACES, CHANCES, classes=CLASSES)
PREDICTED = CHANCES.argmax(axis=1)

REFERENCES = {
    "AUC": lambda actual, predicted, score: metrics.roc_auc_score(actual, score),
    "Accuracy": lambda actual, predicted, score: metrics.accuracy_score(actual, predicted),
    "Balanced Accuracy": lambda actual, predicted, score: metrics.balanced_accuracy_score(actual, predicted),
    "F1": lambda actual, predicted, score: metrics.f1_score(actual, predicted),
    "FPR": lambda actual, predicted, score: 1 - metrics.recall_score(~actual, ~predicted),
    "MCC": lambda actual, predicted, score: metrics.matthews_corrcoef(actual, predicted),
    "NPV": lambda actual, predicted, score: metrics.precision_score(~actual, ~predicted),
    "PPV": lambda actual, predicted, score: metrics.precision_score(actual, predicted),
    "TNR": lambda actual, predicted, score: metrics.recall_score(~actual, ~predicted),
    "TPR": lambda actual, predicted, score: metrics.recall_score(actual, predicted),
}


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("name", CLASS_METRICS)
def test_a_class_against_the_rest_is_a_binary_model(name, place):
    found = CLASS_METRICS[name](ROWS, CLASSES[place])
    expected = REFERENCES[name](place == PLACES, place == PREDICTED, CHANCES[:, place])
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert found.low <= found.value <= found.high


def test_the_four_counts_of_each_class_are_all_rows():
    for place in range(3):
        counts = confusion_of(ROWS.table, place)
        assert counts.total.rows == 400
        assert counts.positives.rows == int((place == PLACES).sum())
        assert counts.predicted_positives.rows == int((place == PREDICTED).sum())


def test_without_rows_every_figure_of_a_class_is_unknown():
    for metric in CLASS_METRICS.values():
        assert metric(MulticlassAccuracy.empty(CLASSES), "a").value is None


def test_every_metric_of_a_class_is_one_of_binary_models_too():
    assert CLASS_METRICS.keys() <= METRICS["Binary"].keys()
