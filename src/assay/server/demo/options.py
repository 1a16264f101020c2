"""What the command was told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was told; None where it was not.

    Attributes
    ----------
    data_dir : Path or None
        The folder of the server's data; a temporary one, deleted at the end, when None.
    goes_on : bool
        Whether the server goes on running when all figures are there.
    as_json : bool
        Whether standard output gets one JSON document instead of tables.
    """

    data_dir: Path | None = None
    host: str | None = None
    port: int | None = None
    goes_on: bool = True
    as_json: bool = False
