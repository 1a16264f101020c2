"""Prediction environments: where a model runs. Assay keeps the name; it runs no model itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PredictionEnvironment:
    """One place where models run.

    Attributes
    ----------
    model_formats : tuple of str
        Kinds of models that run there, as the caller names them; ``externalModel`` unless told.
    managed_by_agent : bool
        Whether outside software looks after it, as the caller says; nothing here depends on it.
    """

    id: str
    owner_id: str
    name: str
    description: str | None
    platform: str
    model_formats: tuple[str, ...]
    managed_by_agent: bool
    created_at: datetime
    deleted_at: datetime | None
