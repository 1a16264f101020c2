"""Reading class labels: ``1``, ``1.0`` and ``"1"`` are one label, and so are ``True`` and ``"true"``."""

from collections.abc import Sequence

import polars as pl

from assay.engines.casting import texts


class ClassLabels:
    """Finds the class that a value names."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = tuple(class_names)
        # Exact names first: a looser reading never hides one.
        self._by_reading = {_reading(name): name for name in reversed(self.class_names)}
        self._by_reading.update({name: name for name in self.class_names})

    def find(self, value: object) -> str | None:
        """The class that a value names; None if no class is named so.

        Examples
        --------
        >>> labels = ClassLabels(["1", "0"])
        >>> labels.find(1), labels.find(1.0), labels.find("0"), labels.find("yes")
        ('1', '1', '0', None)
        """
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return self._by_reading.get(text) or self._by_reading.get(_reading(text))

    def of_column(self, values: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Class names of a column, and which of its values name no class."""
        text = texts(values)
        distinct = text.drop_nulls().unique()
        found = pl.Series([self.find(v) for v in distinct], dtype=pl.String)
        named = text.replace_strict(distinct, found, default=None, return_dtype=pl.String)
        return named, named.is_null() & text.is_not_null()


def _reading(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text.strip().lower() if text.strip().lower() in {"true", "false"} else text
    return str(int(number)) if number.is_integer() else str(number)
