"""Verdicts of batches, and the gate that a pipeline asks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from assay.client.shapes import At, Json, Shape

FailOn = Literal["warn", "fail"]
CLOSED_BY: dict[FailOn, tuple[str, ...]] = {"warn": ("warning", "failing"), "fail": ("failing",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReason(Shape):
    """One thing that speaks against a batch.

    Attributes
    ----------
    code : str
        Stable word for what happened, such as ``more_missing``.
    subject : str or None
        The feature or metric.
    real, big : bool or None
        Whether it is more than chance, and whether it is large enough to matter.
    evidence : dict
        The figures.
    """

    section: str
    status: str
    code: str
    message: str
    subject: str | None = None
    importance: float | None = None
    important: bool = True
    real: bool | None = None
    big: bool | None = None
    smallest_detectable: float | None = None
    evidence: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSection(Shape):
    """One part of a verdict, and on what it rests."""

    name: str
    status: str
    message: str
    looked_at: int = 0
    rows: int | None = None
    baseline_rows: int | None = None
    alpha: float | None = None
    smallest_detectable: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Shape):
    """Whether a batch is good, and why not.

    Attributes
    ----------
    status : str
        ``passing``, ``warning``, ``failing`` or ``unknown``.
    predictions_count, rows_with_actual : int
    settings : dict
        What it was judged by.
    judged_at : datetime
        Since when it says so.
    hash : str
        The same for every verdict that says the same.
    waiting_for : tuple of str
        Work that goes on and may change it; of an earlier verdict empty.
    """

    id: str
    batch_id: str
    model_id: str
    status: str
    predictions_count: int
    rows_with_actual: int
    baseline_id: str | None = None
    settings: Json = field(default_factory=dict)
    judged_at: datetime
    hash: str
    waiting_for: tuple[str, ...] = ()
    told: Annotated[tuple[Json, ...], At("reasons")] = ()
    parts: Annotated[tuple[Json, ...], At("sections")] = ()

    @property
    def reasons(self) -> tuple[VerdictReason, ...]:
        """What speaks against the batch, most important first."""
        return tuple(VerdictReason.of(one) for one in self.told)

    @property
    def sections(self) -> tuple[VerdictSection, ...]:
        """What was looked at."""
        return tuple(VerdictSection.of(one) for one in self.parts)

    @property
    def actual_share(self) -> float | None:
        """Share of the predictions whose actual is known, in [0, 1]; None without predictions."""
        return self.rows_with_actual / self.predictions_count if self.predictions_count else None


@dataclass(frozen=True, slots=True)
class Gate:
    """What a pipeline is told.

    Attributes
    ----------
    is_open : bool or None
        Whether it may go on; None when that cannot be said.
    why : str
        In one line.
    """

    verdict: Verdict
    is_open: bool | None
    why: str

    @property
    def exit_code(self) -> int:
        """0: go on; 1: stop; 2: it cannot be said."""
        return 2 if self.is_open is None else int(not self.is_open)
