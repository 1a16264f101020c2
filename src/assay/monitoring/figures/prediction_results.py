"""Prediction rows as a list, a page at a time, without reading what lies before the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.profiles.where import Where, chosen
from assay.monitoring.rows import prediction_columns
from assay.monitoring.rows.kept_rows import in_span, is_within, parts_of, require_kept, rows_in, uploads_of
from assay.monitoring.rows.row_parts import ASSOCIATION_ID, AT
from assay.records.actuals import Outcome
from assay.records.exports import Cut, RowQuery
from assay.records.models import Target, TargetType
from assay.records.pages import PageRequest
from assay.records.uploads import Upload
from assay.records.users import User


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """One prediction row: the predicted value or class, and the same of the outcome; None where there is none."""

    model_id: str
    batch_id: str | None
    at: datetime
    association_id: str | None
    predicted: float | str | None
    actual: float | str | None


@dataclass(frozen=True)
class ResultsPage:
    """Some rows in the order in which they came; ``more`` says whether others follow.

    There is no total: with a filter, only reading every row would tell it. ``start`` and ``end`` are the bounds that
    held, which a following page must have as well.
    """

    rows: list[PredictionResult]
    more: bool
    association_id_column: str | None
    start: datetime | None
    end: datetime | None
    is_number: bool


def page(
    ctx: Context, caller: User, deployment_id: str, where: Where, request: PageRequest, *, actuals_present: bool | None
) -> ResultsPage:
    """Prediction rows of a model.

    Parameters
    ----------
    actuals_present : bool or None
        Keep rows with an outcome (True) or without (False).

    Raises
    ------
    Invalid
        When the deployment keeps no rows.
    """
    while True:
        found = _page_of_one_moment(ctx, caller, deployment_id, where, request, actuals_present=actuals_present)
        if found is not None:
            return found


def _page_of_one_moment(
    ctx: Context, caller: User, deployment_id: str, where: Where, request: PageRequest, *, actuals_present: bool | None
) -> ResultsPage | None:
    """The page, or None when some of what it was read from was deleted or replaced meanwhile."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        require_kept(deployment)
        model = access.deployed_model(tx, deployment, where.model_id)
        target = access.package_of(tx, model).target
        selection = chosen(ctx, tx, deployment, where).selection
        cut = tx.kept_uploads.cut(deployment_id, selection.batch_ids)
        uploads = tx.kept_uploads.count(deployment_id, cut, selection.batch_ids)
    start, end = (None, None) if selection.span is None else (selection.span.start, selection.span.end)
    rows = RowQuery(deployment_id, model.model_id, selection.batch_ids, start, end)
    reader = _Reader(ctx, rows, cut, target, actuals_present)
    wanted = ctx.limits.max_page if request.limit is None else request.limit
    found: list[PredictionResult] = []
    # One row more than is wanted says whether there is a next page.
    for some in reader.rows_from(request.offset, wanted + 1):
        found.extend(some)
        if len(found) > wanted:
            break
    with ctx.store.snapshot() as tx:
        if tx.kept_uploads.count(deployment_id, cut, selection.batch_ids) != uploads:
            return None
    return ResultsPage(
        rows=found[:wanted],
        more=len(found) > wanted,
        association_id_column=deployment.settings.association_id_column,
        start=start,
        end=end,
        is_number=target.type is TargetType.REGRESSION,
    )


@dataclass(frozen=True)
class _Reader:
    ctx: Context
    selection: RowQuery
    cut: Cut
    target: Target
    actuals_present: bool | None

    def rows_from(self, offset: int, most: int) -> Iterator[list[PredictionResult]]:
        """The rows of the selection behind the first ones, in pieces of at most so many."""
        for upload, _ in uploads_of(self.ctx, self.selection, self.cut):
            skip = 0
            if self._takes_all(upload):
                height = rows_in(self.ctx, upload)
                if height <= offset:
                    offset -= height
                    continue
                skip, offset = offset, 0
            for part in parts_of(self.ctx, upload, [AT, ASSOCIATION_ID, self._predicted], skip=skip):
                rows = self._chosen(in_span(part, upload, self.selection))
                yield self._results(rows[offset : offset + most], upload)
                offset = max(0, offset - rows.height)

    def _takes_all(self, upload: Upload) -> bool:
        return self.actuals_present is None and is_within(upload, self.selection)

    @property
    def _predicted(self) -> str:
        is_number = self.target.type is TargetType.REGRESSION
        return prediction_columns.VALUE if is_number else prediction_columns.LABEL

    def _chosen(self, rows: pl.DataFrame) -> pl.DataFrame:
        if ASSOCIATION_ID not in rows.columns:
            rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(ASSOCIATION_ID))
        if self.actuals_present is None:
            return rows
        has_actual = pl.col(ASSOCIATION_ID).is_in(list(self._outcomes(rows))).fill_null(value=False)
        return rows.filter(has_actual if self.actuals_present else ~has_actual)

    def _outcomes(self, rows: pl.DataFrame) -> dict[str, Outcome]:
        ids = rows[ASSOCIATION_ID].drop_nulls().unique().to_list()
        with self.ctx.store.snapshot() as tx:
            return {o.association_id: o for o in tx.outcomes.of(self.selection.deployment_id, ids)}

    def _results(self, rows: pl.DataFrame, upload: Upload) -> list[PredictionResult]:
        outcomes = self._outcomes(rows)
        columns = (rows[name] for name in (AT, ASSOCIATION_ID, self._predicted))
        return [
            PredictionResult(
                model_id=upload.model_id,
                batch_id=upload.batch_id,
                at=at,
                association_id=association_id,
                predicted=predicted,
                actual=self._actual(outcomes.get(association_id)),
            )
            for at, association_id, predicted in zip(*columns, strict=True)
        ]

    def _actual(self, outcome: Outcome | None) -> float | str | None:
        if outcome is None:
            return None
        return outcome.number if self.target.type is TargetType.REGRESSION else outcome.label
