"""One line for what somebody may be asked about later: who changed or removed what, and when."""

import logging
from typing import Any

import structlog

log = structlog.wrap_logger(logging.getLogger(__name__))


def note(action: str, deployment_id: str, user_id: str, **facts: Any) -> None:
    """Tell of an action that is done, with numbers and ids of ours; never with the users' data."""
    log.info("audit", action=action, deployment=deployment_id, user=user_id, **facts)
