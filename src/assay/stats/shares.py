"""A part of some rows, as a share or in percent: undefined without rows, which is not 0."""


def share(part: float, whole: float) -> float | None:
    """Part over whole, in [0, 1]; None when the whole is 0.

    Examples
    --------
    >>> share(1, 4), share(0, 4), share(0, 0)
    (0.25, 0.0, None)
    """
    return part / whole if whole else None


def percent(part: float, whole: float) -> float | None:
    """The same in percent.

    Examples
    --------
    >>> percent(1, 4), percent(0, 0)
    (25.0, None)
    """
    return 100 * part / whole if whole else None
