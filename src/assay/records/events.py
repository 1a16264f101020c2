"""Events that reporting clients want recorded: a replaced model, a failed prediction, a spooler's trouble."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """One event, as it was reported.

    Attributes
    ----------
    owner_id : str
        Who sees it: the owner of the deployment or the environment it is about, else who reported it.
    kind : str
        The reporter's own word.
    at, received_at : datetime
        When it happened, as told, and when it was told.
    data, request, channel : dict or None
        Particulars of a model's replacement, of a prediction request, of a spooler channel.
    """

    id: str
    owner_id: str
    reporter_id: str
    kind: str
    at: datetime
    received_at: datetime
    message: str | None
    org_id: str | None
    deployment_id: str | None
    environment_id: str | None
    data: dict[str, Any] | None
    request: dict[str, Any] | None
    channel: dict[str, Any] | None
