import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.engines.csv_faults import check_header, check_short_lines, locate
from assay.errors import FileUnreadable


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        return path

    return write


def test_a_sound_header_passes():
    check_header(["a", "A", " a", "b"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "names no columns"),
        (["a", ""], "Column 2 has no name"),
        ([" \t"], "Column 1 has no name"),
        (["a", "b", "b"], "Columns 2 and 3 are both named 'b'"),
    ],
)
def test_a_header_is_refused_with_the_place_of_its_fault(names, message):
    with pytest.raises(FileUnreadable, match=message):
        check_header(names)


def test_a_sound_file_has_no_fault_to_find(file):
    path = file(b'\xef\xbb\xbfa,b\r\n"1,\r\n2",3\r\n4,\r\n')
    locate(path, 2)
    check_short_lines(path, 2)


def test_the_line_is_counted_in_the_file_and_not_in_rows(file):
    with pytest.raises(FileUnreadable, match="Line 5 has 1 fields"):
        locate(file(b'a,b\n"one\nrow",2\n3,4\n5\n'), 2)


def test_the_first_faulty_line_is_named(file):
    with pytest.raises(FileUnreadable, match="Line 3 has 3 fields"):
        locate(file(b"a,b\n1,2\n1,2,3\n1\n"), 2)


def test_a_line_that_is_not_utf_8_is_found_far_down(file):
    with pytest.raises(FileUnreadable, match="Line 30002 is not UTF-8"):
        locate(file(b"a,b\n" + b"1,2\n" * 30_000 + b"\xff,2\n"), 2)


def test_a_file_of_one_column_has_no_short_lines(file):
    check_short_lines(file(b"a\n\n1\n"), 1)


FIELDS = st.text(alphabet=st.sampled_from('ab,"\n\r '), max_size=6)


@examples(150)
@given(rows=st.lists(st.lists(FIELDS, min_size=1, max_size=4), max_size=6))
def test_short_lines_are_found_exactly_where_there_are_any(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows([["a", "b", "c"], *rows])
    if all(len(row) == 3 for row in rows):
        check_short_lines(path, 3)
    else:
        with pytest.raises(FileUnreadable, match=r"Line \d+ has \d fields"):
            check_short_lines(path, 3)
