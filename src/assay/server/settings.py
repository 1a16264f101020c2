"""How the server is set up: by options, else by the environment (``ASSAY_...``), else by these defaults."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assay.records.limits import Limits
from assay.server.logs import LogFormat
from assay.storage.remote.files import RemoteFiles
from assay.storage.remote.hosts import AllowedHosts
from assay.storage.remote.signing import StoreKeys


class ServerSettings(BaseSettings):
    """Settings of ``assay serve`` and its relatives.

    Attributes
    ----------
    data_dir : Path
        The folder of the database and the blobs, where these are not kept elsewhere.
    database_url : str
        A PostgreSQL database instead, ``postgresql://user:password@host:5432/name``; for any number of processes.
    database_connections : int
        How many connections to it one process opens at most.
    blobs_url : str
        With a database elsewhere: where the blobs are, ``file:///folder`` (which every process must see) or
        ``s3://bucket/prefix?endpoint=https://host&region=name``.
    blobs_access_key_id, blobs_secret_access_key : str
        The keys of that bucket; without them the usual places of AWS's tools are looked at.
    secret_key : str
        With a database elsewhere: the key of token hashes, 64 hexadecimal digits, the same for every process.
    secret_key_file : Path
        A file that holds it, instead.
    host, port : str, int
        Where to listen. Loopback unless told.
    workers : int
        Threads that run jobs; with 0 the process only answers calls, and ``assay worker`` runs them elsewhere.
    lease_seconds : float
        How long a worker may be silent, because it was killed, before its job is begun anew by another.
    blob_grace_hours : float
        How old a blob must be that no row refers to before it is swept: longer than any call or upload takes.
    shutdown_seconds : float
        How long requests and jobs may go on once the server was told to stop. Jobs that take longer are given back.
    log_level, log_format : str
        Least level that is logged; ``json``, ``text``, or ``auto`` for text on a terminal and JSON elsewhere.
    intake_hosts : str
        Hosts, with commas between, that monitoring jobs may read files from: names and addresses with or without a
        port, and networks of addresses that are not public. None unless told.
    intake_s3_endpoint, intake_s3_region, intake_s3_access_key_id, intake_s3_secret_access_key : str
        The S3-compatible store that is meant when a job names none, and the credentials for all of them.
    idempotency_days : int
        How long the answer to a call under an ``Idempotency-Key`` is kept to be given again.
    trusted_proxies : tuple of str
        Addresses or networks, with commas between in the environment, whose ``X-Forwarded-Proto``, ``-Host``,
        ``-Prefix`` and ``Forwarded`` headers count. None unless told.
    """

    model_config = SettingsConfigDict(env_prefix="ASSAY_", extra="ignore")

    data_dir: Path = Path("assay-data")
    database_url: SecretStr | None = None
    database_connections: Annotated[int, Field(ge=2, le=1_000)] = 10
    blobs_url: str | None = None
    blobs_access_key_id: str | None = None
    blobs_secret_access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8700
    workers: Annotated[int, Field(ge=0, le=64)] = 2
    lease_seconds: Annotated[float, Field(ge=1, le=3_600)] = 30.0
    blob_grace_hours: Annotated[float, Field(ge=1)] = 24.0
    shutdown_seconds: Annotated[float, Field(ge=0)] = 25.0
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    log_format: LogFormat = "auto"
    intake_hosts: str | None = None
    intake_s3_endpoint: str | None = None
    intake_s3_region: str = "us-east-1"
    intake_s3_access_key_id: str | None = None
    intake_s3_secret_access_key: SecretStr | None = None
    idempotency_days: Annotated[int, Field(ge=1)] = 7
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()

    @property
    def place(self) -> str:
        """Where the data is, for people: without what must not be shown."""
        if self.database_url is None:
            return str(self.data_dir)
        parts = urlsplit(self.database_url.get_secret_value())
        return f"PostgreSQL, {parts.hostname or 'this host'}{parts.path}"

    @property
    def limits(self) -> Limits:
        """Bounds that these settings change."""
        return Limits(
            idempotency_keys_kept=timedelta(days=self.idempotency_days),
            blob_grace=timedelta(hours=self.blob_grace_hours),
            job_lease=timedelta(seconds=self.lease_seconds),
        )

    @property
    def remote_files(self) -> RemoteFiles:
        """What monitoring jobs may read from elsewhere."""
        key, secret = self.intake_s3_access_key_id, self.intake_s3_secret_access_key
        return RemoteFiles(
            hosts=AllowedHosts.of(self.intake_hosts or ""),
            keys=None
            if key is None or secret is None
            else StoreKeys(key, secret.get_secret_value(), self.intake_s3_region),
            endpoint=self.intake_s3_endpoint,
        )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ip_network(text, strict=False)
        return value
