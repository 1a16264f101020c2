"""The local engine: Polars in this process."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from assay.engines.arrow_stream import small_streams
from assay.engines.csv_faults import check_header, check_short_lines, locate
from assay.errors import FileUnreadable
from assay.records.datasets import FileForm

MAX_MESSAGE_BYTES = 512 * 2**20


class LocalEngine:
    """Reads CSV, Parquet and Arrow streams a chunk at a time."""

    def columns(self, path: Path, form: FileForm) -> tuple[str, ...]:
        """Column names, in the file's order."""
        if path.stat().st_size == 0:
            raise FileUnreadable("The file is empty: expected at least a header or a schema.")
        with _faults(form):
            names = _NAMES[form](path)
        check_header(names)
        return tuple(names)

    def chunks(
        self, path: Path, form: FileForm, *, rows: int, columns: Sequence[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """The rows in order, at most about ``rows`` at a time."""
        names = self.columns(path, form)
        wanted = list(names if columns is None else columns)
        if form is FileForm.CSV:
            return _csv_chunks(path, names, wanted, rows)
        if form is FileForm.PARQUET:
            return _parquet_chunks(path, wanted, rows)
        return _arrow_chunks(path, wanted, rows)


def _csv_chunks(path: Path, names: Sequence[str], wanted: list[str], rows: int) -> Iterator[pl.DataFrame]:
    gaps = False
    try:
        # The last column tells a short line, so it is read even when nobody wants it.
        chosen = list(dict.fromkeys([*wanted, names[-1]]))
        frames = pl.scan_csv(path, infer_schema=False).select(chosen).collect_batches(chunk_size=rows)
        for frame in frames:
            gaps = gaps or frame[names[-1]].null_count() > 0
            yield frame.select(wanted)
    except pl.exceptions.PolarsError as fault:
        locate(path, len(names))
        raise FileUnreadable(f"The file cannot be read as CSV: {_first_line(fault)}.") from fault
    if gaps:
        check_short_lines(path, len(names))


def _parquet_chunks(path: Path, wanted: list[str], rows: int) -> Iterator[pl.DataFrame]:
    with _faults(FileForm.PARQUET):
        yield from pl.scan_parquet(path).select(wanted).collect_batches(chunk_size=rows)


def _arrow_chunks(path: Path, wanted: list[str], rows: int) -> Iterator[pl.DataFrame]:
    with _faults(FileForm.ARROW), path.open("rb") as file:
        for stream in small_streams(file, max_bytes=MAX_MESSAGE_BYTES):
            yield from pl.read_ipc_stream(io.BytesIO(stream), columns=wanted).iter_slices(rows)


def _csv_names(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            # Decoded a line at a time: a fault further down is not the header's.
            lines = (line.decode("utf-8-sig") for line in file)
            return next(csv.reader(lines, strict=True), [])
    except UnicodeDecodeError as fault:
        raise FileUnreadable("The header is not UTF-8. Save the file as UTF-8.") from fault
    except csv.Error as fault:
        raise FileUnreadable(f"The header cannot be read as CSV: {fault}.") from fault


def _parquet_names(path: Path) -> list[str]:
    return list(pl.read_parquet_schema(path))


def _arrow_names(path: Path) -> list[str]:
    with path.open("rb") as file:
        first = next(small_streams(file, max_bytes=MAX_MESSAGE_BYTES))
    return pl.read_ipc_stream(io.BytesIO(first)).columns


_NAMES: dict[FileForm, Callable[[Path], list[str]]] = {
    FileForm.CSV: _csv_names,
    FileForm.PARQUET: _parquet_names,
    FileForm.ARROW: _arrow_names,
}

_TITLES = {FileForm.CSV: "CSV", FileForm.PARQUET: "Parquet", FileForm.ARROW: "an Arrow stream"}


@contextmanager
def _faults(form: FileForm) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as fault:
        raise FileUnreadable(f"The file cannot be read as {_TITLES[form]}: {_first_line(fault)}.") from fault


def _first_line(fault: BaseException) -> str:
    return str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
