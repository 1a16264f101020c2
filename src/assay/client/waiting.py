"""How long to wait, and how often to try again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """How the client waits. Times are in seconds.

    Attributes
    ----------
    tries : int
        How often a call that may be repeated is made in all.
    retry_pause : float
        Pause before the second try; it doubles from try to try.
    longest_retry_pause : float
        A server that asks for a longer pause (``Retry-After``) is not waited for.
    poll_pause : float
        Pause before a running job is asked after for the second time; it grows by half each time.
    longest_poll_pause : float
        No pause between two questions after a job is longer.
    limit : float
        After this time a job is no longer waited for.
    outage : float
        While a job is waited for, the server may be away this long, as when it is started anew.
    """

    tries: int = 4
    retry_pause: float = 0.25
    longest_retry_pause: float = 60.0
    poll_pause: float = 0.05
    longest_poll_pause: float = 2.0
    limit: float = 3600.0
    outage: float = 60.0

    def poll_pauses(self) -> Iterator[float]:
        """Pauses between the questions after one job, without end.

        Examples
        --------
        >>> from itertools import islice
        >>> list(islice(Patience(poll_pause=1.0, longest_poll_pause=2.0).poll_pauses(), 4))
        [1.0, 1.5, 2.0, 2.0]
        """
        pause = self.poll_pause
        while True:
            yield pause
            pause = min(pause * 1.5, self.longest_poll_pause)

    def before_retry(self, attempt: int, retry_after: str | None = None) -> float | None:
        """Pause after the given try failed; None when there is no further one.

        Parameters
        ----------
        attempt : int
            Number of the try that failed, from 1.
        retry_after : str, optional
            The server's wish: seconds, or an HTTP date.

        Returns
        -------
        float or None
            Seconds.

        Examples
        --------
        >>> Patience().before_retry(1), Patience().before_retry(2), Patience().before_retry(4)
        (0.25, 0.5, None)
        >>> Patience().before_retry(1, "3"), Patience().before_retry(1, "86400")
        (3.0, None)
        """
        if attempt >= self.tries:
            return None
        wished = _seconds(retry_after) if retry_after else None
        pause = self.retry_pause * 2.0 ** (attempt - 1) if wished is None else wished
        return pause if pause <= self.longest_retry_pause else None


def _seconds(retry_after: str) -> float | None:
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
