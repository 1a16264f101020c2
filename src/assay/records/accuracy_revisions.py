"""How the accuracy of a batch moved as its actuals came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AccuracyRevision:
    """Accuracy of a (batch, model) pair as it was computed at one moment.

    Attributes
    ----------
    predictions : int
        Prediction rows of the pair at that moment.
    rows_with_actual : int
        Those of them whose actual was known; a superseded prediction does not count.
    metrics : dict
        By name: ``value``, ``low`` and ``high`` of the 95 % interval, ``n``, ``bound`` and ``reason``, as in
        ``assay.stats.estimate.Estimate``.
    digest : str
        SHA-256 of the accumulators, by which a computation that changed nothing is known.
    """

    batch_id: str
    model_id: str
    at: datetime
    predictions: int
    rows_with_actual: int
    metrics: dict[str, dict[str, Any]]
    digest: str

    @property
    def matched_share(self) -> float | None:
        """Share of the predictions whose actual is known, in [0, 1].

        None without predictions, and where rows were sent for accuracy alone: these are not among the predictions.
        """
        if not 0 < self.predictions >= self.rows_with_actual:
            return None
        return self.rows_with_actual / self.predictions
