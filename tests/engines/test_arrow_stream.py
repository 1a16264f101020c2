"""Streams as pyarrow writes them, and damaged ones. In each of the latter only a refusal may come out."""

import io
import struct

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from assay.engines.arrow_stream import END_OF_STREAM, small_streams
from assay.engines.local import LocalEngine
from assay.errors import FileUnreadable
from assay.records.datasets import FileForm

pa = pytest.importorskip("pyarrow")
LARGEST = 1 << 20


def stream(*batches, schema=None, **options):
    """The record batches as one stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema or batches[0].schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def read(content, max_bytes=LARGEST):
    return [pl.read_ipc_stream(io.BytesIO(s)) for s in small_streams(io.BytesIO(content), max_bytes=max_bytes)]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("streams") / "damaged.arrow"


def through_the_engine(file, content):
    file.write_bytes(content)
    return list(LocalEngine().chunks(file, FileForm.ARROW, rows=100))


def levels(values):
    return pa.record_batch({"level": pa.array(values).dictionary_encode()})


def coded(codes, dictionary):
    return pa.record_batch({"level": pa.DictionaryArray.from_arrays(codes, dictionary)})


FIRST = pa.record_batch({"n": [1, 2], "t": ["x", None], "d": [0.5, -1.0]})
SECOND = pa.record_batch({"n": [3], "t": ["é"], "d": [None]}, schema=FIRST.schema)
PLAIN = stream(FIRST, SECOND)
PACKED = stream(FIRST, SECOND, compression="zstd")
CODED = stream(levels(["x", "y"]), levels(["z", "x"]))


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_every_record_batch_is_a_stream_of_its_own(compression):
    found = read(stream(FIRST, SECOND, FIRST, compression=compression))
    assert [frame.rows() for frame in found] == [_rows(batch) for batch in (FIRST, SECOND, FIRST)]


def _rows(batch):
    return [tuple(row.values()) for row in batch.to_pylist()]


def test_a_dictionary_is_known_to_every_later_record_batch():
    found = read(stream(coded([0, 1], ["x", "y"]), coded([1, None], ["x", "y"]), coded([1, 0], ["x", "y"])))
    assert [frame["level"].to_list() for frame in found] == [["x", "y"], ["y", None], ["y", "x"]]


def test_a_dictionary_that_comes_again_replaces_the_former():
    found = read(stream(levels(["x", "y"]), levels(["z", "x", "z"]), levels(["q"])))
    assert [frame["level"].to_list() for frame in found] == [["x", "y"], ["z", "x", "z"], ["q"]]


def test_replaced_dictionaries_do_not_pile_up():
    batches = [levels([f"{i} {'long' * 50}"]) for i in range(40)]
    sizes = [len(one) for one in small_streams(io.BytesIO(stream(*batches)), max_bytes=LARGEST)]
    assert max(sizes) < 2 * min(sizes)


def test_two_dictionaries_are_kept_apart():
    batches = [
        pa.record_batch({"a": pa.array([f"a{i}"]).dictionary_encode(), "b": pa.array([f"b{i}"]).dictionary_encode()})
        for i in range(3)
    ]
    assert [frame.rows() for frame in read(stream(*batches))] == [[(f"a{i}", f"b{i}")] for i in range(3)]


def test_a_dictionary_that_only_grows_is_refused_in_words(tmp_path):
    path = tmp_path / "delta.arrow"
    path.write_bytes(stream(coded([0, 1], ["x", "y"]), coded([2, 0], ["x", "y", "z"]), emit_dictionary_deltas=True))
    with pytest.raises(FileUnreadable, match="delta dictionary"):
        list(LocalEngine().chunks(path, FileForm.ARROW, rows=10))


def test_a_stream_without_record_batches_is_its_schema():
    assert [frame.schema.names() for frame in read(stream(schema=FIRST.schema))] == [["n", "t", "d"]]


def test_a_record_batch_without_rows_is_read():
    assert [frame.height for frame in read(stream(FIRST.slice(0, 0), FIRST))] == [0, 2]


def test_the_end_mark_may_be_missing_and_what_follows_it_is_not_read():
    assert PLAIN.endswith(END_OF_STREAM)
    assert len(read(PLAIN[:-8])) == len(read(PLAIN)) == len(read(PLAIN + b"anything")) == 2


@pytest.mark.parametrize("content", [b"", END_OF_STREAM])
def test_a_stream_without_a_schema_is_refused(content):
    with pytest.raises(FileUnreadable, match="expected at least its schema"):
        read(content)


def test_the_file_format_is_refused_by_name():
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, FIRST.schema) as writer:
        writer.write_batch(FIRST)
    with pytest.raises(FileUnreadable, match="not the Arrow file format"):
        read(sink.getvalue())


def test_a_stream_that_ends_inside_a_message_is_refused():
    ends = {len(PLAIN), len(PLAIN) - len(END_OF_STREAM)}
    for length in range(1, len(PLAIN)):
        cut = PLAIN[:length]
        if length in ends:
            continue
        try:
            found = read(cut)
        except FileUnreadable:
            continue
        # Only a cut between two messages looks like a shorter stream.
        assert len(found) == 1


def test_a_record_batch_that_is_too_large_is_refused():
    with pytest.raises(FileUnreadable, match="at most 100 can be read"):
        read(stream(pa.record_batch({"n": [1] * 100})), max_bytes=100)


def test_metadata_of_a_size_that_nobody_has_is_refused():
    with pytest.raises(FileUnreadable, match="bytes of metadata"):
        read(b"\xff\xff\xff\xff" + struct.pack("<i", 2**31 - 1))


@pytest.mark.parametrize("claimed", [2**62, 2**40, -2])
def test_a_buffer_that_claims_to_unpack_to_more_than_can_be_read_is_refused(file, claimed):
    # The first eight bytes of a compressed buffer say how long it is unpacked; memory would be set aside by them.
    batch = pa.record_batch({"n": pa.array([7] * 1000)})
    content = bytearray(stream(batch, compression="lz4"))
    place = content.rindex(struct.pack("<q", 8000))
    content[place : place + 8] = struct.pack("<q", claimed)
    with pytest.raises(FileUnreadable):
        through_the_engine(file, bytes(content))


def test_a_number_of_rows_that_nobody_has_is_refused(file):
    content = PLAIN.replace(struct.pack("<q", 2), struct.pack("<q", 2**61))
    with pytest.raises(FileUnreadable):
        through_the_engine(file, content)


@examples(150)
@given(
    content=st.sampled_from([PLAIN, PACKED, CODED]),
    faults=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4),
    length=st.none() | st.integers(0, 2000),
)
def test_of_a_damaged_stream_only_a_refusal_or_rows_come_out(file, content, faults, length):
    damaged = bytearray(content)
    for place, value in faults:
        damaged[place % len(damaged)] = value
    try:
        chunks = through_the_engine(file, damaged[:length])
    except FileUnreadable:
        return
    assert all(chunk.height <= 100 for chunk in chunks)
