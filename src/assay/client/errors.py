"""What can go wrong between a program and the server.

The text of an error repeats the server's own message, which says what was found, what was expected and
what to do.
"""

from typing import Self


class AssayClientError(Exception):
    """Anything that kept a call of the client from doing its work.

    Parameters
    ----------
    message : str
        What happened, for a person to read.
    status : int, optional
        The HTTP status, where the server answered.

    Attributes
    ----------
    message : str
    status : int or None
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status

    def after(self, place: str) -> Self:
        """The same error whose text begins with where it happened."""
        return type(self)(f"{place}: {self.message}", status=self.status)


class Unreachable(AssayClientError):
    """The server could not be asked, or the connection broke before it answered."""


class Refused(AssayClientError):
    """The server understood the call and refused it (4xx); nothing of it was stored."""


class Unauthorized(Refused):
    """No token, or one that is not valid (401)."""


class NotFound(Refused):
    """The object does not exist, was deleted, or belongs to somebody else (404, 410)."""


class Conflict(Refused):
    """The call stands in the way of what is already there (409), such as other bytes under a used key."""


class ServerProblem(AssayClientError):
    """The server failed (5xx), or gave an answer that cannot be understood."""


class WorkFailed(AssayClientError):
    """The server took the call and then failed, or was told to stop, while working on it."""


class StillWorking(AssayClientError):
    """The server had not finished when the time limit was over; it goes on working."""


class Ambiguous(AssayClientError):
    """Several objects bear the name that was to name one."""


class FileUnusable(AssayClientError):
    """A local file cannot be read as what it should be; nothing of the row at fault was sent."""
