"""Fragments: profiles as they are stored."""

from dataclasses import dataclass

from assay.records.slices import WHOLE, Slice


@dataclass(frozen=True, slots=True)
class Fragment:
    """Bytes of one profile: some rows of a (batch, model) pair, some of its columns.

    Attributes
    ----------
    id : int
        Given by the database; 0 before that.
    part : str
        ``"features"`` or ``"predictions"``.
    block : int
        Which columns of the part: features are kept in blocks of 64 in the order of the model's features.
    estimated : bool
        Whether its cells come from aggregates that a caller sent instead of rows.
    slice : Slice
        Which of the upload's rows it is of. Every row is in the fragment of all rows and in that of its bucket.
    """

    batch_id: str | None
    model_id: str
    part: str
    block: int
    rows: int
    data: bytes
    estimated: bool = False
    slice: Slice = WHOLE
    id: int = 0
