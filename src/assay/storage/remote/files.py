"""A file elsewhere, by a web address or by bucket and key."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import SplitResult, quote, urlsplit

from assay.errors import Invalid
from assay.storage.remote.hosts import AllowedHosts
from assay.storage.remote.signing import StoreKeys, signed
from assay.storage.remote.web import host_header, opened


@dataclass(frozen=True, slots=True)
class RemoteFiles:
    """Reads files from the hosts that the operator allows, with the server's own credentials.

    Attributes
    ----------
    hosts : AllowedHosts
        None unless told.
    keys : StoreKeys or None
        For S3-compatible stores; without them requests are not signed, which public buckets allow.
    endpoint : str or None
        The store that is meant when a job names none.
    """

    hosts: AllowedHosts = field(default_factory=AllowedHosts)
    keys: StoreKeys | None = None
    endpoint: str | None = None

    def check_url(self, url: str) -> None:
        """Refuse a web address that may not be read from."""
        self.hosts.check(url)

    def fetch(self, url: str, *, most: int) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes at a web address; see `opened` for what can go wrong."""
        return opened(self.hosts, url, most=most, headers=lambda _: {})

    def object_url(self, url: str, endpoint: str | None) -> str:
        """Where an object such as ``s3://bucket/key`` is read over HTTP.

        Raises
        ------
        Invalid
            When it names no object, or there is no store, or its host is not allowed.
        """
        bucket, _, key = url.removeprefix("s3://").partition("/")
        if not url.startswith("s3://") or not bucket or not key or key.endswith("/"):
            raise Invalid(f"intakeSettings.url: found {url[:64]!r}, expected one object, such as s3://bucket/rows.csv.")
        store = endpoint or self.endpoint
        if store is None:
            raise Invalid(
                "intakeSettings.endpointUrl: is missing, and the server has no store of its own "
                "(ASSAY_INTAKE_S3_ENDPOINT). Name the address of the S3-compatible store."
            )
        made = f"{store.rstrip('/')}/{quote(bucket, safe='')}/{quote(key, safe='/~')}"
        if self.hosts.check(made).query or urlsplit(store).fragment:
            raise Invalid(f"intakeSettings.endpointUrl: found {store[:64]!r}, expected an address without a query.")
        return made

    def fetch_object(self, url: str, endpoint: str | None, *, most: int) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of an object of an S3-compatible store."""
        # A redirect would lead to a place that the signature is not for.
        return opened(self.hosts, self.object_url(url, endpoint), most=most, headers=self._signed, redirects=0)

    def _signed(self, parts: SplitResult) -> Mapping[str, str]:
        if self.keys is None:
            return {}
        return signed(self.keys, host_header(parts), parts.path, datetime.now(UTC))
