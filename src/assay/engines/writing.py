"""Tables on their way out: CSV and Parquet, a chunk at a time, in memory that does not grow with the rows."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl
from polars.io.plugins import register_io_source

from assay.records.datasets import FileForm

Schema = Mapping[str, pl.DataType]
Writer = Callable[[Schema, Iterable[pl.DataFrame]], Iterator[bytes]]

ROWS_A_GROUP = 65_536
ROWS_AT_ONCE = 8_192
PIECE = 1 << 20

# What spreadsheets take for the start of a formula.
_FORMULA = r"^[=+\-@\t\r]"


def csv_pieces(schema: Schema, chunks: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """A CSV file in UTF-8, in pieces; the header is there without rows too.

    Numbers have the fewest digits that read back as the same number, times are RFC 3339, a missing value is an
    empty field. A text, or a column's name, that begins with one of ``= + - @``, a tab or a carriage return gets
    an apostrophe before it, so that no spreadsheet takes it for a formula.

    Parameters
    ----------
    schema : mapping of str to data type
        Columns in their order.
    chunks : iterable of DataFrame
        With exactly these columns.

    Examples
    --------
    >>> rows = pl.DataFrame({"x": [0.1, None], "=y": ["=1+1", "a,b"]})
    >>> b"".join(csv_pieces(rows.schema, [rows])).decode().splitlines()
    ["x,'=y", "0.1,'=1+1", ',"a,b"']
    """
    names = csv_names(list(schema))
    yield pl.DataFrame(schema=dict.fromkeys(names, pl.String)).write_csv().encode()
    for chunk in chunks:
        # As text a chunk takes several times its room.
        for some in chunk.iter_slices(ROWS_AT_ONCE):
            buffer = io.BytesIO()
            safe = some.select(_csv_text(column).alias(name) for name, column in zip(names, some, strict=True))
            safe.write_csv(buffer, include_header=False)
            yield buffer.getvalue()


def csv_names(names: list[str]) -> list[str]:
    """Names of columns as they stand in a CSV file: no formula, and distinct as before.

    Examples
    --------
    >>> csv_names(["a", "=b", "'=b"])
    ['a', "''=b", "'=b"]
    """
    taken = {name for name in names if not _is_formula(name)}
    safe = []
    for name in names:
        written = f"'{name}" if _is_formula(name) else name
        while written != name and written in taken:
            written = f"'{written}"
        taken.add(written)
        safe.append(written)
    return safe


def _is_formula(text: str) -> bool:
    return bool(pl.Series([text]).str.contains(_FORMULA).item())


def _csv_text(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime):
        zone = column.dtype.time_zone
        utc = column.dt.convert_time_zone("UTC") if zone else column
        return utc.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ" if zone else "%Y-%m-%dT%H:%M:%S%.6f")
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column
    formula = column.str.contains(_FORMULA).fill_null(value=False)
    return column.zip_with(~formula, "'" + column) if formula.any() else column


def parquet_pieces(schema: Schema, chunks: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """A Parquet file, in pieces: values and types as they are, in groups of `ROWS_A_GROUP` rows.

    The file is first written to the system's folder for temporary files, under no name: a process that is killed
    leaves nothing there.

    Parameters
    ----------
    schema : mapping of str to data type
        Columns in their order.
    chunks : iterable of DataFrame
        With exactly these columns.
    """

    def source(
        with_columns: list[str] | None, _predicate: pl.Expr | None, n_rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        if with_columns is not None or n_rows is not None:
            raise ValueError("all rows and columns are written")
        yield from chunks

    with tempfile.TemporaryFile(prefix="assay-export-") as file:
        register_io_source(io_source=source, schema=pl.Schema(schema), is_pure=False).sink_parquet(
            file, compression="zstd", compression_level=1, row_group_size=ROWS_A_GROUP, maintain_order=True
        )
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


WRITERS: dict[FileForm, Writer] = {FileForm.CSV: csv_pieces, FileForm.PARQUET: parquet_pieces}
