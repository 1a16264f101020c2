import math
import zlib

import numpy as np
import pytest

from assay.errors import FormatUnreadable
from assay.stats import container
from assay.stats.container import pack, unpack

ARRAYS = {"x": np.array([1, -2], dtype=np.int16), "y": np.array([0.5, math.inf, math.nan]), "none": np.empty(0)}


def test_what_was_packed_comes_back_bit_for_bit() -> None:
    contents = unpack(pack("demo", 1, {"é": [1, None, "ü"], "f": 0.1}, ARRAYS), kind="demo")
    assert contents.version == 1
    assert contents.fields == {"é": [1, None, "ü"], "f": 0.1}
    assert list(contents.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert contents.arrays[name].dtype == array.dtype
        assert contents.arrays[name].tobytes() == array.tobytes()


def test_the_bytes_are_a_function_of_the_content_alone() -> None:
    assert pack("demo", 1, {"a": 1, "b": 2}, {}) == pack("demo", 1, {"b": 2, "a": 1}, {})
    big_endian = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in ARRAYS.items()}
    assert pack("demo", 1, {}, big_endian) == pack("demo", 1, {}, ARRAYS)
    strided = {"x": np.arange(10)[::2]}
    assert pack("demo", 1, {}, strided) == pack("demo", 1, {}, {"x": np.array([0, 2, 4, 6, 8])})


def test_an_attachment_comes_back_as_it_is() -> None:
    assert unpack(pack("demo", 1, {}, {}, attachment=b"\x00ASY1"), kind="demo").attachment == b"\x00ASY1"
    assert unpack(pack("demo", 1, {}, {}), kind="demo").attachment == b""


def test_arrays_that_were_read_cannot_be_changed() -> None:
    array = unpack(pack("demo", 1, {}, ARRAYS), kind="demo").arrays["x"]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 7


def test_another_kind_is_refused_by_name() -> None:
    with pytest.raises(FormatUnreadable, match="Found a stored bins where a profile was expected"):
        unpack(pack("bins", 1, {}, {}), kind="profile")


def test_a_newer_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(FormatUnreadable, match=r"format 3; this program reads up to 2\. Use a newer Assay"):
        unpack(pack("demo", 3, {}, {}), kind="demo", newest=2)


def test_bytes_cut_off_anywhere_are_refused() -> None:
    data = pack("demo", 1, {"a": 1}, ARRAYS)
    for length in range(len(data)):
        with pytest.raises(FormatUnreadable):
            unpack(data[:length], kind="demo")


def test_a_flipped_byte_is_refused() -> None:
    data = pack("demo", 1, {"a": 1}, ARRAYS)
    for place in range(len(data)):
        with pytest.raises(FormatUnreadable):
            unpack(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :], kind="demo")


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b"not json",
        b"[" * 100_000,
        b'{"kind":"demo","version":1,"fields":[],"arrays":[]}',
        b'{"kind":"demo","version":1,"fields":{},"arrays":[["x","<f8",1]]}',
        b'{"kind":"demo","version":1,"fields":{},"arrays":[["x","O",0]]}',
        b'{"kind":"demo","version":1,"fields":{},"arrays":[["x","<f8"]]}',
        b'{"kind":"demo","version":1,"fields":{},"arrays":[["x","nonsense",0]]}',
        b'{"kind":"demo","version":1,"fields":{},"arrays":[["x","<f8",-7]]}',
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header: bytes) -> None:
    body = len(header).to_bytes(4, "little") + header
    with pytest.raises(FormatUnreadable):
        unpack(container.MAGIC + zlib.compress(body), kind="demo")


def test_bytes_that_inflate_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "LARGEST", 1000)
    assert unpack(pack("demo", 1, {}, {"x": np.zeros(90)}), kind="demo").arrays["x"].size == 90
    with pytest.raises(FormatUnreadable, match="inflate beyond 1000 bytes"):
        unpack(pack("demo", 1, {}, {"x": np.zeros(1000)}), kind="demo")
