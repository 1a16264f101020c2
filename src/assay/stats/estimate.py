"""A number together with what it rests on: rows, interval, error bound, or the reason why there is none."""

from dataclasses import dataclass
from typing import Self

from assay.stats.intervals import Z95

NO_ROWS = "there are no rows"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, the rows behind it and how far it can be trusted.

    Attributes
    ----------
    value : float or None
        The number; None means undefined, which is neither 0 nor 0.5 nor NaN.
    n : int
        Rows the value rests on, such as the actually positive rows for a true positive rate.
    low, high : float or None
        Ends of the 95 % interval for the sampling of rows; None where no such interval is defined.
    bound : float
        Largest error that cells can have caused: the value of the raw rows lies within ``value +- bound``.
        0.0 means exact.
    reason : str or None
        Why ``value`` is None, in words for a reader.
    estimated : bool
        Whether it was estimated without actuals; to be said wherever the number is shown.

    Examples
    --------
    >>> Estimate(0.5, n=2).reason is None
    True
    >>> Estimate.undefined("there are no rows")
    Estimate(value=None, n=0, low=None, high=None, bound=0.0, reason='there are no rows', estimated=False)
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    bound: float = 0.0
    reason: str | None = None
    estimated: bool = False

    @property
    def standard_error(self) -> float | None:
        """Half the interval's width over 1.96; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / (2 * Z95)

    @classmethod
    def undefined(cls, reason: str, n: int = 0) -> Self:
        """An estimate without a value, and why."""
        return cls(None, n, reason=reason)
