"""Hashes of bodies, taken while they are read: nothing is held in memory for it."""

import hashlib
from typing import Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from assay.errors import Malformed


class BodyHash(Protocol):
    """The hash of a body that comes in pieces."""

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        ...

    def hexdigest(self) -> str:
        """SHA-256 of what came, 64 hexadecimal digits."""
        ...


class PlainHash:
    """Of the bytes as they are."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        self._digest.update(piece)

    def hexdigest(self) -> str:
        """SHA-256 of the bytes."""
        return self._digest.hexdigest()


class FormHash:
    """Of a form's parts: of each its headers, which hold its name and its file's name, and its bytes.

    What separates the parts is drawn anew for every call, so the bytes as they are differ even where nothing else does.
    """

    def __init__(self, boundary: bytes) -> None:
        self._whole = hashlib.sha256(b"form")
        self._part = hashlib.sha256()
        self._head = bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header,
                "on_header_value": self._header,
                "on_header_end": self._header_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
            },
        )

    def feed(self, piece: bytes) -> None:
        """The next piece.

        Raises
        ------
        Malformed
            When it is no form.
        """
        try:
            self._parser.write(piece)
        except FormParserError as fault:
            raise Malformed(f"The form cannot be read: {fault}.") from fault

    def hexdigest(self) -> str:
        """SHA-256 over the hashes of the parts."""
        return self._whole.hexdigest()

    def _begin(self) -> None:
        self._part, self._head = hashlib.sha256(), bytearray()

    def _header(self, data: bytes, start: int, end: int) -> None:
        self._head += data[start:end]

    def _header_end(self) -> None:
        self._head += b"\r\n"

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._part.update(memoryview(data)[start:end])

    def _end(self) -> None:
        # Hashes have one length, so that no two lists of parts come to the same bytes.
        self._whole.update(hashlib.sha256(self._head).digest() + self._part.digest())


def body_hash(content_type: str) -> BodyHash:
    """The hash that fits a content type.

    Examples
    --------
    >>> whole = body_hash("application/json")
    >>> whole.feed(b"{}")
    >>> whole.hexdigest()[:16]
    '44136fa355b3678a'
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    return FormHash(boundary) if kind == b"multipart/form-data" and boundary else PlainHash()
