"""Splitting an Arrow stream, so that it can be read one record batch at a time.

Polars reads a stream only as a whole. A stream is a row of messages: the schema, dictionaries, record batches.
Each record batch, put behind the schema and the dictionaries so far, is a complete small stream of its own.

Format: Apache Arrow columnar format, "Encapsulated message format" and "IPC streaming format".
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from assay.errors import FileUnreadable

CONTINUATION = b"\xff\xff\xff\xff"
END_OF_STREAM = CONTINUATION + bytes(4)
MAX_METADATA_BYTES = 64 * 2**20

SCHEMA, DICTIONARY, RECORD_BATCH = 1, 2, 3


class _Message(NamedTuple):
    kind: int
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
    head: list[bytes] = []
    batches = 0
    for message in _messages(file, max_bytes):
        if message.kind == RECORD_BATCH:
            batches += 1
            yield b"".join([*head, message.data, END_OF_STREAM])
        else:
            head.append(message.data)
    if not head:
        raise FileUnreadable("The Arrow stream is empty: expected at least its schema.")
    if batches == 0:
        yield b"".join([*head, END_OF_STREAM])


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
        kind, body_size = _header(metadata)
        if body_size > max_bytes:
            raise FileUnreadable(
                f"An Arrow record batch has {body_size} bytes, at most {max_bytes} can be read. Write smaller ones."
            )
        yield _Message(kind, prefix + metadata + _exactly(file, body_size))


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise FileUnreadable(f"The Arrow stream ends {size - len(data)} bytes too early: it is truncated.")
    return data


def _header(metadata: bytes) -> tuple[int, int]:
    """Kind and body length of a message: fields 1 and 3 of the flatbuffers table ``Message``."""
    try:
        (table,) = struct.unpack_from("<I", metadata, 0)
        (back,) = struct.unpack_from("<i", metadata, table)
        vtable = table - back
        (vtable_size,) = struct.unpack_from("<H", metadata, vtable)

        def field(number: int, form: str) -> int:
            place = 4 + 2 * number
            offset = struct.unpack_from("<H", metadata, vtable + place)[0] if place < vtable_size else 0
            return int(struct.unpack_from(form, metadata, table + offset)[0]) if offset else 0

        kind, body = field(1, "<B"), field(3, "<q")
    except struct.error as fault:
        raise FileUnreadable("The metadata of an Arrow message is damaged.") from fault
    if body < 0 or kind not in (SCHEMA, DICTIONARY, RECORD_BATCH):
        raise FileUnreadable(f"Found an Arrow message of kind {kind} with a body of {body} bytes.")
    return kind, body
