"""What a monitoring job is asked to do."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """The column that holds one class's probability."""

    class_name: str
    column_name: str


@dataclass(frozen=True, slots=True)
class RowColumns:
    """What the columns of a job's rows mean; None stands for the deployment's own, or for "there is none".

    Attributes
    ----------
    predictions : str, tuple of ClassColumn or None
        One column (a value, or the positive class's probability), or one a class.
    status : str or None
        Name of the column that the result adds to the rows.
    row_identifiers : tuple of str
        Columns that name a row at its source; they must be there.
    report_predictions, report_drift : bool
        Whether rows are counted, and whether they are profiled for drift.
    """

    predictions: str | tuple[ClassColumn, ...] | None = None
    association_id: str | None = None
    actual_value: str | None = None
    actual_timestamp: str | None = None
    acted_upon: str | None = None
    status: str | None = None
    row_identifiers: tuple[str, ...] = ()
    report_predictions: bool = True
    report_drift: bool = True

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Columns from the JSON object of the database."""
        predictions = stored["predictions"]
        if isinstance(predictions, list):
            predictions = tuple(ClassColumn(**one) for one in predictions)
        return cls(**{**stored, "predictions": predictions, "row_identifiers": tuple(stored["row_identifiers"])})


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"
    quotechar: str = '"'


@dataclass(frozen=True, slots=True)
class Retention:
    """How many of the rows are kept one by one, beside the profile, which has them all.

    ``policy`` is ``samples`` (a number of rows) or ``percentage``.
    """

    policy: str
    value: float


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a monitoring job is asked to do; kept as one JSON object.

    Attributes
    ----------
    intake : dict
        ``type`` and what that type needs; holds no credentials.
    remapping : dict of str to str or None
        New names of the result's columns; None leaves a column out.
    num_concurrent, chunk_size : int, str or int
        Shown as sent: rows are read in chunks of the server's own size, one after the other.
    """

    deployment_id: str
    model_id: str | None = None
    model_package_id: str | None = None
    intake: dict[str, Any] = field(default_factory=lambda: {"type": "localFile"})
    output: dict[str, Any] | None = None
    columns: RowColumns = field(default_factory=RowColumns)
    retention: Retention | None = None
    batch_prefix: str | None = None
    csv: CsvForm = field(default_factory=CsvForm)
    abort_on_error: bool = True
    by_row: bool = True
    skip_drift: bool = False
    remapping: dict[str, str | None] = field(default_factory=dict)
    chunk_size: str | int | None = None
    num_concurrent: int = 1

    @property
    def intake_type(self) -> str:
        """Where the rows come from, in one word."""
        return str(self.intake["type"])

    @property
    def is_uploaded(self) -> bool:
        """Whether the rows are sent by the caller, after the job was made."""
        return self.intake_type == "localFile"

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """A specification from the JSON object of the database."""
        retention = stored["retention"]
        return cls(
            **{
                **stored,
                "columns": RowColumns.of(stored["columns"]),
                "csv": CsvForm(**stored["csv"]),
                "retention": None if retention is None else Retention(**retention),
            }
        )

    def stored(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)
