import polars as pl
import pytest

from assay.engines.row_counts import most_rows
from assay.records.datasets import FileForm


@pytest.mark.parametrize(
    ("content", "rows"),
    [(b"", 0), (b"a\n", 0), (b"a", 0), (b"a\n1\n2\n", 2), (b"a\n1\n2", 2), (b"a\r\n1\r\n", 1), (b'a\n"1\n2"\n', 2)],
)
def test_a_csv_file_has_at_most_as_many_rows_as_lines_below_its_header(tmp_path, content, rows):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    assert most_rows(path, FileForm.CSV) == rows


def test_a_parquet_file_tells_its_rows_and_a_stream_does_not(tmp_path):
    frame = pl.DataFrame({"a": range(1234)})
    frame.write_parquet(tmp_path / "rows.parquet", row_group_size=100)
    frame.write_ipc_stream(tmp_path / "rows.arrows")
    assert most_rows(tmp_path / "rows.parquet", FileForm.PARQUET) == 1234
    assert most_rows(tmp_path / "rows.arrows", FileForm.ARROW) is None
