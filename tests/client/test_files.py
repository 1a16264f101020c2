import hashlib
from pathlib import Path

import polars as pl
import pytest

from assay.client import FileUnusable
from assay.client.files import ARROW_STREAM, CSV, PARQUET, content_type, sha256


def test_the_kind_is_found_by_the_first_bytes_whatever_the_name(tmp_path: Path) -> None:
    table = pl.DataFrame({"a": [1, 2]})
    table.write_parquet(tmp_path / "p.data")
    table.write_ipc_stream(tmp_path / "s.arrow")
    table.write_csv(tmp_path / "c.CSV")
    assert content_type(tmp_path / "p.data") == PARQUET
    assert content_type(tmp_path / "s.arrow") == ARROW_STREAM
    assert content_type(tmp_path / "c.CSV") == CSV


def test_an_arrow_file_is_told_from_a_stream(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1, 2]}).write_ipc(tmp_path / "f.arrow")
    with pytest.raises(FileUnusable, match="an Arrow file, and the server reads Arrow streams"):
        content_type(tmp_path / "f.arrow")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv.gz", b"\x1f\x8b\x08", r"packed \(\.gz\)"),
        ("a.xlsx", b"PK\x03\x04", "neither Parquet nor an Arrow stream"),
        ("a.csv", b"", "is empty"),
    ],
)
def test_other_files_are_refused_before_anything_is_sent(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileUnusable, match=words):
        content_type(tmp_path / name)


@pytest.mark.parametrize("act", [content_type, sha256])
def test_a_missing_file_is_told_by_name(tmp_path: Path, act: object) -> None:
    with pytest.raises(FileUnusable, match=r"Cannot read '.*nothing\.csv': No such file or directory\."):
        act(tmp_path / "nothing.csv")  # type: ignore[operator]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="Is a directory"):
        content_type(tmp_path)


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")
    assert sha256(tmp_path / "a.csv") == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
