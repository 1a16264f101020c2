"""How many rows a file has, found without reading them: for progress, and for spreading a sample over them."""

from pathlib import Path

import polars as pl

from assay.records.datasets import FileForm

PIECE = 1 << 20


def most_rows(path: Path, form: FileForm) -> int | None:
    """Rows of a file, at most; None where only reading would tell (an Arrow stream).

    A CSV file has as many lines, and fewer rows where a line break stands inside quotes.
    """
    if form is FileForm.PARQUET:
        return int(pl.scan_parquet(path).select(pl.len()).collect().item())
    if form is FileForm.ARROW:
        return None
    breaks, last = 0, b"\n"
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            breaks += piece.count(b"\n")
            last = piece[-1:]
    lines = breaks + (last != b"\n")
    return max(0, lines - 1)
