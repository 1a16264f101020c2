import pytest

from assay.engines.csv_dialect import checked, rewrite
from assay.errors import FileUnreadable, Invalid
from assay.records.job_specs import CsvForm


def rewritten(tmp_path, content, form):
    source, target = tmp_path / "old.csv", tmp_path / "new.csv"
    source.write_bytes(content)
    rewrite(source, checked(form), target)
    return target.read_bytes()


@pytest.mark.parametrize(
    ("content", "form", "expected"),
    [
        (b"a;b\r\n1,5;'x;y'\r\n", CsvForm(";", quotechar="'"), b'a,b\n"1,5",x;y\n'),
        (b"a\tb\n\t\n", CsvForm("tab"), b"a,b\n,\n"),
        ("a|b\nü|ß\n".encode("cp1252"), CsvForm("|", "windows-1252"), "a,b\nü,ß\n".encode()),
        ("a,b\n1,2\n".encode("utf-16"), CsvForm(encoding="utf-16"), b"a,b\n1,2\n"),
        (b"\xef\xbb\xbfa;b\n", CsvForm(";"), b"a,b\n"),
        (b'a;b\n"1\n2";"say ""x"""\n', CsvForm(";"), b'a,b\n"1\n2","say ""x"""\n'),
        (b"", CsvForm(";"), b""),
    ],
)
def test_a_file_is_written_in_the_usual_dialect(tmp_path, content, form, expected):
    assert rewritten(tmp_path, content, form) == expected


def test_a_file_of_another_encoding_is_refused_with_its_place(tmp_path):
    with pytest.raises(FileUnreadable, match="cannot be read as ascii"):
        rewritten(tmp_path, "a\nü\n".encode(), CsvForm(encoding="ascii"))


def test_a_broken_quotation_is_refused_with_its_line(tmp_path):
    with pytest.raises(FileUnreadable, match=r"Line 2 cannot be read as CSV"):
        rewritten(tmp_path, b'a;b\n"x"y;2\n', CsvForm(";"))


@pytest.mark.parametrize("form", [CsvForm("\n"), CsvForm(""), CsvForm(quotechar="''"), CsvForm(encoding="hex")])
def test_what_is_no_dialect_is_refused(form):
    with pytest.raises(Invalid, match="csvSettings"):
        checked(form)
