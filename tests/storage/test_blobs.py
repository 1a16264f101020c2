import errno
import os
import subprocess
import sys
import threading

import pytest
from tests.storage.blob_conformance import BlobConformance, broken

from assay.errors import BlobsUnavailable
from assay.storage.blobs import LocalBlobs


@pytest.fixture
def blobs(tmp_path):
    return LocalBlobs(tmp_path / "blobs")


class TestLocalBlobs(BlobConformance):
    pass


def test_an_error_in_the_middle_leaves_no_file_at_all(blobs, tmp_path):
    with pytest.raises(ConnectionError):
        blobs.put("a/b", broken(b"half"))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


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


@pytest.mark.parametrize("key", ["link/x", "../blobs2/x"])
def test_a_key_cannot_leave_the_folder_by_a_link(blobs, tmp_path, key):
    outside = tmp_path / "blobs2"
    outside.mkdir()
    (outside / "x").write_bytes(b"secret")
    (blobs.root / "link").symlink_to(outside)
    for act in (lambda: blobs.put(key, [b"x"]), lambda: blobs.read(key), lambda: blobs.delete(key)):
        with pytest.raises(ValueError, match="leads out of the blob folder"):
            act()
    assert (outside / "x").read_bytes() == b"secret"


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


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_leaves_nothing(blobs, number):
    def chunks():
        yield b"half"
        raise OSError(number, os.strerror(number))

    with pytest.raises(BlobsUnavailable, match="disk of the blobs is full"):
        blobs.put("a/b", chunks())
    assert [p for p in blobs.root.rglob("*") if p.is_file()] == []


def test_while_somebody_holds_the_blobs_none_is_deleted(tmp_path):
    blobs, other = LocalBlobs(tmp_path / "blobs"), LocalBlobs(tmp_path / "blobs")
    blobs.put("a/b", [b"x"])
    with blobs.held():
        other.delete("a")
        assert blobs.read("a/b") == b"x"
    other.delete("a")
    assert blobs.list("") == []


HOLD = """
import sys, time
from pathlib import Path
from assay.storage.blobs import LocalBlobs
with LocalBlobs(Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_process_that_is_killed_holds_nothing_any_more(tmp_path):
    blobs = LocalBlobs(tmp_path / "blobs")
    blobs.put("a/b", [b"x"])
    command = [sys.executable, "-c", HOLD, str(tmp_path / "blobs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        blobs.delete("a")
        assert blobs.list("") == ["a/b"]
        process.kill()
        process.wait()
    blobs.delete("a")
    assert blobs.list("") == []


def test_two_who_delete_do_not_stand_in_each_others_way(tmp_path):
    blobs = LocalBlobs(tmp_path / "blobs")
    for number in range(200):
        blobs.put(f"a/{number}", [b"x"])

    def delete(first):
        for number in range(first, 200, 4):
            blobs.delete(f"a/{number}")

    threads = [threading.Thread(target=delete, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert blobs.list("") == []


def test_blobs_that_cannot_be_written_are_told(tmp_path):
    blobs = LocalBlobs(tmp_path / "blobs")
    (tmp_path / "blobs" / "probes").write_text("in the way")
    assert blobs.trouble() is not None
