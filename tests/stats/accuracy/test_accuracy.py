"""What holds for the accuracy of every target type."""

from pathlib import Path

import numpy as np
import pytest
from tests.golden.check import read
from tests.stats.accuracy.store import CASES, GOLDEN, STORED

from assay.errors import FormatUnreadable
from assay.stats.accuracy import (
    HIGHER_IS_BETTER,
    METRICS,
    Accuracy,
    BinaryAccuracy,
    MulticlassAccuracy,
    RegressionAccuracy,
    accuracy_from_bytes,
    percent_change,
)
from assay.stats.container import pack

EACH = [
    BinaryAccuracy.of([True, False], [0.9, 0.2], threshold=0.5),
    RegressionAccuracy.of([1.0, 2.0], [1.5, 2.0]),
    MulticlassAccuracy.of([0, 1], [[0.9, 0.1], [0.4, 0.6]], classes=("x", "y")),
]


@pytest.mark.parametrize("accuracy", EACH, ids=lambda a: type(a).__name__)
def test_bytes_say_themselves_which_accuracy_they_hold(accuracy: Accuracy) -> None:
    again = accuracy_from_bytes(accuracy.to_bytes())
    assert type(again) is type(accuracy)
    assert again == accuracy


def test_bytes_of_something_else_are_refused_in_words() -> None:
    with pytest.raises(FormatUnreadable, match="Found a stored profile where a binary accuracy was expected"):
        accuracy_from_bytes(pack("profile", 1, {}, {}))


@pytest.mark.parametrize("kind", ["binary accuracy", "regression accuracy", "multiclass accuracy"])
def test_bytes_of_a_newer_program_are_refused_in_words(kind: str) -> None:
    with pytest.raises(FormatUnreadable, match=f"A stored {kind} has format 2; .* Use a newer Assay"):
        accuracy_from_bytes(pack(kind, 2, {}, {}))


def test_damaged_bytes_are_refused() -> None:
    data = EACH[0].to_bytes()
    with pytest.raises(FormatUnreadable):
        accuracy_from_bytes(data[: len(data) // 2])
    with pytest.raises(FormatUnreadable):
        accuracy_from_bytes(b"")


def test_every_metric_has_a_direction_but_the_mean_error() -> None:
    names = {name for metrics in METRICS.values() for name in metrics}
    assert names - set(HIGHER_IS_BETTER) == {"Mean Error"}
    assert set(HIGHER_IS_BETTER) <= names


def test_directions_agree_with_what_better_rows_do() -> None:
    random = np.random.default_rng(0)
    y = random.gamma(3, 3, 400)
    noise, actual = random.random(400), random.random(400) < 0.5
    place = actual.astype(int)
    good, bad = np.where(actual, 0.99 - 0.1 * noise, 0.01 + 0.1 * noise), noise
    pairs = {
        "Binary": [BinaryAccuracy.of(actual, s, threshold=0.5) for s in (good, bad)],
        "Regression": [RegressionAccuracy.of(y, y * f) for f in (1.01, 1.5)],
        "Multiclass": [
            MulticlassAccuracy.of(place, np.stack([1 - s, s], axis=1), classes=("no", "yes")) for s in (good, bad)
        ],
    }
    for target, (better, worse) in pairs.items():
        for name, metric in METRICS[target].items():
            if name != "Mean Error":
                assert (metric(better).value > metric(worse).value) == HIGHER_IS_BETTER[name], (target, name)


@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [
        (0.9, 0.8, 12.5),
        (0.8, 0.8, 0.0),
        (-1.0, -2.0, 50.0),
        (1.0, 0.0, None),
        (None, 0.8, None),
        (0.8, None, None),
    ],
)
def test_percent_change_by_hand(value: float | None, baseline: float | None, expected: float | None) -> None:
    assert percent_change(value, baseline) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("path", sorted(STORED.glob("*/*.bin")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_accuracy_stored_by_every_version_still_loads(path: Path) -> None:
    (case,) = (case for case in read(GOLDEN) if case.id == path.stem)
    accuracy = accuracy_from_bytes(path.read_bytes())
    metrics = METRICS[case.kind.capitalize()]
    for name in metrics.keys() & case.expected.keys():
        want = case.expected[name]
        assert metrics[name](accuracy).value == (None if want is None else pytest.approx(want, rel=1e-9)), name


def test_every_stored_version_holds_every_case() -> None:
    versions = {path.name: {file.stem for file in path.glob("*.bin")} for path in STORED.iterdir()}
    assert versions == {"v1": set(CASES)}
