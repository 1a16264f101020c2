"""Service figures of prediction requests, as their sender reports them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PredictionRequest:
    """One reported request: how many rows it scored, how long it took (milliseconds), how it ended.

    ``consumer`` is the name of the user who reported it; None where that was not noted yet.
    """

    batch_id: str | None
    model_id: str
    at: datetime
    predictions: int
    execution_ms: float | None
    user_error: bool
    server_error: bool
    consumer: str | None = None
