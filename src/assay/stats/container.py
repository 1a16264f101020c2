"""The one binary form of everything in ``assay.stats`` that is stored: a header and named arrays.

Layout: magic ``ASY1``, a zlib stream of (header length, header JSON, array bytes in header order), and after
it an attachment as it is: another container that few readers open, so that the others need not inflate it.
The header carries the kind and its version, so a reader can refuse what it does not know in words. Numbers
are little-endian; the bytes are a function of the content alone.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assay.errors import FormatUnreadable

MAGIC = b"ASY1"
# Bytes may come from outside: a stream that inflates beyond this is refused before it fills the memory.
LARGEST = 256 * 2**20
NUMBER_KINDS = "iuf"


@dataclass(frozen=True, slots=True)
class Contents:
    """What was packed: the header's own fields, the arrays by name, and the attachment."""

    version: int
    fields: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]
    attachment: bytes = b""


def pack(
    kind: str,
    version: int,
    fields: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    attachment: bytes = b"",
) -> bytes:
    """Bytes of a header and its arrays.

    Parameters
    ----------
    kind : str
        What is packed, such as ``"profile"``. `unpack` refuses another kind.
    version : int
        Version of the kind's own layout, from 1.
    fields : mapping
        JSON-able values. Floats keep every bit, infinities and NaN included.
    arrays : mapping of str to one-dimensional array
        Stored little-endian in their own dtype.
    attachment : bytes
        Put behind, not compressed again. Give it a check of its own: `unpack` hands it back unread.

    Examples
    --------
    >>> unpack(pack("demo", 1, {"a": 1}, {"x": np.array([1, 2])}), kind="demo").arrays["x"].tolist()
    [1, 2]
    """
    little = {name: np.ascontiguousarray(a).astype(a.dtype.newbyteorder("<")) for name, a in arrays.items()}
    header = {
        "kind": kind,
        "version": version,
        "fields": dict(fields),
        "arrays": [[name, a.dtype.str, a.size] for name, a in little.items()],
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    body = b"".join([len(text).to_bytes(4, "little"), text, *(a.tobytes() for a in little.values())])
    return MAGIC + zlib.compress(body, level=1) + attachment


def unpack(data: bytes, *, kind: str, newest: int = 1) -> Contents:
    """Header and arrays of bytes made by `pack`.

    Raises
    ------
    FormatUnreadable
        When the bytes are damaged, of another kind, of a version above ``newest``, or inflate beyond 256 MiB.
    """
    body, attachment = _inflate(data)
    length = int.from_bytes(body[:4], "little")
    try:
        header = json.loads(body[4 : 4 + length])
        found, version = header["kind"], int(header["version"])
        fields, layout = header["fields"], header["arrays"]
    except (ValueError, KeyError, TypeError, RecursionError) as damage:
        raise FormatUnreadable(f"The header of a stored {kind} cannot be read: {damage}.") from damage
    if not (isinstance(fields, dict) and isinstance(layout, list)):
        raise FormatUnreadable(f"The header of a stored {kind} cannot be read: it has no fields or no arrays.")
    if found != kind:
        raise FormatUnreadable(f"Found a stored {found} where a {kind} was expected.")
    if version > newest:
        raise FormatUnreadable(
            f"A stored {kind} has format {version}; this program reads up to {newest}. Use a newer Assay."
        )
    return Contents(version, fields, _arrays(body, 4 + length, layout, kind), attachment)


def _inflate(data: bytes) -> tuple[bytes, bytes]:
    if data[:4] != MAGIC:
        raise FormatUnreadable(f"Stored bytes begin with {data[:4]!r}, expected {MAGIC!r}.")
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(data[4:], LARGEST)
    except zlib.error as damage:
        raise FormatUnreadable(f"Stored bytes are damaged: {damage}.") from damage
    if not stream.eof:
        raise FormatUnreadable(f"Stored bytes are cut off, or inflate beyond {LARGEST} bytes.")
    return body, stream.unused_data


def _arrays(body: bytes, start: int, layout: list[Any], kind: str) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        for name, dtype, size in layout:
            numbers = np.dtype(dtype)
            if numbers.kind not in NUMBER_KINDS or size < 0:
                raise FormatUnreadable(f"A stored {kind} has an array {name} of {size} {dtype}, expected numbers.")
            arrays[name] = np.frombuffer(body, numbers, size, start)
            start += arrays[name].nbytes
    except (ValueError, TypeError) as damage:
        raise FormatUnreadable(f"The arrays of a stored {kind} cannot be read: {damage}.") from damage
    return arrays
