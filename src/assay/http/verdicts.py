"""Verdicts of batches: the question that a pipeline asks, and its one answer."""

from typing import Any, Literal

from fastapi import APIRouter, Request

from assay.http import bodies
from assay.http.authentication import Caller, Ctx
from assay.http.bodies import JsonRoute, Moment
from assay.http.errors import documented
from assay.http.paging import Paging, page_body
from assay.http.where import ModelId
from assay.monitoring.verdicts import verdicts
from assay.records.verdicts import Judgement, Reason, Section, Verdict

router = APIRouter(
    prefix="/api/v2/deployments/{deploymentId}/monitoringBatches/{monitoringBatchId}",
    route_class=JsonRoute,
    tags=["verdicts"],
    responses=documented(),
)

Word = Literal["passing", "warning", "failing", "unknown"]
SectionWord = Literal["dataQuality", "featureDrift", "predictions", "target", "service", "accuracy", "customMetrics"]


class VerdictReason(bodies.Body):
    """One thing that speaks against the batch.

    ``real``: it is more than chance. ``big``: it is large enough to matter. Null where no chance is in it, as in a
    count of errors. ``smallestDetectable`` is the PSI that as many rows would have revealed four times in five.
    """

    section: SectionWord
    status: Word
    code: str
    message: str
    subject: str | None
    importance: float | None
    important: bool
    real: bool | None
    big: bool | None
    smallest_detectable: float | None
    evidence: dict[str, Any]


class VerdictSection(bodies.Body):
    """One part of the verdict; ``alpha`` is its share of the budget of false alarms, null where it needs none."""

    name: SectionWord
    status: Word
    message: str
    looked_at: int
    rows: int | None
    baseline_rows: int | None
    alpha: float | None
    smallest_detectable: float | None


class VerdictBody(bodies.Body):
    """A verdict of one model in a batch; reasons are in the order of how much they matter.

    ``hash`` is the same for every verdict that says the same. ``baselineId`` is the version of the baseline.
    """

    id: str
    batch_id: str
    model_id: str
    status: Word
    reasons: list[VerdictReason]
    sections: list[VerdictSection]
    predictions_count: int
    rows_with_actual: int
    baseline_id: str | None
    settings: dict[str, Any]
    judged_at: Moment
    hash: str


class CurrentVerdict(VerdictBody):
    """The present verdict; ``waitingFor`` names work that goes on and may change it."""

    waiting_for: list[str]


class VerdictPage(bodies.Body):
    """A page of verdicts, the present one first."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[VerdictBody]


def _fields(verdict: Verdict) -> dict[str, Any]:
    said: Judgement = verdict.judgement
    return {
        "id": verdict.id,
        "batch_id": verdict.batch_id,
        "model_id": verdict.model_id,
        "status": str(said.status),
        "reasons": [_reason(one) for one in said.reasons],
        "sections": [_section(one) for one in said.sections],
        "predictions_count": said.rows,
        "rows_with_actual": said.rows_with_actual,
        "baseline_id": said.baseline_id,
        "settings": dict(said.settings),
        "judged_at": verdict.judged_at,
        "hash": verdict.digest,
    }


def _reason(one: Reason) -> VerdictReason:
    return VerdictReason(
        section=one.section.value,
        status=one.status.value,  # type: ignore[arg-type]  # no reason is "unavailable"
        code=one.code,
        message=one.words,
        subject=one.subject,
        importance=one.importance,
        important=one.is_important,
        real=one.is_real,
        big=one.is_big,
        smallest_detectable=one.smallest_detectable,
        evidence=dict(one.evidence or {}),
    )


def _section(one: Section) -> VerdictSection:
    return VerdictSection(
        name=one.name.value,
        status=one.status.value,  # type: ignore[arg-type]  # no section is "unavailable"
        message=one.words,
        looked_at=one.looked_at,
        rows=one.rows,
        baseline_rows=one.baseline_rows,
        alpha=one.alpha,
        smallest_detectable=one.smallest_detectable,
    )


@router.get("/verdict/", operation_id="getBatchVerdict")
def get_verdict(
    ctx: Ctx, caller: Caller, deploymentId: str, monitoringBatchId: str, model_id: ModelId = None
) -> CurrentVerdict:
    """Say whether a batch is good, and why not, by the facts of this moment."""
    found = verdicts.current(ctx, caller, deploymentId, monitoringBatchId, model_id)
    return CurrentVerdict(**_fields(found.verdict), waiting_for=list(found.waiting_for))


@router.get("/verdicts/", operation_id="listBatchVerdicts", response_model=VerdictPage)
def list_verdicts(
    request: Request,
    ctx: Ctx,
    caller: Caller,
    paging: Paging,
    deploymentId: str,
    monitoringBatchId: str,
    model_id: ModelId = None,
) -> dict[str, object]:
    """List the verdicts that a batch had, each with the time since when it was so; the present one first."""
    page = verdicts.page(ctx, caller, deploymentId, monitoringBatchId, paging, model_id)
    return page_body(request, page, lambda one: VerdictBody(**_fields(one)))
