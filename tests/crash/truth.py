"""What the driver knows must be true: every row, request and actual that was answered, once."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from tests.workflows.figures import binary_accuracy, churn_psi, service
from tests.workflows.rows import CHURN_FEATURES

POSITIVE = "Yes"


@dataclass
class BatchTruth:
    """What one batch holds.

    Attributes
    ----------
    rows : list of DataFrame
        One a delivery, in the order in which they were answered, with a column ``at``.
    requests : list of (milliseconds, predictions)
    """

    id: str
    name: str
    rows: list[pd.DataFrame] = field(default_factory=list)
    requests: list[tuple[float, int]] = field(default_factory=list)

    @property
    def frame(self) -> pd.DataFrame:
        """All rows together."""
        return pd.concat(self.rows, ignore_index=True) if self.rows else pd.DataFrame()

    @property
    def count(self) -> int:
        """Rows."""
        return sum(len(frame) for frame in self.rows)


@dataclass
class Truth:
    """What one client has sent. Association ids are its own, so that clients cannot disturb each other's truth."""

    training: pd.DataFrame
    batches: dict[str, BatchTruth] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    actuals: dict[str, str] = field(default_factory=dict)
    # The batch whose delivery holds the newest prediction of an id, and how many deliveries came before it.
    newest: dict[str, tuple[str, int]] = field(default_factory=dict)
    deliveries: int = 0

    def delivered(self, batch: BatchTruth, frame: pd.DataFrame) -> None:
        """Rows were taken in."""
        self.deliveries += 1
        batch.rows.append(frame.assign(delivery=self.deliveries))
        self._find_newest(frame["key"])

    def replaced(self, batch: BatchTruth, frames: list[pd.DataFrame]) -> None:
        """The rows of a batch gave way to others."""
        keys = [batch.frame["key"]] if batch.rows else []
        batch.rows, batch.requests = [], []
        for frame in frames:
            self.delivered(batch, frame)
        for some in keys:
            self._find_newest(some)

    def deleted(self, batch: BatchTruth) -> None:
        """A batch left every figure."""
        self.gone.append(batch.id)
        del self.batches[batch.id]
        if batch.rows:
            self._find_newest(batch.frame["key"])

    def _find_newest(self, keys: Any) -> None:
        wanted = set(keys)
        for key in wanted:
            self.newest.pop(key, None)
        for batch in self.batches.values():
            for frame in batch.rows:
                delivery = int(frame["delivery"].iloc[0])
                for key in wanted.intersection(frame["key"]):
                    if key not in self.newest or self.newest[key][1] < delivery:
                        self.newest[key] = (batch.id, delivery)

    # ------------------------------------------------------------------ figures

    def drift(self, batch: BatchTruth) -> dict[str, Any]:
        """PSI by feature."""
        return churn_psi(self.training, batch.frame)

    def service(self, batch: BatchTruth) -> dict[str, Any]:
        """Service figures."""
        return service(*zip(*batch.requests, strict=True))

    def matched(self, batch: BatchTruth) -> pd.DataFrame:
        """Rows of the batch that hold the newest prediction of an id whose outcome is known."""
        if not batch.rows:
            return pd.DataFrame()
        frame = batch.frame
        deliveries = zip(frame["key"], frame["delivery"], strict=True)
        frame = frame[[self.newest.get(key) == (batch.id, delivery) for key, delivery in deliveries]]
        return frame.assign(actual=frame["key"].map(self.actuals)).dropna(subset="actual")

    def accuracy(self, batch: BatchTruth) -> tuple[int, dict[str, Any]]:
        """Rows with an outcome, and the metrics; none where one class alone was seen."""
        found = self.matched(batch)
        if len(found) == 0 or found["actual"].nunique() < 2:
            return len(found), {}
        metrics = binary_accuracy(found["actual"] == POSITIVE, found[POSITIVE])
        if (found[POSITIVE] >= 0.5).nunique() < 2:
            # scikit-learn says 0 where the correlation is 0 over 0.
            metrics["MCC"] = None
        return len(found), metrics

    def exported(self) -> pd.DataFrame:
        """Every row, as an export of predictions tells it."""
        frames = [batch.frame for batch in self.batches.values() if batch.rows]
        columns = ["key", *CHURN_FEATURES, POSITIVE]
        return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
