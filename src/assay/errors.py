"""Every error that Assay raises on purpose.

An error is named for the fact, and its message says what was found, what was expected and what to do.
Nothing here knows HTTP: ``assay.http.errors`` maps each class to a status.
"""

import errno
from datetime import timedelta

# A disk without room, a quota that is used up, a file that may not grow.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class AssayError(Exception):
    """Something that Assay refuses or cannot do; the message is meant for the user."""


# ---------------------------------------------------------------- values that do not fit together


class BinsMismatch(AssayError):
    """Two profiles over different bins were to be merged or compared."""


class FormatUnreadable(AssayError):
    """Stored bytes are damaged, of another kind, or written by a newer version."""


class DatabaseMismatch(AssayError):
    """The database's schema is older or newer than this program."""


class Misconfigured(AssayError):
    """The settings, or what is installed, cannot make a server."""


class Unavailable(AssayError):
    """The database or the blob store cannot do its part at the moment; the same call can succeed later.

    Attributes
    ----------
    retry_after_seconds : int
        When it makes sense to try again.
    """

    retry_after_seconds = 5


class BlobsUnavailable(Unavailable):
    """The blob store does not answer, or answers that it cannot."""


class DiskFull(Unavailable):
    """There is no room to write to on one of the server's disks."""

    def __init__(self, whose: str) -> None:
        super().__init__(f"The disk {whose} is full. Nothing was stored; send the call again.")


def is_full(fault: BaseException | None) -> bool:
    """Whether a fault says that there was no room to write to."""
    return isinstance(fault, OSError) and fault.errno in _FULL


class OutcomeUnknown(Unavailable):
    """The connection broke while a change was being committed: it may count, and it may not."""


class LeaseLost(AssayError):
    """Another worker has taken over the job; what this one did must not be stored."""


# ---------------------------------------------------------------- who is asking


class Unauthenticated(AssayError):
    """No token, or one that is not valid."""

    def __init__(self, found: str) -> None:
        # Clients look for the phrase "invalid authorization header" and then point at the token.
        super().__init__(
            f"Invalid authorization header: {found}. Expected 'Authorization: Bearer <token>' with a token of "
            "this server ('assay token create' makes one)."
        )


class Forbidden(AssayError):
    """The caller is known and may not do this."""


# ---------------------------------------------------------------- what is not there


class NotFound(AssayError):
    """The object does not exist, or belongs to somebody else, which must look the same."""


class UnknownDeployment(NotFound):
    """No deployment of this id that the caller may see."""

    def __init__(self, deployment_id: str) -> None:
        super().__init__(f"Deployment not found: {deployment_id}.")


class UnknownBatch(NotFound):
    """No batch of this id in the deployment."""

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"Monitoring batch not found: {batch_id}.")


class ReplacementEnded(NotFound):
    """The draft of a batch that has taken the batch's place, or was given up."""

    def __init__(self, draft_id: str, batch_id: str, state: str) -> None:
        super().__init__(
            f"Monitoring batch not found: {draft_id}. It was a replacement of batch {batch_id} and has been {state}: "
            "send to the batch itself, or open another replacement."
        )


class UnknownModel(NotFound):
    """The deployment never had a model of this id."""

    def __init__(self, model_id: str, place: str) -> None:
        super().__init__(f"Model {model_id} not found in {place}.")


class UnknownDataset(NotFound):
    """No data set of this id that the caller may see."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"Data set not found: {dataset_id}.")


class UnknownModelPackage(NotFound):
    """No model package of this id that the caller may see."""

    def __init__(self, package_id: str) -> None:
        super().__init__(f"Model package not found: {package_id}.")


class UnknownExport(NotFound):
    """The deployment has no export of this kind and id."""

    def __init__(self, export_id: str) -> None:
        super().__init__(f"Export not found: {export_id}.")


class UnknownErasure(NotFound):
    """The deployment has no erasure of this id."""

    def __init__(self, erasure_id: str) -> None:
        super().__init__(f"Erasure not found: {erasure_id}.")


class UnknownEnvironment(NotFound):
    """No prediction environment of this id that the caller may see."""

    def __init__(self, environment_id: str) -> None:
        super().__init__(f"Prediction environment not found: {environment_id}.")


class UnknownStatus(NotFound):
    """No task of this id that the caller may see."""

    def __init__(self, status_id: str) -> None:
        super().__init__(f"Status not found: {status_id}.")


class UnknownBatchJob(NotFound):
    """No monitoring job of this id that the caller may see."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Batch job not found: {job_id}.")


class UnknownJobDefinition(NotFound):
    """No job definition of this id that the caller may see."""

    def __init__(self, definition_id: str) -> None:
        super().__init__(f"Job definition not found: {definition_id}.")


class UnknownCustomMetric(NotFound):
    """No custom metric of this id in the deployment."""

    def __init__(self, metric_id: str) -> None:
        super().__init__(f"Custom metric not found: {metric_id}.")


class Gone(AssayError):
    """The object was there and has been deleted or archived."""


# ---------------------------------------------------------------- what cannot be accepted


class Malformed(AssayError):
    """The body is not what its content type says."""


class Invalid(AssayError):
    """The request is understood and its values are wrong."""


class BatchLocked(Invalid):
    """The batch takes no more predictions."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Batch '{name}' is locked and takes no more predictions. Unlock it ('isLocked': false) or use "
            "another batch."
        )


class NotALiveBatch(Invalid):
    """The batch is a draft or a superseded version of another, and is read only."""

    def __init__(self, batch_id: str, role: str, version_of: str) -> None:
        super().__init__(
            f"Batch {batch_id} is a {role} version of batch {version_of}: it can be read, and of itself it cannot be "
            f"changed. Use batch {version_of}, or open a replacement of it."
        )


class BatchesNotEnabled(Invalid):
    """Batch monitoring is off on the deployment."""

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Batch monitoring is not enabled on deployment '{label}'. Enable it first: PATCH "
            "deployments/{id}/settings/ with {'batchMonitoring': {'enabled': true}}."
        )


class FileUnreadable(Invalid):
    """A file that was sent cannot be read as what it claims to be."""


class HostNotAllowed(Invalid):
    """The server may not read from this host."""

    def __init__(self, found: str, setting: str) -> None:
        super().__init__(
            f"The server may not read from {found} because its operator has not listed it. The setting {setting} "
            "lists the hosts, and the addresses that are not public."
        )


class WrongIntake(AssayError):
    """The job's rows come from elsewhere, or its result goes elsewhere."""


class TooManyBadRows(Invalid):
    """So many rows of a job cannot be read that it is given up."""

    def __init__(self, found: int, first: list[str]) -> None:
        super().__init__(
            f"{found} rows cannot be read, so the job was given up and nothing of it counts ('abortOnError': false "
            f"goes on). {' '.join(first)}"
        )


class UnsupportedFile(AssayError):
    """A content type that no reader exists for."""


class TooLarge(AssayError):
    """More rows or bytes than one call may carry."""


class Conflict(AssayError):
    """The request stands in the way of what is already there."""


class KeyTaken(Conflict):
    """The key of a call was used for another call."""

    def __init__(self, key: str, known: str, difference: str) -> None:
        super().__init__(
            f"Idempotency-Key '{key}' was used for {known} already, {difference}. Send a new call under a new key; a "
            "call that is repeated must be the same to the letter."
        )


class NotReady(AssayError):
    """Work that this request depends on is still going on."""


class Postponed(NotReady):
    """A job that cannot be done yet; it is queued anew for later, and no attempt is counted."""

    def __init__(self, reason: str, wait: timedelta) -> None:
        super().__init__(reason)
        self.wait = wait
