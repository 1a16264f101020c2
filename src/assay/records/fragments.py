"""Fragments: profiles as they are stored."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fragment:
    """Bytes of one profile: some rows of a (batch, model) pair, some of its columns.

    Attributes
    ----------
    part : str
        ``"features"`` or ``"predictions"``.
    block : int
        Which columns of the part: features are kept in blocks of 64 in the order of the model's features.
    """

    id: int
    batch_id: str | None
    model_id: str
    part: str
    block: int
    rows: int
    data: bytes
