"""Asking whether batches are good."""

from collections.abc import Callable

from assay.client.batch import Batch
from assay.client.batch_versions import BatchVersions
from assay.client.paging import Pages
from assay.client.transport import path_of
from assay.client.verdict import CLOSED_BY, FailOn, Gate, Verdict

WAIT = 600.0


class BatchVerdicts(BatchVersions):
    """The part of ``client.batches`` that judges."""

    def verdict(self, batch: Batch, *, model_id: str | None = None) -> Verdict:
        """Whether a batch is good, by the facts of this moment.

        Parameters
        ----------
        batch : Batch
        model_id : str, optional
            The deployment's current model when left out.

        Raises
        ------
        AssayClientError
        """
        return Verdict.of(self._transport.get(_path(batch, "verdict"), {"modelId": model_id}))

    def verdicts(self, batch: Batch, *, model_id: str | None = None) -> Pages[Verdict]:
        """All verdicts that a batch had, the present one first.

        Raises
        ------
        AssayClientError
        """
        return Pages(self._transport, _path(batch, "verdicts"), {"modelId": model_id}, Verdict.of)

    def gate(
        self,
        batch: Batch,
        *,
        wait: float = WAIT,
        fail_on: FailOn = "fail",
        require_actuals: float = 0.0,
        model_id: str | None = None,
        waiting: Callable[[str], None] | None = None,
    ) -> Gate:
        """Ask whether a pipeline may go on with a batch.

        Parameters
        ----------
        batch : Batch
        wait : float, default 600
            Seconds for which to wait while the server still counts, and until enough actuals are there.
        fail_on : {"fail", "warn"}
            From which verdict on the gate is closed.
        require_actuals : float in [0, 1]
            Share of the predictions that must have an actual before there is an answer.
        model_id : str, optional
        waiting : callable, optional
            Told what is waited for, whenever that changes.

        Returns
        -------
        Gate
            Neither open nor closed when the time is over before the verdict is final, or when it is unknown.

        Raises
        ------
        AssayClientError
        """
        said = ""
        found = self.verdict(batch, model_id=model_id)
        for _ in self._transport.asking(wait):
            lacks = _lacks(found, require_actuals)
            if not lacks:
                break
            if waiting is not None and lacks != said:
                waiting(lacks)
                said = lacks
            found = self.verdict(batch, model_id=model_id)
        return _answer(found, _lacks(found, require_actuals), fail_on)


def _path(batch: Batch, what: str) -> str:
    return path_of("deployments", batch.deployment_id, "monitoringBatches", batch.id, what)


def _lacks(found: Verdict, require_actuals: float) -> str:
    """What an answer still waits for, in words; empty when nothing."""
    if found.waiting_for:
        return ", ".join(found.waiting_for)
    share = found.actual_share or 0.0
    if share < require_actuals:
        return f"actuals: {share:.0%} of the rows have one, {require_actuals:.0%} are required"
    return ""


def _answer(found: Verdict, lacks: str, fail_on: FailOn) -> Gate:
    if lacks:
        return Gate(found, is_open=None, why=f"The time is over; still waiting for {lacks}.")
    if found.status in CLOSED_BY[fail_on]:
        return Gate(found, is_open=False, why=f"The batch is {found.status}.")
    if found.status == "unknown":
        why = next((one.message for one in found.sections), "There is nothing to judge.")
        return Gate(found, is_open=None, why=f"The batch cannot be judged: {why}")
    return Gate(found, is_open=True, why=f"The batch is {found.status}.")
