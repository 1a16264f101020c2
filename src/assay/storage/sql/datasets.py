"""Data sets."""

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assay.records.datasets import Dataset, DatasetState, FileForm
from assay.records.pages import Page, PageRequest
from assay.storage.sql.paging import page_of
from assay.storage.sql.tables import datasets, users

_SELECT = sa.select(datasets, users.c.name.label("owner_name")).join(users, users.c.id == datasets.c.owner_id)


class Datasets:
    """Uploaded tables. What a writing transaction finds it has to itself: nobody deletes what is being used anew."""

    def __init__(self, connection: sa.Connection, *, writing: bool) -> None:
        self._connection = connection
        self._writing = writing

    def create(self, dataset: Dataset) -> None:
        """Add a data set."""
        values = {f: getattr(dataset, f) for f in Dataset.__slots__ if f != "owner_name"}
        self._connection.execute(datasets.insert().values(**values))

    def find(self, dataset_id: str) -> Dataset | None:
        """The data set of this id, deleted ones included."""
        query = _SELECT.where(datasets.c.id == dataset_id)
        if self._writing:
            query = query.with_for_update(of=datasets, key_share=True)
        row = self._connection.execute(query).mappings().one_or_none()
        return _record(row) if row else None

    def list(
        self,
        owner_id: str | None,
        request: PageRequest,
        *,
        newest_first: bool,
        without_failed: bool,
        category: str | None = None,
    ) -> Page[Dataset]:
        """Data sets of one owner or of all."""
        age = datasets.c.created_at.desc() if newest_first else datasets.c.created_at
        query = _SELECT.where(datasets.c.deleted_at.is_(None)).order_by(age, datasets.c.id)
        if owner_id is not None:
            query = query.where(datasets.c.owner_id == owner_id)
        if without_failed:
            query = query.where(datasets.c.state != DatasetState.ERROR)
        if category is not None:
            # A word of the stored list, with its quotes: both dialects keep JSON as its text.
            words = sa.cast(datasets.c.categories, sa.Text)
            query = query.where(words.contains(json.dumps(category), autoescape=True))
        return page_of(self._connection, query, request, _record)

    def update(self, dataset_id: str, **values: Any) -> None:
        """Change some columns."""
        self._connection.execute(datasets.update().where(datasets.c.id == dataset_id).values(**values))

    def delete(self, dataset_id: str, now: datetime) -> None:
        """Mark a data set deleted; its row stays so that a second delete can say so."""
        self.update(dataset_id, deleted_at=now)


def _record(row: sa.RowMapping) -> Dataset:
    return Dataset(**{**row, "form": FileForm(row["form"]), "state": DatasetState(row["state"])})
