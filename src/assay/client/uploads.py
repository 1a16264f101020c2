"""Uploads: files of prediction rows sent to a batch; a key makes each count once."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from assay.client.shapes import At, Shape
from assay.client.transport import Params


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a file are not features.

    Attributes
    ----------
    predictions : tuple of str
        In the order of `class_names`. One alone holds the positive class's probability, or the predicted
        value. Without any, the column that the model's target names.
    class_names : tuple of str
        The model's own order when empty.
    association_id : str or None
        The column of the deployment's settings when None.
    timestamp : str or None
        The rows get the time of arrival when None.
    """

    predictions: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    association_id: str | None = None
    timestamp: str | None = None

    def params(self) -> Params:
        """As query parameters."""
        return {
            "predictionColumns": self.predictions,
            "classNames": self.class_names,
            "associationIdColumn": self.association_id,
            "timestampColumn": self.timestamp,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReport(Shape):
    """What became of a file.

    Attributes
    ----------
    key : str
        Names the upload: the same key and bytes again are the same upload.
    state : str
        ``pending``, ``counted`` or ``refused``. Only a counted upload shows in any figure.
    rows : int
    first, last : datetime or None
        Least and greatest prediction time of the rows.
    without_association_id : int
        Rows that can never have an actual, because nothing ties one to them.
    with_repeated_association_id : int
        Association ids that the batch held before, with the same model: of those the newest prediction counts for
        accuracy, while every row counts for drift.
    is_repeated : bool
        Whether the very same upload was there already, so that nothing changed.
    unreadable : dict of str to int
        Values that could not be read as their feature's kind, by column; they count as missing.
    ignored_columns, missing_columns : tuple of str
        Columns that the model does not have, and features that the file does not have.
    message : str or None
        Why it was refused.
    """

    id: str | None = None
    key: Annotated[str, At("uploadKey")]
    batch_id: str | None = None
    model_id: str | None = None
    state: str
    rows: int = 0
    first: Annotated[datetime | None, At("firstPredictionTimestamp")] = None
    last: Annotated[datetime | None, At("lastPredictionTimestamp")] = None
    without_association_id: int = 0
    with_repeated_association_id: int = 0
    is_repeated: bool = False
    unreadable: dict[str, int] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    message: str | None = None
