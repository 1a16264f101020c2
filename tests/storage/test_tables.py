from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from assay.storage.sql.tables import UtcDateTime, metadata

DIALECTS = pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
MOMENT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=-7)))


@DIALECTS
def test_a_time_goes_in_as_utc_and_comes_back_with_its_zone(dialect):
    stored = UtcDateTime().process_bind_param(MOMENT, dialect)
    assert stored.replace(tzinfo=UTC) == MOMENT
    found = UtcDateTime().process_result_value(stored, dialect)
    assert (found, found.tzinfo) == (MOMENT, UTC)


@DIALECTS
def test_a_naive_time_is_refused(dialect):
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 3, 1), dialect)  # noqa: DTZ001


@DIALECTS
def test_no_time_is_no_time(dialect):
    assert UtcDateTime().process_bind_param(None, dialect) is None
    assert UtcDateTime().process_result_value(None, dialect) is None


def test_every_column_of_a_time_refuses_naive_ones():
    times = [c for t in metadata.tables.values() for c in t.c if isinstance(c.type, (sa.DateTime, UtcDateTime))]
    assert times
    assert [str(c) for c in times if not isinstance(c.type, UtcDateTime)] == []


def test_every_constraint_and_index_has_a_name():
    for table in metadata.tables.values():
        assert [c for c in table.constraints if c.name is None] == []
        assert [i for i in table.indexes if i.name is None] == []


@DIALECTS
def test_the_tables_can_be_made_in_either_database(dialect):
    for table in metadata.sorted_tables:
        assert str(sa.schema.CreateTable(table).compile(dialect=dialect))
