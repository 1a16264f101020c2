"""Decoded baselines, kept because they never change and every call needs one."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay.monitoring.blocks import FEATURES, PREDICTIONS, blocks_of
from assay.records.models import Baseline
from assay.stats.accuracy import Accuracy, accuracy_from_bytes
from assay.stats.profile import Layout, Profile, bins_from_bytes
from assay.stats.profile.bins import Bins

KEPT = 64


@dataclass(frozen=True)
class OpenBaseline:
    """A baseline with its bins and profiles decoded.

    ``predictions`` and ``accuracy`` are None without a holdout that has predictions. ``blocks`` tells which
    columns of features and of predictions are stored together.
    """

    id: str
    rows: int
    holdout_rows: int
    feature_bins: Mapping[str, Bins]
    features: Profile
    prediction_bins: Mapping[str, Bins]
    predictions: Profile | None
    accuracy: Accuracy | None
    blocks: Mapping[str, tuple[Layout, ...]]


def opened(baseline: Baseline) -> OpenBaseline:
    """The baseline, decoded."""
    feature_bins = bins_from_bytes(baseline.feature_bins)
    prediction_bins = bins_from_bytes(baseline.prediction_bins)
    stored = baseline.prediction_profile
    return OpenBaseline(
        id=baseline.id,
        rows=baseline.rows,
        holdout_rows=baseline.holdout_rows,
        feature_bins=feature_bins,
        features=Profile.from_bytes(baseline.feature_profile, feature_bins),
        prediction_bins=prediction_bins,
        predictions=None if stored is None else Profile.from_bytes(stored, prediction_bins),
        accuracy=None if baseline.accuracy is None else accuracy_from_bytes(baseline.accuracy),
        blocks={FEATURES: blocks_of(feature_bins), PREDICTIONS: blocks_of(prediction_bins)},
    )


class BaselineCache:
    """The most recently used baselines, by id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, OpenBaseline] = OrderedDict()

    def get(self, baseline_id: str, load: Callable[[str], Baseline]) -> OpenBaseline:
        """The decoded baseline; ``load`` is called when it is not at hand."""
        with self._lock:
            found = self._kept.get(baseline_id)
            if found is not None:
                self._kept.move_to_end(baseline_id)
                return found
        fresh = opened(load(baseline_id))
        with self._lock:
            self._kept[baseline_id] = fresh
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return fresh
