"""Prediction rows of one model, read and checked."""

from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class Rows:
    """Some prediction rows of one model, ready to be counted; all parts have the same height.

    Attributes
    ----------
    features : DataFrame
        Feature columns, cast to their kinds.
    predictions : DataFrame
        The columns of `prediction_columns`.
    association_ids : Series of text, or None
        Missing where a row has none.
    at : Series of UTC times
        When each prediction was made.
    unreadable : dict
        Values by feature that could not be read and count as missing.
    segments : DataFrame of texts
        One column a segment attribute; may have no column.
    """

    features: pl.DataFrame
    predictions: pl.DataFrame
    association_ids: pl.Series | None
    at: pl.Series
    unreadable: dict[str, int]
    segments: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def height(self) -> int:
        """Rows."""
        return self.predictions.height

    def at_places(self, places: pl.Series) -> "Rows":
        """Some of the rows, without their association ids."""
        return Rows(
            features=self.features[places] if self.features.width else self.features,
            predictions=self.predictions[places],
            association_ids=None,
            at=self.at[places],
            unreadable={},
        )
