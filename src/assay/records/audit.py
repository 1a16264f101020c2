"""The audit log: who did what, and when. Lines are added and never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class AuditEvent(StrEnum):
    """What is noted; the word before the point is what it was done to."""

    BATCH_CREATED = "batch.created"
    BATCH_CHANGED = "batch.changed"
    BATCH_LOCKED = "batch.locked"
    BATCH_UNLOCKED = "batch.unlocked"
    BATCH_DELETED = "batch.deleted"
    REPLACEMENT_OPENED = "batch.replacementOpened"
    BATCH_REPLACED = "batch.replaced"
    REPLACEMENT_ABANDONED = "batch.replacementAbandoned"
    DEPLOYMENT_CREATED = "deployment.created"
    DEPLOYMENT_CHANGED = "deployment.changed"
    DEPLOYMENT_DELETED = "deployment.deleted"
    SETTINGS_CHANGED = "deployment.settingsChanged"
    MODEL_REPLACED = "deployment.modelReplaced"
    EXPORT_CREATED = "export.created"
    RETENTION_APPLIED = "deployment.retentionApplied"
    ERASURE_REQUESTED = "erasure.requested"
    ERASURE_DONE = "erasure.done"
    TOKEN_CREATED = "token.created"  # noqa: S105 - no password
    TOKEN_REVOKED = "token.revoked"  # noqa: S105

    @property
    def object_type(self) -> str:
        """What it was done to: ``batch``, ``deployment``, ``export``, ``erasure`` or ``token``."""
        return self.partition(".")[0]


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the log.

    Attributes
    ----------
    seq : int
        Order in which lines were written; 0 until then.
    user_id : str or None
        Who did it; None for the operator at the server's own machine.
    detail : dict
        What there is to say beyond, as JSON.
    """

    seq: int
    at: datetime
    user_id: str | None
    user_name: str
    event: AuditEvent
    object_id: str
    deployment_id: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which lines are wanted; None means no such filter. ``start`` is taken in, ``end`` left out."""

    deployment_id: str | None = None
    user_id: str | None = None
    object_id: str | None = None
    events: tuple[AuditEvent, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
