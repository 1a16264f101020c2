"""Signing a GET for an S3-compatible store: AWS Signature Version 4.

Definition: "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", Amazon S3 API
Reference.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ALGORITHM = "AWS4-HMAC-SHA256"
NO_BODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """Credentials of an S3-compatible store."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = "us-east-1"


def signed(
    keys: StoreKeys, host: str, path: str, now: datetime, more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Headers of a signed GET without a query.

    Parameters
    ----------
    host : str
        As the request's ``Host`` has it.
    path : str
        Quoted, as it goes over the wire.
    more : mapping, optional
        Further headers to send and sign, with names in lower case.
    """
    moment, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
    sent = {"x-amz-content-sha256": NO_BODY, "x-amz-date": moment, **(more or {})}
    headers = dict(sorted({"host": host, **sent}.items()))
    names = ";".join(headers)
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in headers.items())
    request = f"GET\n{path}\n\n{lines}\n{names}\n{NO_BODY}"
    scope = f"{day}/{keys.region}/s3/aws4_request"
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{keys.secret_access_key}".encode()
    for part in (day, keys.region, "s3", "aws4_request"):
        key = _hmac(key, part)
    signature = _hmac(key, text).hex()
    credential = f"{keys.access_key_id}/{scope}"
    return {
        **sent,
        "Authorization": f"{ALGORITHM} Credential={credential},SignedHeaders={names},Signature={signature}",
    }


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
