import os

import pytest

from assay.storage.blobs import PIECE, LocalBlobs


@pytest.fixture
def blobs(tmp_path):
    return LocalBlobs(tmp_path / "blobs")


def test_a_blob_comes_back_whole_and_in_pieces(blobs):
    content = bytes(range(256)) * 10_000
    assert blobs.put("a/b.bin", [content[:7], b"", content[7:]]) == len(content)
    assert blobs.read("a/b.bin") == content
    pieces = list(blobs.stream("a/b.bin"))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= PIECE < len(content)


def test_an_empty_blob_is_a_blob(blobs):
    assert blobs.put("empty", []) == 0
    assert blobs.read("empty") == b""
    assert list(blobs.stream("empty")) == []
    assert blobs.list("empty") == ["empty"]


def test_an_error_in_the_middle_leaves_nothing(blobs, tmp_path):
    def chunks():
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        blobs.put("a/b", chunks())
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert blobs.list("a") == []


def test_an_error_in_the_middle_keeps_what_was_there(blobs):
    def chunks():
        yield b"new"
        raise ConnectionError

    blobs.put("a", [b"old"])
    with pytest.raises(ConnectionError):
        blobs.put("a", chunks())
    assert blobs.read("a") == b"old"


def test_nothing_is_under_the_key_before_the_last_byte_has_come(blobs):
    def chunks():
        yield b"half"
        assert blobs.list("") == []
        with pytest.raises(FileNotFoundError):
            blobs.read("a/b")
        yield b"whole"

    blobs.put("a/b", chunks())
    assert blobs.list("") == ["a/b"]


def has_files_without_names(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY))
    except OSError:
        return False
    return True


def test_bytes_that_are_not_whole_yet_have_no_name_where_the_system_can(blobs):
    seen = []

    def chunks():
        yield b"half"
        seen.extend(p for p in blobs.root.rglob("*") if p.is_file())

    blobs.put("a/b", chunks())
    assert len(seen) == (0 if has_files_without_names(blobs.root) else 1)
    assert [p.name for p in blobs.root.rglob("*") if p.is_file()] == ["b"]


@pytest.mark.parametrize("lacking", ["flag", "handles"])
def test_a_system_without_files_of_no_name_keeps_blobs_all_the_same(blobs, monkeypatch, lacking):
    if lacking == "flag":
        monkeypatch.delattr(os, "O_TMPFILE")
    else:
        monkeypatch.setattr("assay.storage.blobs.HANDLES", blobs.root / "none")
    blobs.put("a/b", [b"bytes"])
    blobs.put("a/b", [b"more"])
    assert blobs.read("a/b") == b"more"
    assert [p.name for p in blobs.root.rglob("*") if p.is_file()] == ["b"]


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "a/../../blobs2/x", "link/x"])
def test_a_key_cannot_leave_the_folder(blobs, tmp_path, key):
    outside = tmp_path / "blobs2"
    outside.mkdir()
    (outside / "x").write_bytes(b"secret")
    (blobs.root / "link").symlink_to(outside)
    for act in (
        lambda: blobs.put(key, [b"x"]),
        lambda: blobs.read(key),
        lambda: list(blobs.stream(key)),
        lambda: blobs.list(key),
        lambda: blobs.delete(key),
        lambda: blobs.local_copy(key).__enter__(),
    ):
        with pytest.raises(ValueError, match="leads out of the blob folder"):
            act()
    assert (outside / "x").read_bytes() == b"secret"


def test_keys_are_listed_by_prefix_and_sorted(blobs):
    for key in ("rows/2/00001", "rows/2/00000", "rows/10/00000", "other"):
        blobs.put(key, [b"x"])
    assert blobs.list("rows/2") == ["rows/2/00000", "rows/2/00001"]
    assert blobs.list("rows") == ["rows/10/00000", "rows/2/00000", "rows/2/00001"]
    assert blobs.list("other") == ["other"]
    assert blobs.list("none") == []


@pytest.mark.parametrize("way", ["relative", "link"])
def test_keys_are_listed_however_the_folder_was_named(tmp_path, monkeypatch, way):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    blobs = LocalBlobs({"relative": tmp_path / "real", "link": tmp_path / "link"}[way].relative_to(tmp_path))
    blobs.put("a/b", [b"x"])
    monkeypatch.chdir("/")
    assert blobs.list("a") == ["a/b"]
    assert blobs.read("a/b") == b"x"


def test_a_prefix_is_deleted_with_all_below_it_and_nothing_beside_it(blobs):
    for key in ("rows/1/0", "rows/1/1", "rows/12/0", "rows/2"):
        blobs.put(key, [b"x"])
    blobs.delete("rows/1")
    assert blobs.list("rows") == ["rows/12/0", "rows/2"]
    blobs.delete("rows/2")
    blobs.delete("rows/2")
    assert blobs.list("") == ["rows/12/0"]


@pytest.mark.parametrize("prefix", ["", ".", "rows/.."])
def test_no_prefix_stands_for_everything(blobs, prefix):
    blobs.put("rows/1", [b"x"])
    with pytest.raises(ValueError, match="every blob"):
        blobs.delete(prefix)
    assert blobs.list("") == ["rows/1"]


def test_a_local_copy_is_a_file_with_the_bytes(blobs):
    blobs.put("a/b", [b"bytes"])
    with blobs.local_copy("a/b") as path:
        assert path.read_bytes() == b"bytes"
    assert blobs.read("a/b") == b"bytes"
