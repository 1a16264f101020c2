"""Blobs as objects of an S3-compatible store."""

import base64
import hashlib
import posixpath
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import structlog

from assay.errors import BlobsUnavailable, Misconfigured
from assay.storage.base import PROBES, BlobEntry

log = structlog.get_logger(__name__)

PIECE = 1 << 20
# A store takes at most 10,000 parts, so a blob may have 80 GB; a few parts of one are in memory at a time.
PART = 8 << 20
DELETED_AT_ONCE = 1_000

CONNECT_SECONDS = 5
READ_SECONDS = 15
# A call that fails or is not answered is made again, after a short pause; then it has failed.
ATTEMPTS = 3
CONNECTIONS = 50
MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


@dataclass(frozen=True)
class Bucket:
    """Where blobs lie, and who may reach them; without a key the usual places of AWS are asked for one."""

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)


class S3Blobs:
    """Objects below a prefix of a bucket. An object is there whole or not at all: the store sees to that."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._prefix = f"{bucket.prefix.strip('/')}/" if bucket.prefix.strip("/") else ""
        self._client = _client(bucket)

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Send the bytes as they come, a part at a time; what is not finished is given up and never seen."""
        target = self._key(key)
        parts = _parts(chunks)
        first = next(parts, b"")
        second = next(parts, None)
        with self._answering():
            if second is None:
                self._client.put_object(Bucket=self.bucket.name, Key=target, Body=first, ContentMD5=_digest(first))
                return len(first)
            return self._put_in_parts(target, chain((first, second), parts))

    def _put_in_parts(self, target: str, parts: Iterable[bytes]) -> int:
        where: dict[str, Any] = {"Bucket": self.bucket.name, "Key": target}
        where["UploadId"] = self._client.create_multipart_upload(**where)["UploadId"]
        try:
            size, sent = 0, []
            for number, part in enumerate(parts, 1):
                answer = self._client.upload_part(**where, PartNumber=number, Body=part, ContentMD5=_digest(part))
                sent.append({"PartNumber": number, "ETag": answer["ETag"]})
                size += len(part)
            self._client.complete_multipart_upload(**where, MultipartUpload={"Parts": sent})
        except _store_faults():
            # It would not do this either. Its own clean-up, for which production.md has a rule, removes the parts.
            raise
        except BaseException:
            self._client.abort_multipart_upload(**where)
            raise
        return size

    def read(self, key: str) -> bytes:
        """All bytes of a blob."""
        return b"".join(self.stream(key))

    def stream(self, key: str) -> Iterator[bytes]:
        """The bytes of a blob, a mebibyte at a time. A connection that breaks is taken up where it broke."""
        target = self._key(key)
        at, tag, left = 0, None, ATTEMPTS
        while True:
            body, size, tag = self._open(target, key, at, tag)
            try:
                while piece := body.read(PIECE):
                    at += len(piece)
                    yield piece
            except _faults_on_the_way() as fault:
                left -= 1
                if not left:
                    raise _unreachable(fault) from fault
            finally:
                body.close()
            if at >= size:
                return

    def _open(self, target: str, key: str, at: int, tag: str | None) -> tuple[Any, int, str]:
        """The bytes from a place on, the size of the whole, and the mark of this version."""
        rest = {} if tag is None else {"Range": f"bytes={at}-", "IfMatch": tag}
        with self._answering(key):
            answer = self._client.get_object(Bucket=self.bucket.name, Key=target, **rest)
        return answer["Body"], at + int(answer["ContentLength"]), str(answer["ETag"])

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        """A temporary file."""
        with tempfile.NamedTemporaryFile(prefix="assay-blob-") as file:
            for piece in self.stream(key):
                file.write(piece)
            file.flush()
            yield Path(file.name)

    def list(self, prefix: str) -> Sequence[str]:
        """Keys that begin with the prefix, which ends at a folder."""
        asked = self._key(prefix) if prefix else self._prefix
        below = f"{asked}/" if prefix else asked
        with self._answering():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket.name, Prefix=asked)
            found = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return sorted(k.removeprefix(self._prefix) for k in found if k == asked or k.startswith(below))

    def delete(self, prefix: str) -> None:
        """Remove a blob, or all below a folder, a thousand in a call."""
        self._key(prefix)
        found = [self._prefix + key for key in self.list(prefix)]
        for start in range(0, len(found), DELETED_AT_ONCE):
            some = [{"Key": key} for key in found[start : start + DELETED_AT_ONCE]]
            with self._answering():
                answer = self._client.delete_objects(Bucket=self.bucket.name, Delete={"Objects": some, "Quiet": True})
            failed = answer.get("Errors", [])
            if failed:
                raise _unavailable(f"it kept {len(failed)} of {len(some)} objects: {failed[0].get('Code')}")

    def entries(self, prefix: str) -> Iterator[BlobEntry]:
        """The same with their sizes and times, a thousand in a call."""
        asked = self._key(prefix) if prefix else self._prefix
        below = f"{asked}/" if prefix else asked
        with self._answering():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket.name, Prefix=asked)
            for entry in chain.from_iterable(page.get("Contents", ()) for page in pages):
                if entry["Key"] == asked or entry["Key"].startswith(below):
                    key = entry["Key"].removeprefix(self._prefix)
                    yield BlobEntry(key, int(entry["Size"]), entry["LastModified"].astimezone(UTC))

    def trouble(self) -> str | None:
        """Why no blob can be written now, tried by writing one; None when it can."""
        key = f"{PROBES}/{secrets.token_hex(12)}"
        try:
            self.put(key, [b"probe"])
            self.delete(key)
        except BlobsUnavailable as fault:
            return str(fault)
        return None

    def _key(self, key: str) -> str:
        # Keys hold only ids of the server's own making, so either is a fault of the program, not of a caller.
        plain = posixpath.normpath(key)
        if plain == ".":
            raise ValueError(f"Blob prefix {key!r} stands for every blob.")
        if plain.startswith(("/", "..")):
            raise ValueError(f"Blob key {key!r} leads out of the blob folder.")
        return self._prefix + plain

    @contextmanager
    def _answering(self, key: str | None = None) -> Iterator[None]:
        try:
            yield
        except _store_faults() as fault:
            answer = getattr(fault, "response", None)
            if answer is None:
                raise _unreachable(fault) from fault
            code = str(answer.get("Error", {}).get("Code", "an error"))
            if key is not None and code in MISSING:
                raise FileNotFoundError(key) from fault
            raise _unavailable(f"it answered {code}") from fault


def _unreachable(fault: Exception) -> BlobsUnavailable:
    # What the client says has addresses in it, which are the operator's business.
    log.warning("blobs.unreachable", reason=str(fault)[:500])
    return _unavailable("it cannot be reached, or does not answer")


def _unavailable(reason: str) -> BlobsUnavailable:
    return BlobsUnavailable(f"The blob store cannot do this now: {reason}. Nothing was stored; send the call again.")


def _client(bucket: Bucket) -> Any:
    session = _session()
    from botocore.config import Config  # noqa: PLC0415  # an extra

    return session.client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS,
            # Stores other than AWS seldom know the newer checksums; ours is the MD5 that all of them check.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "auto" if bucket.endpoint is None else "path"},
        ),
    )


@cache
def _session() -> Any:
    """The one that all clients share, because each reads the descriptions of the services anew."""
    try:
        import boto3  # noqa: PLC0415  # an extra, looked for where it is needed
    except ImportError as fault:
        raise Misconfigured(
            "A blob store by S3 needs the client boto3, which is not installed: pip install 'assay[s3]'."
        ) from fault
    return boto3.session.Session()


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of the size of a part, but for the last."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PART:
            yield bytes(waiting[:PART])
            del waiting[:PART]
    if waiting:
        yield bytes(waiting)


def _digest(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _store_faults() -> tuple[type[Exception], ...]:
    """The store says no, or nothing."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # an extra

    return (BotoCoreError, ClientError)


def _faults_on_the_way() -> tuple[type[Exception], ...]:
    """What can happen to a body between the store and here."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415  # an extra
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    return (BotoCoreError, HTTPError, OSError)
