"""What the demo watches: a classification and a regression of the same flights."""

from dataclasses import dataclass

import polars as pl

from assay.client import Target
from assay.server.demo.departures import DELAY

LATE, ON_TIME = "late", "on time"
LATE_MINUTES = 15
"""From 15 minutes on an arrival counts as late, as in the statistics of the US Department of Transportation."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model that is deployed.

    Attributes
    ----------
    label : str
        Of the deployment.
    file_stem : str
        Its files begin with it.
    target : Target
    question : str
        What the model answers.
    metrics : tuple of (str, str)
        Accuracy metrics that the table shows, and their titles; the first tells most.
    """

    label: str
    file_stem: str
    target: Target
    question: str
    metrics: tuple[tuple[str, str], ...]

    @property
    def prediction_column(self) -> str:
        """The column that holds the predictions."""
        return str(self.target.prediction_column)

    def outcomes(self, flights: pl.DataFrame) -> pl.Series:
        """What happened, by flight; missing where nothing arrived."""
        delay = flights[DELAY]
        if not self.target.class_names:
            return delay.alias(self.target.name)
        late = pl.Series([ON_TIME, LATE]).gather((delay >= LATE_MINUTES).cast(pl.UInt32))
        return late.alias(self.target.name)


LATE_FLIGHTS = Subject(
    label="Late flights",
    file_stem="late-flights",
    target=Target("arrival", "Binary", (LATE, ON_TIME), prediction_column="p_late"),
    question=f"Will the flight arrive {LATE_MINUTES} minutes late or more?",
    metrics=(("AUC", "AUC"), ("LogLoss", "LOG\nLOSS")),
)
ARRIVAL_DELAY = Subject(
    label="Arrival delay",
    file_stem="arrival-delay",
    target=Target("arrival_delay", "Regression", prediction_column="predicted_delay"),
    question="How many minutes late will the flight arrive?",
    metrics=(("RMSE", "RMSE"), ("MAE", "MAE")),
)
SUBJECTS = (LATE_FLIGHTS, ARRIVAL_DELAY)
