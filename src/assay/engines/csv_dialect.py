"""CSV files of other dialects, rewritten the way the reader knows: commas, double quotes, UTF-8."""

import codecs
import csv
from pathlib import Path

from assay.errors import FileUnreadable, Invalid
from assay.records.job_specs import CsvForm

USUAL = CsvForm()


def checked(form: CsvForm) -> CsvForm:
    """The form in its plain spelling.

    Raises
    ------
    Invalid
        When delimiter or quotation mark are no single characters, or the encoding is not known.

    Examples
    --------
    >>> checked(CsvForm(delimiter="tab", encoding="latin1"))
    CsvForm(delimiter='\\t', encoding='iso8859-1', quotechar='"')
    """
    delimiter = "\t" if form.delimiter == "tab" else form.delimiter
    for name, mark in (("delimiter", delimiter), ("quotechar", form.quotechar)):
        if len(mark) != 1 or mark in "\r\n\x00":
            raise Invalid(f"csvSettings.{name}: found {mark[:16]!r}, expected one character.")
    if delimiter == form.quotechar:
        raise Invalid(f"csvSettings: found {delimiter!r} as the delimiter and as the quotation mark.")
    try:
        encoding = codecs.lookup(form.encoding).name
        "".encode(encoding)
    except LookupError as fault:
        raise Invalid(
            f"csvSettings.encoding: found {form.encoding[:32]!r}, expected an encoding such as utf-8."
        ) from fault
    return CsvForm(delimiter, encoding, form.quotechar)


def rewrite(source: Path, form: CsvForm, target: Path) -> None:
    """Write the rows of a file in the usual dialect, a row at a time.

    Raises
    ------
    FileUnreadable
        When the file is not of that dialect.
    """
    line = 0
    # A byte order mark belongs to the encoding, not to the first column's name.
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    try:
        with (
            source.open(encoding=encoding, newline="") as old,
            target.open("w", encoding="utf-8", newline="") as new,
        ):
            rows = csv.reader(old, delimiter=form.delimiter, quotechar=form.quotechar, strict=True)
            writer = csv.writer(new, lineterminator="\n")
            for fields in rows:
                writer.writerow(fields)
                line = rows.line_num
    except UnicodeError as fault:
        raise FileUnreadable(f"The file cannot be read as {form.encoding} behind line {line}.") from fault
    except csv.Error as fault:
        raise FileUnreadable(f"Line {line + 1} cannot be read as CSV: {fault}.") from fault
