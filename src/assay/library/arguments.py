"""What callers hand over, in the types that the rest counts on."""

from collections.abc import Callable, Hashable
from typing import Any

from assay.errors import Invalid


def name_of(column: Hashable | None) -> str | None:
    """A column's name as text, as `assay.library.tables` reads names; pandas names columns by numbers too.

    Examples
    --------
    >>> name_of("age"), name_of(0), name_of(None)
    ('age', '0', None)
    """
    return None if column is None else str(column)


def number_of(value: Any, role: str) -> float:
    """A plain number.

    Raises
    ------
    Invalid
        When it is none; numbers in text are none.

    Examples
    --------
    >>> number_of(1, "alpha")
    1.0
    """
    if not isinstance(value, str | bytes):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise Invalid(f"{role}: found {str(value)[:64]!r}, expected a number.")


def importance_of(given: Any) -> dict[str, float]:
    """Importance by feature, from a mapping or a pandas Series.

    Raises
    ------
    Invalid
        When it is neither, or a value is no number.

    Examples
    --------
    >>> importance_of({"age": 3, 0: 1})
    {'age': 3.0, '0': 1.0}
    """
    if given is None:
        return {}
    items: Callable[[], Any] | None = getattr(given, "items", None)
    if not callable(items):
        kind = type(given).__name__
        raise Invalid(f'importance is a {kind}, expected importance by feature, such as {{"age": 0.8}}.')
    return {str(name): number_of(value, f"importance of {str(name)!r}") for name, value in items()}
