"""The audit log: each verb that changes something writes its line in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.monitoring import access
from assay.monitoring.context import Context
from assay.records.audit import AuditEvent, AuditLine, AuditQuery
from assay.records.pages import Page, PageRequest
from assay.records.times import format_time
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

# Who works at the server's own machine has no user.
OPERATOR = "operator"


def note(
    tx: "Transaction",
    event: AuditEvent,
    caller: User | None,
    at: datetime,
    object_id: str,
    detail: Mapping[str, Any],
    *,
    deployment_id: str | None = None,
) -> None:
    """Write a line; None as the caller is the operator. Times in ``detail`` become texts."""
    told = {name: format_time(value) if isinstance(value, datetime) else value for name, value in detail.items()}
    tx.audit_log.add(
        AuditLine(
            seq=0,
            at=at,
            user_id=None if caller is None else caller.id,
            user_name=OPERATOR if caller is None else caller.name,
            event=event,
            object_id=object_id,
            deployment_id=deployment_id,
            detail=told,
        )
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Old and new value of every field that differs.

    Examples
    --------
    >>> changes({"a": 1, "b": 2}, {"a": 1, "b": 3})
    {'b': [2, 3]}
    """
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def page(ctx: Context, caller: User, deployment_id: str, query: AuditQuery, request: PageRequest) -> Page[AuditLine]:
    """Lines about a deployment and what is in it; ``query`` says of which deployment they are."""
    with ctx.store.snapshot() as tx:
        access.owned_deployment(tx, caller, deployment_id)
        return tx.audit_log.list(query, request)


def page_of_all(ctx: Context, query: AuditQuery, request: PageRequest) -> Page[AuditLine]:
    """Lines about anything, those about what has been deleted among them; ``query`` holds whose lines are seen."""
    with ctx.store.snapshot() as tx:
        return tx.audit_log.list(query, request)
