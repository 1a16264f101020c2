"""Prediction rows of a file: which of its columns mean what, and the rows read and tallied by that."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from assay.engines.casting import cast, texts, times
from assay.errors import Invalid
from assay.monitoring.context import Context
from assay.monitoring.rows import prediction_columns
from assay.monitoring.rows.association_ids import check_association_ids
from assay.monitoring.rows.rows import Rows
from assay.monitoring.rows.segments import cut_of, of_rows
from assay.monitoring.rows.tally import Tally, tracking
from assay.monitoring.undoing import undone
from assay.monitoring.watched import WatchedModel
from assay.records.datasets import FileForm


@dataclass(frozen=True, slots=True)
class ColumnRoles:
    """What the caller says of a file's columns; None and empty stand for the deployment's own."""

    prediction_columns: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    association_id_column: str | None = None
    timestamp_column: str | None = None


@dataclass(frozen=True)
class FilePlan:
    """How a file is read: which of its columns mean what, for which model."""

    model: WatchedModel
    form: FileForm
    names: tuple[str, ...]
    predictions: list[str]
    association_id: str | None
    timestamp: str | None

    @property
    def segments(self) -> list[str]:
        """Segment attributes that the file has as columns of their own, not as features."""
        features = {f.name for f in self.model.features}
        return [n for n in self.model.deployment.settings.segmented_by if n in self.names and n not in features]

    @property
    def features(self) -> list[str]:
        """Features that the file has; the column of the prediction times may be one of them."""
        present = set(self.names) - {self.association_id}
        return [f.name for f in self.model.features if f.name in present]

    @property
    def wanted(self) -> list[str]:
        """Every column that is read."""
        special = [c for c in (self.association_id, self.timestamp) if c is not None]
        return list(dict.fromkeys([*self.features, *self.predictions, *special, *self.segments]))

    def report(self) -> dict[str, list[str]]:
        """Columns that were ignored, and features that the file lacks."""
        read = set(self.wanted)
        expected = {f.name for f in self.model.features}
        return {
            "ignoredColumns": [n for n in self.names if n not in read],
            "missingColumns": sorted(expected - set(self.names)),
        }


def plan_of(model: WatchedModel, names: tuple[str, ...], form: FileForm, roles: ColumnRoles) -> FilePlan:
    """How to read a file with these columns.

    Raises
    ------
    Invalid
        When a named column is not there, or the file lacks one that it needs.
    """
    settings = model.deployment.settings
    association_id = _column(names, roles.association_id_column, settings.association_id_column, "association id")
    if association_id is None and settings.association_id_required:
        raise Invalid("The deployment requires association ids; name their column by 'associationIdColumn'.")
    return FilePlan(
        model=model,
        form=form,
        names=names,
        predictions=prediction_columns.columns_of_file(
            model.target, names, list(roles.prediction_columns), list(roles.class_names)
        ),
        association_id=association_id,
        timestamp=_column(names, roles.timestamp_column, None, "timestamp"),
    )


def _column(names: tuple[str, ...], asked: str | None, default: str | None, role: str) -> str | None:
    if asked is not None and asked not in names:
        raise Invalid(f"The file has no {role} column '{asked}'. It has: {', '.join(names[:12])}.")
    return asked or (default if default in names else None)


def tally_of(
    ctx: Context, plan: FilePlan, path: Path, *, blob_prefix: str, arrived: datetime, uncounted: bool = False
) -> Tally:
    """Read, check, profile and keep every row of a file; nothing is kept of one that is refused.

    Parameters
    ----------
    arrived : datetime
        Stands for the prediction time of rows that have none.
    uncounted : bool
        Whether the rows are only kept, and count for neither drift nor accuracy.

    Raises
    ------
    Invalid
        When the file cannot be read, has no rows, or a row cannot be a prediction.
    """
    settings = plan.model.deployment.settings
    tracked = tracking(settings, skip_drift=uncounted, skip_accuracy=uncounted)
    with ctx.store.snapshot() as tx:
        cut = cut_of(ctx, tx, plan.model.deployment)
    tally = Tally(ctx, plan.model.ready, tracked, blob_prefix, cut)
    with undone(tally.discard):
        seen = 0
        for chunk in ctx.engine.chunks(path, plan.form, rows=ctx.limits.chunk_rows, columns=plan.wanted):
            tally.add(rows_of(plan, chunk, seen + 1, arrived))
            seen += chunk.height
        require_rows(seen)
    return tally


def require_rows(seen: int) -> None:
    """Refuse a file without rows."""
    if seen == 0:
        raise Invalid("The file has no rows: expected at least one below its header.")


def rows_of(plan: FilePlan, chunk: pl.DataFrame, first_row: int, arrived: datetime) -> Rows:
    """Some rows of a file, checked; ``first_row`` is the number of the first of them, from 1, for messages.

    Raises
    ------
    Invalid
        When a row cannot be a prediction.
    """
    wanted = set(plan.features)
    features, unreadable = cast(chunk, [f for f in plan.model.features if f.name in wanted])
    ids = None
    if plan.association_id is not None:
        ids = check_association_ids(
            texts(chunk[plan.association_id]),
            f"column '{plan.association_id}', rows from {first_row} on",
            required=plan.model.deployment.settings.association_id_required,
        )
    return Rows(
        features=features,
        predictions=prediction_columns.from_file(plan.model.target, chunk, plan.predictions, first_row),
        association_ids=ids,
        at=_times(plan, chunk, first_row, arrived),
        unreadable=unreadable,
        segments=of_rows(
            plan.model.deployment.settings.segmented_by,
            features,
            pl.DataFrame([texts(chunk[name]) for name in plan.segments]),
        ),
    )


def _times(plan: FilePlan, chunk: pl.DataFrame, first_row: int, arrived: datetime) -> pl.Series:
    if plan.timestamp is None:
        return pl.repeat(arrived, chunk.height, dtype=pl.Datetime("us", "UTC"), eager=True)
    column = chunk[plan.timestamp]
    moments, lost = times(column)
    if lost:
        # A moment outside the calendar cannot be printed; its number can.
        found = column.to_physical().cast(pl.String) if column.dtype.is_temporal() else texts(column)
        bad = (moments.is_null() & found.is_not_null()).arg_true()[0]
        raise Invalid(
            f"Row {first_row + bad}, column '{plan.timestamp}': found {str(found[bad])[:64]!r}, "
            "expected a time such as 2026-11-23T10:31:31Z."
        )
    return moments.fill_null(arrived)
