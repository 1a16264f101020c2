"""Reading a monitoring job's rows: each is counted, left out with the reason, or passed over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from assay.engines.casting import numbers, texts, unreadable_numbers
from assay.errors import Invalid, TooManyBadRows
from assay.monitoring.context import Context
from assay.monitoring.monitoring_jobs.job_actuals import KeptActuals
from assay.monitoring.monitoring_jobs.job_intake import RowsFile
from assay.monitoring.monitoring_jobs.job_result import OK, ResultFile
from assay.monitoring.rows import actual_columns
from assay.monitoring.rows.actual_columns import ActualsPlan, Faults
from assay.monitoring.rows.association_ids import association_id_faults, without_blanks
from assay.monitoring.rows.file_rows import ColumnRoles, FilePlan, plan_of, require_rows, rows_of
from assay.monitoring.rows.prediction_columns import expected, impossible
from assay.monitoring.rows.tally import Tally
from assay.monitoring.watched import WatchedModel
from assay.records.job_specs import JobSpec, RowColumns

MOST_BAD_ROWS = 100
SKIPPED = "skipped: there is no actual"


@dataclass(frozen=True)
class JobPlan:
    """What is read of a job's rows; ``predictions`` is None when they hold actuals alone."""

    spec: JobSpec
    names: tuple[str, ...]
    predictions: FilePlan | None
    actuals: ActualsPlan | None


def job_plan(model: WatchedModel, spec: JobSpec, names: tuple[str, ...], file: RowsFile) -> JobPlan:
    """How to read a file with these columns.

    Raises
    ------
    Invalid
        When a named column is not there, or the file has neither predictions nor actuals.
    """
    columns = spec.columns
    for name in columns.row_identifiers:
        if name not in names:
            raise Invalid(f"uniqueRowIdentifierColumns: the file has no column '{name[:64]}'.")
    association_id = columns.association_id or model.deployment.settings.association_id_column
    if columns.association_id is None and association_id not in names:
        association_id = None
    elif association_id is not None and association_id not in names:
        raise Invalid(f"The file has no association id column '{association_id}'. It has: {', '.join(names[:12])}.")
    actuals = actual_columns.plan_of(model.target, names, columns, association_id)
    if actuals is not None and columns.predictions is None and not _has_predictions(model, names):
        return JobPlan(spec, names, None, actuals)
    return JobPlan(spec, names, plan_of(model, names, file.form, _roles(columns)), actuals)


def _has_predictions(model: WatchedModel, names: tuple[str, ...]) -> bool:
    target = model.target
    return target.prediction_column in names or (
        bool(target.class_names) and all(name in names for name in target.class_names)
    )


def _roles(columns: RowColumns) -> ColumnRoles:
    found = columns.predictions
    if found is None or isinstance(found, str):
        return ColumnRoles((found,) if found else (), (), columns.association_id)
    return ColumnRoles(
        tuple(one.column_name for one in found), tuple(one.class_name for one in found), columns.association_id
    )


@dataclass
class JobRows:
    """What the rows read so far came to."""

    ctx: Context
    plan: JobPlan
    tally: Tally | None
    actuals: KeptActuals
    result: ResultFile
    arrived: datetime
    most: int | None
    seen: int = 0
    scored: int = 0
    failed: int = 0
    skipped: int = 0
    first_faults: list[str] = field(default_factory=list)

    def read(self, file: RowsFile, progress: Callable[["JobRows"], None]) -> None:
        """Read all rows; ``progress`` is called after each chunk, and what it raises ends the reading.

        Raises
        ------
        TooManyBadRows
            When more rows than 100 cannot be read, unless the job goes on all the same.
        Invalid
            When the file cannot be read, has no rows, or none that can be; or at the first that cannot, if rows are
            not to be looked at one by one.
        """
        for chunk in self.ctx.engine.chunks(file.path, file.form, rows=self.ctx.limits.chunk_rows):
            self._add(chunk)
            progress(self)
        require_rows(self.seen)
        if self.failed == self.seen:
            raise Invalid(f"None of the {self.seen} rows can be read. {' '.join(self.first_faults)}")

    def _add(self, chunk: pl.DataFrame) -> None:
        status = self._status(chunk)
        good = status.eq(OK)
        self._note_faults(status, good)
        rows = chunk.filter(good)
        if self.plan.predictions is not None and self.tally is not None:
            self.tally.add(rows_of(self.plan.predictions, rows, self.seen + 1, self.arrived), self._kept(rows.height))
        if self.plan.actuals is not None:
            self.actuals.add(self.plan.actuals.of(rows))
        self.result.add(chunk, status)
        self.seen += chunk.height
        self.scored += rows.height

    def _status(self, chunk: pl.DataFrame) -> pl.Series:
        status = pl.repeat(OK, chunk.height, dtype=pl.String, eager=True)
        if self.plan.predictions is None and self.plan.actuals is not None:
            status = status.set(texts(chunk[self.plan.actuals.value]).is_null(), SKIPPED)
        for wrong, reason in faults(self.plan, chunk):
            status = status.set(wrong & status.eq(OK), reason)
        return status

    def _note_faults(self, status: pl.Series, good: pl.Series) -> None:
        skipped = int(status.eq(SKIPPED).sum())
        bad = good.len() - int(good.sum()) - skipped
        self.skipped += skipped
        self.failed += bad
        if bad and len(self.first_faults) < 5:
            rows = (~good & status.ne(SKIPPED)).arg_true()[: 5 - len(self.first_faults)]
            self.first_faults += [f"Row {self.seen + row + 1}: {status[row]}." for row in rows.to_list()]
        spec = self.plan.spec
        if bad and not spec.by_row:
            raise Invalid(self.first_faults[0])
        if spec.abort_on_error and self.failed > MOST_BAD_ROWS:
            raise TooManyBadRows(self.failed, self.first_faults)

    def _kept(self, rows: int) -> pl.Series | None:
        """Which of the next good rows are kept one by one: as many as asked, spread evenly over the file."""
        retention = self.plan.spec.retention
        if retention is None:
            return None
        if retention.policy == "percentage":
            share = retention.value / 100.0
        elif self.most is None:
            # The file does not tell how long it is, so the first rows must do.
            return pl.int_range(self.scored, self.scored + rows, eager=True) < retention.value
        else:
            share = min(1.0, retention.value / max(1, self.most))
        before = (pl.int_range(self.scored, self.scored + rows + 1, eager=True) * share + 1e-9).floor()
        return before.diff().slice(1) > 0


def faults(plan: JobPlan, chunk: pl.DataFrame) -> Faults:
    """What is wrong with rows: for each reason, which rows have it."""
    found: Faults = [] if plan.predictions is None else _prediction_faults(plan.predictions, chunk)
    return found if plan.actuals is None else found + plan.actuals.faults(chunk)


def _prediction_faults(plan: FilePlan, chunk: pl.DataFrame) -> Faults:
    found: Faults = []
    target = plan.model.target
    for name in plan.predictions:
        found.append((unreadable_numbers(chunk[name]), f"column '{name}': cannot be read, expected a number"))
        scores, _ = numbers(chunk[name])
        found.append((impossible(target, scores), f"column '{name}': expected {expected(target)}"))
    if plan.association_id is not None:
        ids = without_blanks(texts(chunk[plan.association_id]))
        required = plan.model.deployment.settings.association_id_required
        place = f"column '{plan.association_id}'"
        found += [(wrong, f"{place}: {reason}") for wrong, reason in association_id_faults(ids, required=required)]
    return found
