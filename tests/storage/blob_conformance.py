"""What every blob store does alike; the tests of each inherit it."""

from datetime import UTC, datetime, timedelta

import pytest

from assay.storage.blobs import PIECE


class BlobConformance:
    """A subclass has a fixture ``blobs``: an empty store."""

    def test_a_blob_comes_back_whole_and_in_pieces(self, blobs):
        content = bytes(range(256)) * 10_000
        assert blobs.put("a/b.bin", [content[:7], b"", content[7:]]) == len(content)
        assert blobs.read("a/b.bin") == content
        pieces = list(blobs.stream("a/b.bin"))
        assert b"".join(pieces) == content
        assert max(map(len, pieces)) <= PIECE < len(content)

    def test_an_empty_blob_is_a_blob(self, blobs):
        assert blobs.put("empty", []) == 0
        assert blobs.read("empty") == b""
        assert list(blobs.stream("empty")) == []
        assert blobs.list("empty") == ["empty"]

    def test_a_blob_that_is_not_there_is_not_found(self, blobs):
        blobs.put("a/b", [b"x"])
        for key in ("a/c", "a", "a/b/c"):
            with pytest.raises(OSError, match=key.replace("/", ".")) as raised:
                blobs.read(key)
            assert isinstance(raised.value, (FileNotFoundError, IsADirectoryError, NotADirectoryError))
        with pytest.raises(FileNotFoundError):
            list(blobs.stream("c"))
        with pytest.raises(FileNotFoundError), blobs.local_copy("c") as path:
            path.read_bytes()

    def test_an_error_in_the_middle_leaves_nothing(self, blobs):
        with pytest.raises(ConnectionError):
            blobs.put("a/b", broken(b"half"))
        assert blobs.list("") == []

    def test_an_error_in_the_middle_keeps_what_was_there(self, blobs):
        blobs.put("a", [b"old"])
        with pytest.raises(ConnectionError):
            blobs.put("a", broken(b"new"))
        assert blobs.read("a") == b"old"

    def test_nothing_is_under_the_key_before_the_last_byte_has_come(self, blobs):
        def chunks():
            yield b"half"
            assert blobs.list("") == []
            with pytest.raises(FileNotFoundError):
                blobs.read("a/b")
            yield b"whole"

        blobs.put("a/b", chunks())
        assert blobs.list("") == ["a/b"]

    @pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "a/../../blobs2/x"])
    def test_a_key_cannot_leave_the_folder(self, blobs, key):
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

    def test_keys_are_listed_by_prefix_and_sorted(self, blobs):
        for key in ("rows/2/00001", "rows/2/00000", "rows/10/00000", "other"):
            blobs.put(key, [b"x"])
        assert blobs.list("rows/2") == ["rows/2/00000", "rows/2/00001"]
        assert blobs.list("rows") == ["rows/10/00000", "rows/2/00000", "rows/2/00001"]
        assert blobs.list("") == ["other", "rows/10/00000", "rows/2/00000", "rows/2/00001"]
        assert blobs.list("other") == ["other"]
        assert blobs.list("none") == []

    def test_a_prefix_is_deleted_with_all_below_it_and_nothing_beside_it(self, blobs):
        for key in ("rows/1/0", "rows/1/1", "rows/12/0", "rows/2"):
            blobs.put(key, [b"x"])
        blobs.delete("rows/1")
        assert blobs.list("rows") == ["rows/12/0", "rows/2"]
        blobs.delete("rows/2")
        blobs.delete("rows/2")
        assert blobs.list("") == ["rows/12/0"]

    @pytest.mark.parametrize("prefix", ["", ".", "rows/.."])
    def test_no_prefix_stands_for_everything(self, blobs, prefix):
        blobs.put("rows/1", [b"x"])
        with pytest.raises(ValueError, match="every blob"):
            blobs.delete(prefix)
        assert blobs.list("") == ["rows/1"]

    def test_a_local_copy_is_a_file_with_the_bytes(self, blobs):
        blobs.put("a/b", [b"bytes"])
        with blobs.local_copy("a/b") as path:
            assert path.read_bytes() == b"bytes"
        assert blobs.read("a/b") == b"bytes"


def broken(first):
    """Chunks of which the second never comes."""
    yield first
    raise ConnectionError

    def test_entries_tell_sizes_and_times_of_the_stores_own_clock(self, blobs):
        began = datetime.now(UTC) - timedelta(minutes=5)
        blobs.put("a/b", [b"12345"])
        blobs.put("a/c", [b""])
        blobs.put("ab", [b"1"])
        found = {entry.key: entry.size for entry in blobs.entries("")}
        assert found == {"a/b": 5, "a/c": 0, "ab": 1}
        assert {entry.key for entry in blobs.entries("a")} == {"a/b", "a/c"}
        assert [entry.key for entry in blobs.entries("a/b")] == ["a/b"]
        assert list(blobs.entries("nothing")) == []
        assert all(began < entry.modified < datetime.now(UTC) + timedelta(minutes=5) for entry in blobs.entries(""))

    def test_a_store_that_can_be_written_has_no_trouble_and_keeps_no_trace_of_the_trial(self, blobs):
        assert blobs.trouble() is None
        assert list(blobs.entries("")) == []
