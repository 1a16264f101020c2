"""The audit log."""

from typing import Any

import sqlalchemy as sa

from assay.records.audit import AuditEvent, AuditLine, AuditQuery
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import audit_log


class AuditLog:
    """Who did what. Lines are added and read, and there is no way to change or remove one."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, line: AuditLine) -> None:
        """Write a line, in the transaction of what it tells."""
        values = {f: getattr(line, f) for f in AuditLine.__slots__ if f != "seq"}
        self._connection.execute(audit_log.insert().values(**values))

    def list(self, query: AuditQuery, request: PageRequest) -> Page[AuditLine]:
        """Lines that pass the filters, the newest first."""
        found = audit_log.select().where(*_filters(query)).order_by(audit_log.c.seq.desc())
        return page_of(self._connection, found, request, _record)


def _filters(query: AuditQuery) -> list[sa.ColumnElement[bool]]:
    table = audit_log.c
    equal: dict[sa.Column[Any], str | None] = {
        table.deployment_id: query.deployment_id,
        table.user_id: query.user_id,
        table.object_id: query.object_id,
    }
    conditions: list[sa.ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if query.events:
        conditions.append(table.event.in_(query.events))
    if query.start is not None:
        conditions.append(table.at >= query.start)
    if query.end is not None:
        conditions.append(table.at < query.end)
    return conditions


def _record(row: sa.RowMapping) -> AuditLine:
    return AuditLine(**{**row, "event": AuditEvent(row["event"])})
