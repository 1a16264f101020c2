"""What a named cause is, and how numbers read in its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assay.stats.drift.unseen import UnseenLevels
from assay.stats.repeats import Repeats

Evidence = Mapping[str, float | int | str | bool | None]

# A cause is named when chance alone would show as much less often than this.
ALPHA = 1e-3
FEWEST_ROWS = 10


class CauseCode(StrEnum):
    """Why a column differs from its baseline."""

    TYPE_CHANGE = "type_change"
    CONSTANT_COLUMN = "constant_column"
    UNIT_OR_SCALE_CHANGE = "unit_or_scale_change"
    LEVEL_RENAMED = "level_renamed"
    DUPLICATED_ROWS = "duplicated_rows"
    MORE_MISSING = "more_missing"
    LESS_MISSING = "less_missing"
    NEW_LEVEL = "new_level"
    OUTLIERS = "outliers"
    SHIFT_OF_LOCATION = "shift_of_location"
    SHIFT_OF_SPREAD = "shift_of_spread"
    SHIFT_OF_SHAPE = "shift_of_shape"


# Faults of the data come before what the world may have done; among these the order is that of certainty.
FAULTS = (
    CauseCode.TYPE_CHANGE,
    CauseCode.CONSTANT_COLUMN,
    CauseCode.UNIT_OR_SCALE_CHANGE,
    CauseCode.LEVEL_RENAMED,
    CauseCode.DUPLICATED_ROWS,
)


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why a column differs from its baseline.

    Attributes
    ----------
    code : CauseCode
    words : str
        For people: what changed, with both figures.
    evidence : mapping
        The figures behind the words.
    strength : float
        About the PSI that this cause alone would bring, >= 0; ranks the causes that are no plain faults.
    """

    code: CauseCode
    words: str
    evidence: Evidence
    strength: float = 0.0

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts the most telling cause first."""
        place = FAULTS.index(self.code) if self.code in FAULTS else len(FAULTS)
        return place, -self.strength


@dataclass(frozen=True, slots=True)
class TypeReading:
    """How a column that the baseline has as one kind was found in current.

    Attributes
    ----------
    baseline, current : str
        Kinds, such as "Numeric" and "Categorical".
    unreadable : int
        Current values that could not be read as the baseline's kind, and became missing.
    example : str or None
        One of them.
    """

    baseline: str
    current: str
    unreadable: int = 0
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Clues:
    """What rows can tell and two profiles cannot; each may be None.

    Attributes
    ----------
    unseen : UnseenLevels or None
        Names of the levels that the baseline never had.
    repeats : Repeats or None
        Copies of whole rows on both sides.
    reading : TypeReading or None
        Set when current was found to be of another kind, or in part unreadable.
    """

    unseen: UnseenLevels | None = field(default=None)
    repeats: Repeats | None = None
    reading: TypeReading | None = None


def percent(share: float) -> str:
    """A share in words.

    Examples
    --------
    >>> percent(0.082), percent(0.0004), percent(0.0)
    ('8.2 %', '0.04 %', '0 %')
    """
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    return f"{100 * share:.2f} %" if 100 * share < 0.1 else f"{100 * share:.1f} %"


def number(value: float) -> str:
    """A number in words: four digits.

    Examples
    --------
    >>> number(1234.5678), number(0.5)
    ('1235', '0.5')
    """
    return f"{value:.4g}"


def quoted(level: str) -> str:
    """A level in quotes, cut at 40 characters."""
    return f"'{level}'" if len(level) <= 40 else f"'{level[:39]}…'"
