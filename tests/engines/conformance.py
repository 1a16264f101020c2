"""What every engine does alike: tables in files, read a chunk at a time."""

import io
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assay.engines.base import Engine
from assay.errors import FileUnreadable
from assay.records.datasets import FileForm

FORMS = pytest.mark.parametrize("form", list(FileForm))
TYPED = pytest.mark.parametrize("form", [FileForm.PARQUET, FileForm.ARROW])


def written(folder: Path, form: FileForm, frame: pl.DataFrame, chunk: int = 1000) -> Path:
    """The table in a file of this form, in pieces of ``chunk`` rows where the form knows pieces."""
    path = folder / f"table.{form}"
    if form is FileForm.CSV:
        frame.write_csv(path)
    elif form is FileForm.PARQUET:
        frame.write_parquet(path, row_group_size=chunk)
    else:
        whole = io.BytesIO()
        frame.write_ipc_stream(whole, compat_level=pl.CompatLevel.oldest())
        path.write_bytes(whole.getvalue())
    return path


class EngineConformance:
    """Inherited by the tests of each engine, which have a fixture ``engine``."""

    @pytest.fixture
    def csv(self, engine: Engine, tmp_path: Path):
        """Reads the bytes of a CSV file as one frame."""

        def read(content: bytes, *, rows: int = 2, columns: list[str] | None = None) -> pl.DataFrame:
            path = tmp_path / "given.csv"
            path.write_bytes(content)
            names = columns or list(engine.columns(path, FileForm.CSV))
            empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
            return pl.concat([empty, *engine.chunks(path, FileForm.CSV, rows=rows, columns=columns)])

        return read

    @FORMS
    def test_chunks_are_the_table_cut_in_pieces_in_its_order(self, engine, tmp_path, form):
        frame = pl.DataFrame({"n": range(2500), "t": [f"row {i}" for i in range(2500)]})
        chunks = list(engine.chunks(written(tmp_path, form, frame), form, rows=400))
        assert len(chunks) > 1
        assert all(chunk.height <= 1000 for chunk in chunks)
        assert_frame_equal(pl.concat(chunks).with_columns(pl.col("n").cast(pl.Int64)), frame)

    @FORMS
    def test_only_the_wanted_columns_come_and_in_the_wanted_order(self, engine, tmp_path, form):
        frame = pl.DataFrame({"a": ["1"], "b": ["2"], "c": ["3"]})
        chunks = list(engine.chunks(written(tmp_path, form, frame), form, rows=10, columns=["c", "a"]))
        assert [chunk.to_dicts() for chunk in chunks] == [[{"c": "3", "a": "1"}]]

    @FORMS
    def test_a_column_that_is_not_there_is_a_fault_of_the_file(self, engine, tmp_path, form):
        path = written(tmp_path, form, pl.DataFrame({"a": ["1"]}))
        with pytest.raises(FileUnreadable):
            list(engine.chunks(path, form, rows=10, columns=["b"]))

    @FORMS
    def test_an_empty_file_is_refused(self, engine, tmp_path, form):
        path = tmp_path / "empty"
        path.write_bytes(b"")
        with pytest.raises(FileUnreadable, match="file is empty"):
            engine.columns(path, form)
        with pytest.raises(FileUnreadable, match="file is empty"):
            list(engine.chunks(path, form, rows=10))

    @FORMS
    def test_a_table_without_rows_has_columns_and_no_rows(self, engine, tmp_path, form):
        path = written(tmp_path, form, pl.DataFrame(schema={"a": pl.String, "b": pl.String}))
        assert engine.columns(path, form) == ("a", "b")
        assert sum(chunk.height for chunk in engine.chunks(path, form, rows=10)) == 0

    @FORMS
    def test_another_form_than_announced_is_refused(self, engine, tmp_path, form):
        other = {FileForm.CSV: FileForm.PARQUET, FileForm.PARQUET: FileForm.ARROW, FileForm.ARROW: FileForm.CSV}[form]
        path = written(tmp_path, other, pl.DataFrame({"a": ["é" * 20], "b": ["2"]}))
        with pytest.raises(FileUnreadable):
            list(engine.chunks(path, form, rows=10))

    @TYPED
    def test_columns_without_a_name_are_refused_in_every_form(self, engine, tmp_path, form):
        path = written(tmp_path, form, pl.DataFrame({"a": [1], "": [2]}))
        with pytest.raises(FileUnreadable, match="Column 2 has no name"):
            engine.columns(path, form)

    @TYPED
    def test_nested_columns_do_not_disturb_the_others(self, engine, tmp_path, form):
        frame = pl.DataFrame({"a": [1, 2], "list": [[1], []], "struct": [{"x": 1}, {"x": None}]})
        path = written(tmp_path, form, frame)
        assert [c.to_dicts() for c in engine.chunks(path, form, rows=9, columns=["a"])] == [[{"a": 1}, {"a": 2}]]
        assert engine.columns(path, form) == ("a", "list", "struct")

    @TYPED
    def test_a_file_that_was_cut_off_is_refused(self, engine, tmp_path, form):
        path = written(tmp_path, form, pl.DataFrame({"n": range(500), "t": ["text"] * 500}))
        whole = path.read_bytes()
        for length in (5, len(whole) // 4, len(whole) // 2, len(whole) - 9):
            path.write_bytes(whole[:length])
            with pytest.raises(FileUnreadable):
                list(engine.chunks(path, form, rows=100))

    def test_a_damaged_parquet_footer_is_refused(self, engine, tmp_path):
        path = written(tmp_path, FileForm.PARQUET, pl.DataFrame({"n": range(500)}))
        content = bytearray(path.read_bytes())
        footer = int.from_bytes(content[-8:-4], "little") + 8
        content[-footer : 32 - footer] = bytes([255]) * 32
        path.write_bytes(content)
        with pytest.raises(FileUnreadable, match="cannot be read as Parquet"):
            list(engine.chunks(path, FileForm.PARQUET, rows=100))

    # ---------------------------------------------------------------- CSV

    def test_a_line_with_too_many_fields_is_named(self, csv):
        with pytest.raises(FileUnreadable, match=r"Line 3 has 3 fields, the header has 2 columns\."):
            csv(b"a,b\n1,2\n1,2,3\n")

    @pytest.mark.parametrize("line", [b"1", b'"x,y"', b"   ", b'"x ""y"", z"'])
    def test_a_line_with_too_few_fields_is_named(self, csv, line):
        with pytest.raises(FileUnreadable, match=r"Line 3 has 1 fields, the header has 2 columns\."):
            csv(b"a,b\n1,2\n" + line + b"\n3,4\n")

    def test_a_short_line_is_found_though_commas_and_line_breaks_in_quotes_hide_it(self, csv):
        with pytest.raises(FileUnreadable, match=r"Line 3 has 1 fields, the header has 3 columns\."):
            csv(b'a,b,c\n"p,q,r\ns,t,u"\n')

    def test_a_short_line_is_found_far_down_and_when_its_column_is_not_wanted(self, csv):
        with pytest.raises(FileUnreadable, match=r"Line 5002 has 1 fields"):
            csv(b"a,b\n" + b"1,2\n" * 5000 + b"1\n", rows=500, columns=["a"])

    @pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
    def test_a_blank_line_is_no_row_and_is_named(self, csv, ending):
        with pytest.raises(FileUnreadable, match=r"Line 3 is blank\."):
            csv(ending.join([b"a,b", b"1,2", b"", b"3,4", b""]))

    def test_a_blank_line_is_a_gap_where_there_is_one_column(self, csv):
        assert csv(b"a\n1\n\n3\n")["a"].to_list() == ["1", None, "3"]

    def test_quotes_hold_commas_line_breaks_and_quotes(self, csv):
        found = csv(b'a,b\n"x, y",1\n"two\nlines\n\nand a blank one",2\n"say ""hi""",\n')
        assert found["a"].to_list() == ["x, y", "two\nlines\n\nand a blank one", 'say "hi"']
        assert found["b"].to_list() == ["1", "2", None]

    def test_line_breaks_in_quotes_survive_the_cutting_into_chunks(self, csv):
        lines = [f'"{i},\n{i}",{i}\n' for i in range(5000)]
        found = csv(("a,b\n" + "".join(lines)).encode(), rows=100)
        assert found["a"].to_list() == [f"{i},\n{i}" for i in range(5000)]

    def test_gaps_in_the_last_column_are_missing_values(self, csv):
        assert csv(b"a,b\n1,\n,2\n,\n").rows() == [("1", None), (None, "2"), (None, None)]

    def test_a_long_quoted_field_above_a_gap_is_read(self, csv):
        text = "x," * 100_000
        assert csv(f'a,b\n"{text}",\n'.encode())["a"].to_list() == [text]

    @pytest.mark.parametrize("header", [b"a,b", b'"a",b', b'"a","b"'])
    def test_a_byte_order_mark_is_not_part_of_the_first_name(self, csv, header):
        assert csv(b"\xef\xbb\xbf" + header + b"\n1,2\n").to_dicts() == [{"a": "1", "b": "2"}]

    def test_carriage_returns_end_lines_and_are_in_no_value(self, csv):
        assert csv(b"a,b\r\n1,2\r\n3,\r\n").rows() == [("1", "2"), ("3", None)]

    def test_a_last_line_without_an_end_is_read(self, csv):
        assert csv(b"a,b\n1,2\n3,4").rows() == [("1", "2"), ("3", "4")]

    @pytest.mark.parametrize("content", [b"a,b", b"a,b\n", b"a,b\r\n", b"\xef\xbb\xbfa,b\n"])
    def test_a_header_alone_is_a_table_without_rows(self, csv, content):
        assert csv(content).to_dict(as_series=False) == {"a": [], "b": []}

    def test_values_come_as_the_text_that_is_written(self, csv):
        assert csv(b"a,b\n007,1.50\nTrue, x \n").rows() == [("007", "1.50"), ("True", " x ")]

    @pytest.mark.parametrize(("line", "content"), [(2, b"a,b\n1,\xff\n"), (4, b"a,b\n1,2\n3,4\n\xe9,5\n6,7\n")])
    def test_a_line_that_is_not_utf_8_is_named(self, csv, line, content):
        with pytest.raises(FileUnreadable, match=rf"Line {line} is not UTF-8"):
            csv(content)

    @pytest.mark.parametrize("content", [b"\xe9,b\n1,2\n", "a,b\n1,2\n".encode("utf-16")])
    def test_a_header_that_is_not_utf_8_is_refused(self, csv, content):
        with pytest.raises(FileUnreadable, match="header is not UTF-8"):
            csv(content)

    def test_an_open_quote_is_named(self, csv):
        with pytest.raises(FileUnreadable, match=r"Line \d cannot be read as CSV"):
            csv(b'a,b\n1,2\n"x,3\n')

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            (b"a,b,a", r"Columns 1 and 3 are both named 'a'"),
            (b"a,", "Column 2 has no name"),
            (b"a,  ,b", "Column 2 has no name"),
            (b"", "names no columns"),
            (b'a,"b', "header cannot be read as CSV"),
        ],
    )
    def test_a_header_with_unusable_names_is_refused(self, csv, header, message):
        with pytest.raises(FileUnreadable, match=message):
            csv(header + b"\n1,2,3\n")
