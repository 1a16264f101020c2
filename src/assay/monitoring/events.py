"""Events that reporting clients want recorded. They are kept and shown; nothing follows from them."""

import json
from dataclasses import dataclass
from typing import Any

from assay.errors import Invalid, TooLarge
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.records.events import RemoteEvent
from assay.records.ids import new_id
from assay.records.pages import Page, PageRequest
from assay.records.times import parse_time
from assay.records.users import User

LONGEST_KIND = 256
MOST_BYTES = 64 * 2**10


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One event as the caller sent it."""

    timestamp: str
    kind: str
    message: str | None = None
    org_id: str | None = None
    deployment_id: str | None = None
    environment_id: str | None = None
    data: dict[str, Any] | None = None
    request: dict[str, Any] | None = None
    channel: dict[str, Any] | None = None


def accept(ctx: Context, caller: User, sent: SentEvent) -> RemoteEvent:
    """Keep an event, for the owner of the deployment or the environment that it is about."""
    _check(sent)
    at = parse_time(sent.timestamp, "timestamp")
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        owner_id = caller.id
        if sent.environment_id is not None:
            owner_id = access.environment(tx, caller, sent.environment_id).owner_id
        if sent.deployment_id is not None:
            owner_id = access.deployment(tx, caller, sent.deployment_id).owner_id
        event = RemoteEvent(
            id=new_id(now),
            owner_id=owner_id,
            reporter_id=caller.id,
            kind=sent.kind,
            at=at,
            received_at=now,
            message=sent.message,
            org_id=sent.org_id,
            deployment_id=sent.deployment_id,
            environment_id=sent.environment_id,
            data=sent.data,
            request=sent.request,
            channel=sent.channel,
        )
        tx.remote_events.create(event)
    return event


def _check(sent: SentEvent) -> None:
    if not sent.kind.strip() or len(sent.kind) > LONGEST_KIND:
        raise Invalid(f"eventType: expected a text of 1 to {LONGEST_KIND} characters that is not blank.")
    parts = (sent.message, sent.org_id, sent.data, sent.request, sent.channel)
    size = sum(len(json.dumps(part, ensure_ascii=False).encode()) for part in parts if part is not None)
    if size > MOST_BYTES:
        raise TooLarge(f"The event has {size} bytes of particulars, expected at most {MOST_BYTES}.")


def page(ctx: Context, caller: User, request: PageRequest, *, deployment_id: str | None) -> Page[RemoteEvent]:
    """Events that the caller sees, of one deployment where it is named; the latest first."""
    with ctx.store.snapshot() as tx:
        if deployment_id is not None:
            access.deployment(tx, caller, deployment_id)
        return tx.remote_events.list(access.owner_filter(caller), request, deployment_id=deployment_id)
