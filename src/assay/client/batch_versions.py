"""Replacing what a batch holds, the versions that it had, and how its accuracy matured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from assay.client.batch import Batch
from assay.client.batch_exports import BatchExports
from assay.client.paging import Pages
from assay.client.shapes import At, Json, Shape
from assay.client.transport import path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement(Shape):
    """New content for a batch, which takes its place when it is committed.

    Attributes
    ----------
    id : str
        The batch id under which everything is sent to it.
    state : str
        ``open``, ``committed`` or ``abandoned``.
    predictions_count, requests_count, uploads_count : int
        What it holds, or held when it was committed.
    pending_uploads : int
        Uploads that have still to be counted; a commit waits for them.
    version_id : str or None
        The batch id under which what it superseded is read.
    """

    deployment_id: str
    id: str
    batch_id: str
    state: str
    predictions_count: int = 0
    requests_count: int = 0
    uploads_count: int = 0
    pending_uploads: int = 0
    opened_at: datetime
    opened_by: Annotated[str | None, At("openedBy.name")] = None
    ended_at: datetime | None = None
    ended_by: Annotated[str | None, At("endedBy.name")] = None
    version_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchVersion(Shape):
    """What a batch holds, or held until a replacement.

    Attributes
    ----------
    id : str
        The batch id under which its figures are read.
    number : int
        1 for the first content of the batch.
    state : str
        ``current`` or ``superseded``.
    predictions_count, requests_count : int or None
        None once a superseded version has been removed.
    content_hash : str
        The same deliveries give the same hash.
    """

    id: str
    number: int
    state: str
    predictions_count: int | None = None
    requests_count: int | None = None
    since: datetime
    until: datetime | None = None
    created_by: Annotated[str | None, At("createdBy.name")] = None
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionMetric(Shape):
    """A metric as it stood, with the ends of its 95 % interval."""

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    bound: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyRevision(Shape):
    """Accuracy of a batch as it was computed at one moment.

    Attributes
    ----------
    matched_share : float or None
        Share of the predictions whose actual was known, in [0, 1].
    """

    at: Annotated[datetime, At("timestamp")]
    predictions_count: int
    rows_with_actual: int
    matched_share: float | None = None
    metrics: tuple[RevisionMetric, ...] = ()


class BatchVersions(BatchExports):
    """The part of ``client.batches`` that replaces what batches hold."""

    def open_replacement(self, batch: Batch) -> Replacement:
        """Open a replacement; a batch has one at a time.

        Raises
        ------
        Conflict
            When one is open; the message has its id.
        AssayClientError
        """
        return self._replacement(batch, self._transport.send("POST", _path(batch, "replacement")).json)

    def replacement(self, batch: Batch) -> Replacement:
        """The open replacement of a batch, with what it holds so far.

        Raises
        ------
        NotFound
            When none is open.
        AssayClientError
        """
        return self._replacement(batch, self._transport.get(_path(batch, "replacement")))

    def draft(self, batch: Batch, replacement: Replacement) -> Batch:
        """A replacement as a batch, to be pushed to and read like one.

        Raises
        ------
        NotFound
            When it is no longer open.
        AssayClientError
        """
        found = self._transport.get(path_of("deployments", batch.deployment_id, "monitoringBatches", replacement.id))
        return Batch.of(found, deployment_id=batch.deployment_id)

    def commit(self, batch: Batch, replacement: Replacement | None = None, *, allow_empty: bool = False) -> Replacement:
        """Put a replacement in the place of what the batch holds; once more changes nothing.

        Parameters
        ----------
        batch : Batch
        replacement : Replacement, optional
            The one that was opened last when left out.
        allow_empty : bool, default False
            Whether one that nothing was sent to may empty the batch.

        Raises
        ------
        Conflict
            When something is still being counted, the batch is locked, or the replacement is empty.
        AssayClientError
        """
        body: dict[str, Any] = {"allowEmpty": allow_empty}
        if replacement is not None:
            body["replacementId"] = replacement.id
        answer = self._transport.post(_path(batch, "replacement", "commit"), body)
        return self._replacement(batch, answer.json)

    def abandon(self, batch: Batch) -> Replacement:
        """Give the open replacement of a batch up; the batch stays as it is.

        Raises
        ------
        Conflict
            When it was committed.
        NotFound
            When the batch never had one.
        AssayClientError
        """
        return self._replacement(batch, self._transport.send("DELETE", _path(batch, "replacement")).json)

    def versions(self, batch: Batch) -> Pages[BatchVersion]:
        """What the batch holds and held, the current version first.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        return Pages(self._transport, _path(batch, "versions"), {}, BatchVersion.of)

    def accuracy_revisions(
        self, batch: Batch, *, metrics: Sequence[str] = (), model_id: str | None = None
    ) -> Pages[AccuracyRevision]:
        """How the accuracy of a batch moved as its actuals came, oldest first.

        Parameters
        ----------
        batch : Batch
        metrics : sequence of str
            Names as the API has them, such as ``AUC``; all when empty.
        model_id : str, optional
            The deployment's current model when left out.

        Raises
        ------
        AssayClientError
            While the pages are read.
        """
        params = {"metric": tuple(metrics), "modelId": model_id}
        return Pages(self._transport, _path(batch, "accuracyRevisions"), params, _revision)

    def _replacement(self, batch: Batch, found: Json) -> Replacement:
        return Replacement.of(found, deployment_id=batch.deployment_id)


def _revision(found: Json) -> AccuracyRevision:
    return AccuracyRevision.of(found, metrics=tuple(RevisionMetric.of(one) for one in found.get("metrics", ())))


def _path(batch: Batch, *more: str) -> str:
    return path_of("deployments", batch.deployment_id, "monitoringBatches", batch.id, *more)
