"""Addresses of where things are kept, as the settings tell them."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from assay.errors import Misconfigured
from assay.storage.s3_blobs import Bucket

_OPTIONS = {"endpoint", "region"}
_EXPECTED = "expected file:///folder or s3://bucket/prefix?endpoint=https://host&region=name"


def blobs_place(url: str, keys: tuple[str | None, str | None] = (None, None)) -> Path | Bucket:
    """The folder or the bucket that ``ASSAY_BLOBS_URL`` names; ``keys`` are those of the bucket, if any are told.

    Raises
    ------
    Misconfigured
        When it names neither.

    Examples
    --------
    >>> blobs_place("file:///var/lib/assay/blobs")
    PosixPath('/var/lib/assay/blobs')
    >>> blobs_place("s3://models/assay?endpoint=http://store:9000&region=eu-central-1").endpoint
    'http://store:9000'
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        if parts.netloc not in {"", "localhost"} or len(path.parts) < 2:
            raise Misconfigured(f"ASSAY_BLOBS_URL: found '{url}', {_EXPECTED}.")
        return path
    if parts.scheme != "s3" or not parts.hostname:
        raise Misconfigured(f"ASSAY_BLOBS_URL: found '{parts.scheme}://{parts.netloc}', {_EXPECTED}.")
    if "@" in parts.netloc:
        raise Misconfigured(
            "ASSAY_BLOBS_URL: found keys in the address, where they would be logged. Set ASSAY_BLOBS_ACCESS_KEY_ID and "
            "ASSAY_BLOBS_SECRET_ACCESS_KEY instead."
        )
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if options.keys() - _OPTIONS:
        unknown = ", ".join(sorted(options.keys() - _OPTIONS))
        raise Misconfigured(f"ASSAY_BLOBS_URL: found the options {unknown}, {_EXPECTED}.")
    return Bucket(
        name=parts.netloc,
        prefix=unquote(parts.path).strip("/"),
        endpoint=options.get("endpoint"),
        region=options.get("region", "us-east-1"),
        access_key_id=keys[0],
        secret_access_key=keys[1],
    )
