"""Splitting an Arrow stream, so that it can be read one record batch at a time.

Polars reads a stream only as a whole. A stream is a row of messages: the schema, dictionaries, record batches.
Each record batch, put behind the schema and the dictionaries so far, is a complete small stream of its own.

Polars believes the sizes that a record batch states, and ends the process when it cannot set so much memory aside.
So they are compared first with the bytes that are really there.

Format: Apache Arrow columnar format, "Encapsulated message format" and "IPC streaming format"; the tables of the
metadata are those of ``Message.fbs``.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO, NamedTuple, Self

from assay.errors import FileUnreadable

CONTINUATION = b"\xff\xff\xff\xff"
END_OF_STREAM = CONTINUATION + bytes(4)
MAX_METADATA_BYTES = 64 * 2**20

SCHEMA, DICTIONARY, RECORD_BATCH = 1, 2, 3


class _Message(NamedTuple):
    kind: int
    dictionary: int
    data: bytes


def small_streams(file: BinaryIO, *, max_bytes: int) -> Iterator[bytes]:
    """Complete streams of one record batch each; the schema alone when there is no record batch.

    Parameters
    ----------
    file : binary file
        An Arrow stream, from its start.
    max_bytes : int
        Largest message that is read into memory.

    Raises
    ------
    FileUnreadable
        When the file is no Arrow stream, or ends inside a message.
    """
    # By dictionary; the schema is filed under None. A dictionary that comes again replaces the former one.
    head: dict[int | None, bytes] = {}
    batches = 0
    for message in _messages(file, max_bytes):
        if message.kind == RECORD_BATCH:
            batches += 1
            yield b"".join([*head.values(), message.data, END_OF_STREAM])
        elif message.kind == DICTIONARY:
            head[message.dictionary] = message.data
        else:
            head[None] = message.data
    if not head:
        raise FileUnreadable("The Arrow stream is empty: expected at least its schema.")
    if batches == 0:
        yield b"".join([*head.values(), END_OF_STREAM])


def _messages(file: BinaryIO, max_bytes: int) -> Iterator[_Message]:
    while prefix := file.read(8):
        if len(prefix) < 8 or prefix[:4] != CONTINUATION:
            raise FileUnreadable(
                f"Found {prefix[:8]!r} where an Arrow message begins, expected an Arrow IPC stream "
                "(application/vnd.apache.arrow.stream), not the Arrow file format."
            )
        size = int.from_bytes(prefix[4:], "little")
        if size == 0:
            return
        if size > MAX_METADATA_BYTES:
            raise FileUnreadable(f"An Arrow message announces {size} bytes of metadata.")
        metadata = _exactly(file, size)
        with _damage():
            message = _Table.root(metadata)
            kind, body_size = message.number(1, "<B"), message.number(3, "<q")
        if body_size < 0 or kind not in (SCHEMA, DICTIONARY, RECORD_BATCH):
            raise FileUnreadable(f"Found an Arrow message of kind {kind} with a body of {body_size} bytes.")
        if body_size > max_bytes:
            raise FileUnreadable(
                f"An Arrow record batch has {body_size} bytes, at most {max_bytes} can be read. Write smaller ones."
            )
        body = _exactly(file, body_size)
        with _damage():
            dictionary = _checked(kind, message.table(2), body, max_bytes)
        yield _Message(kind, dictionary, prefix + metadata + body)


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise FileUnreadable(f"The Arrow stream ends {size - len(data)} bytes too early: it is truncated.")
    return data


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except (struct.error, OverflowError) as fault:
        raise FileUnreadable("The metadata of an Arrow message is damaged.") from fault


def _checked(kind: int, header: "_Table", body: bytes, max_bytes: int) -> int:
    """Refuse sizes that the body cannot have; the id of a dictionary, else 0."""
    if kind == SCHEMA:
        return 0
    batch = header.table(1) if kind == DICTIONARY else header
    buffers = batch.pairs(2)
    compressed = batch.has(3)
    unpacked = 0
    for offset, size in buffers:
        if not 0 <= offset <= offset + size <= len(body):
            raise FileUnreadable(
                f"A column of an Arrow record batch is said to have {size} bytes at {offset} of {len(body)}."
            )
        if compressed and size:
            # -1 stands for bytes that were left as they are.
            unpacked += max(-1, struct.unpack_from("<q", body, offset)[0])
    rows = chain([batch.number(0, "<q")], *batch.pairs(1))
    if unpacked > max_bytes or not all(0 <= number <= max_bytes for number in rows):
        raise FileUnreadable(f"An Arrow record batch is larger than the {max_bytes} bytes or rows that can be read.")
    return header.number(0, "<q") if kind == DICTIONARY else 0


class _Table:
    """A table in flatbuffers form: its fields by number. Places outside of the data are a `struct.error`."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place
        self._fields = place - self._read("<i", place)
        self._size = self._read("<H", self._fields)

    @classmethod
    def root(cls, data: bytes) -> Self:
        """The table that the data is about."""
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def has(self, number: int) -> bool:
        """Whether the field is there."""
        return self._find(number) != 0

    def number(self, number: int, form: str) -> int:
        """A number, 0 unless stated."""
        place = self._find(number)
        return self._read(form, place) if place else 0

    def table(self, number: int) -> Self:
        """A table inside this one, which must be there."""
        return type(self)(self._data, self._follow(number))

    def pairs(self, number: int) -> list[tuple[int, int]]:
        """A list of pairs of numbers, empty unless stated."""
        if not self.has(number):
            return []
        start = self._follow(number)
        end = start + 4 + 16 * self._read("<I", start)
        if end > len(self._data):
            raise struct.error("the list goes on behind the data")
        return list(struct.iter_unpack("<qq", self._data[start + 4 : end]))

    def _follow(self, number: int) -> int:
        place = self._find(number)
        if not place:
            raise struct.error("a table is not there")
        return place + self._read("<I", place)

    def _find(self, number: int) -> int:
        entry = 4 + 2 * number
        offset = self._read("<H", self._fields + entry) if entry < self._size else 0
        return self._place + offset if offset else 0

    def _read(self, form: str, place: int) -> int:
        if place < 0:
            raise struct.error("a place before the data")
        return int(struct.unpack_from(form, self._data, place)[0])
