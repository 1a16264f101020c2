"""Which blobs the rows of the database refer to."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from assay.records.jobs import JobState
from assay.records.monitoring_jobs import JobStatus
from assay.records.uploads import UploadState, incoming_key, part_key
from assay.storage.sql.tables import datasets, jobs, monitoring_jobs, uploads

KEYS_A_STATEMENT = 1_000
_AT_WORK = (JobStatus.INITIALIZING, JobStatus.RUNNING)
_OPEN = (JobState.QUEUED, JobState.RUNNING)


class BlobReferences:
    """Answers for blobs what foreign keys answer for rows. Blobs of a kind that is not named here are never judged."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @staticmethod
    def is_known(key: str) -> bool:
        """Whether the rows can tell if a blob of this kind is needed."""
        return key.partition("/")[0] in _AMONG

    def among(self, keys: Sequence[str]) -> set[str]:
        """Those of some keys of known kinds that rows refer to."""
        by_kind: dict[str, list[str]] = {}
        for key in keys:
            by_kind.setdefault(key.partition("/")[0], []).append(key)
        return {key for kind, some in by_kind.items() for key in _AMONG[kind](self._connection, some)}

    def all(self) -> Iterator[str]:
        """Every key that some row refers to; a slash at the end stands for whatever lies below it."""
        live = sa.select(datasets.c.blob_key).where(datasets.c.deleted_at.is_(None))
        yield from self._connection.execute(live).scalars()
        kept = sa.select(uploads.c.blob_prefix, uploads.c.parts).where(
            uploads.c.state.not_in((UploadState.REFUSED, UploadState.PENDING)), uploads.c.parts > 0
        )
        for prefix, parts in self._connection.execute(kept):
            yield from (part_key(prefix, part) for part in range(parts))
        # The rows of a monitoring job wait among the job's own blobs.
        elsewhere = sa.select(monitoring_jobs.c.upload_id).where(monitoring_jobs.c.upload_id.is_not(None))
        waiting = sa.select(uploads.c.id).where(uploads.c.state == UploadState.PENDING, uploads.c.id.not_in(elsewhere))
        yield from map(incoming_key, self._connection.execute(waiting).scalars())
        wanted = sa.select(monitoring_jobs).where(_has_blobs())
        for row in self._connection.execute(wanted).mappings():
            yield f"monitoring_jobs/{row['id']}/" if row["status"] in _AT_WORK else _result_key(row)


def _of_datasets(connection: sa.Connection, keys: Sequence[str]) -> Iterator[str]:
    for some in _in_pieces(keys):
        query = sa.select(datasets.c.blob_key).where(datasets.c.blob_key.in_(some), datasets.c.deleted_at.is_(None))
        yield from connection.execute(query).scalars()


def _of_uploads(connection: sa.Connection, keys: Sequence[str]) -> Iterator[str]:
    """Rows that were kept; of an upload that does not count yet, what the attempt in progress has written."""
    query = sa.select(
        uploads.c.id,
        uploads.c.state,
        uploads.c.blob_prefix,
        uploads.c.parts,
        jobs.c.attempt,
        jobs.c.state.in_(_OPEN).label("is_open"),
    ).outerjoin(jobs, jobs.c.id == uploads.c.job_id)
    for key, row in _with_rows(connection, query, uploads.c.id, keys, _second_id):
        if row["state"] == UploadState.PENDING:
            is_needed = row["is_open"] and key.startswith(f"{row['blob_prefix']}/{row['attempt']}/")
        else:
            prefix, _, name = key.rpartition("/")
            number = name.removesuffix(".parquet")
            is_needed = (
                row["state"] != UploadState.REFUSED
                and prefix == row["blob_prefix"]
                and number.isdigit()
                and int(number) < row["parts"]
            )
        if is_needed:
            yield key


def _of_incoming(connection: sa.Connection, keys: Sequence[str]) -> Iterator[str]:
    query = sa.select(uploads.c.id, uploads.c.state)
    for key, row in _with_rows(connection, query, uploads.c.id, keys, _first_id):
        if row["state"] == UploadState.PENDING:
            yield key


def _of_monitoring_jobs(connection: sa.Connection, keys: Sequence[str]) -> Iterator[str]:
    query = sa.select(monitoring_jobs).where(_has_blobs())
    for key, row in _with_rows(connection, query, monitoring_jobs.c.id, keys, _first_id):
        if row["status"] in _AT_WORK or key == _result_key(row):
            yield key


def _has_blobs() -> sa.ColumnElement[bool]:
    table = monitoring_jobs.c
    return sa.or_(table.status.in_(_AT_WORK), sa.and_(table.status == JobStatus.COMPLETED, ~table.results_deleted))


def _result_key(row: sa.RowMapping) -> str:
    return f"monitoring_jobs/{row['id']}/attempt-{row['attempt']}/result.csv"


def _first_id(key: str) -> str:
    return key.split("/")[1]


def _second_id(key: str) -> str:
    return key.split("/")[2]


def _with_rows(
    connection: sa.Connection,
    query: sa.Select[tuple[object, ...]],
    column: sa.ColumnElement[str],
    keys: Sequence[str],
    id_of: Callable[[str], str],
) -> Iterator[tuple[str, sa.RowMapping]]:
    """Each key with the row of the id in it, where there is one."""
    for some in _in_pieces(keys):
        ids = {id_of(key) for key in some}
        rows = {row["id"]: row for row in connection.execute(query.where(column.in_(ids))).mappings()}
        yield from ((key, rows[id_of(key)]) for key in some if id_of(key) in rows)


def _in_pieces(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + KEYS_A_STATEMENT] for start in range(0, len(keys), KEYS_A_STATEMENT))


def _of_nobody(_connection: sa.Connection, _keys: Sequence[str]) -> Iterator[str]:
    """What is only on its way, or a trial."""
    return iter(())


# By the first part of the key: where its kind of blob is referred to.
_AMONG: Mapping[str, Callable[[sa.Connection, Sequence[str]], Iterator[str]]] = {
    "datasets": _of_datasets,
    "exports": _of_datasets,
    "rows": _of_uploads,
    "incoming": _of_incoming,
    "monitoring_jobs": _of_monitoring_jobs,
    "probes": _of_nobody,
    ".incoming": _of_nobody,
}
