"""What the merge laws need to know of a class."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class LawCase:
    """How to build values of one class, and when two of them count as equal.

    Attributes
    ----------
    row : strategy of one row
    of : callable (context, list of rows) -> value
    empty : callable (context) -> value
    close : callable (value, value) -> bool
        Integers equal, floats within a stated tolerance.
    context : strategy of what all values of one example share, such as bins
    """

    row: st.SearchStrategy[Any]
    of: Callable[[Any, list[Any]], Any]
    empty: Callable[[Any], Any]
    close: Callable[[Any, Any], bool]
    context: st.SearchStrategy[Any] = field(default_factory=st.none)
