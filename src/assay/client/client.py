"""The client: one object, one attribute per resource."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from assay.client.actuals import Actuals
from assay.client.audit import Audit
from assay.client.batches import Batches
from assay.client.custom_metrics import CustomMetrics
from assay.client.datasets import Datasets
from assay.client.deployments import Deployments
from assay.client.erasures import Erasures
from assay.client.exports import Exports
from assay.client.jobs import Jobs
from assay.client.limits import LimitsOfBatches
from assay.client.model_packages import ModelPackages
from assay.client.predictions import Predictions
from assay.client.service import Service
from assay.client.shapes import Json
from assay.client.transport import Transport
from assay.client.waiting import Patience

DEFAULT_URL = "http://127.0.0.1:8700"


class Client:
    """Talks to an Assay server.

    Parameters
    ----------
    url : str, optional
        Address of the server. By default ``ASSAY_URL``, and without it ``http://127.0.0.1:8700``.
    token : str, optional
        Bearer token. By default ``ASSAY_TOKEN``, and without it the content of the file that
        ``ASSAY_TOKEN_FILE`` names.
    timeout : float, default 120.0
        Seconds that the server may be silent during one call.
    patience : Patience, optional
        How often a call is made again, and how long a running job is waited for.

    Attributes
    ----------
    deployments : Deployments
    batches : Batches
    actuals : Actuals
    predictions : Predictions
    service : Service
    custom_metrics : CustomMetrics
    datasets : Datasets
    exports : Exports
    erasures : Erasures
    model_packages : ModelPackages
    jobs : Jobs
    limits : LimitsOfBatches
    audit : Audit

    Raises
    ------
    ValueError
        When the address or the token cannot be one.

    Examples
    --------
    >>> with Client("http://127.0.0.1:8700", "a-token") as client:
    ...     client.url
    'http://127.0.0.1:8700'
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 120.0,
        patience: Patience | None = None,
    ) -> None:
        self._transport = Transport(
            url or os.environ.get("ASSAY_URL") or DEFAULT_URL,
            token or _token_of_environment(),
            timeout=timeout,
            patience=patience or Patience(),
        )
        self.datasets = Datasets(self._transport)
        self.model_packages = ModelPackages(self._transport)
        self.deployments = Deployments(self._transport, self.datasets, self.model_packages)
        self.batches = Batches(self._transport)
        self.exports = Exports(self._transport, self.datasets)
        self.erasures = Erasures(self._transport)
        self.predictions = Predictions(self._transport)
        self.service = Service(self._transport)
        self.custom_metrics = CustomMetrics(self._transport, self.batches)
        self.actuals = Actuals(self._transport)
        self.jobs = Jobs(self._transport, self.datasets)
        self.limits = LimitsOfBatches(self._transport)
        self.audit = Audit(self._transport)

    @property
    def url(self) -> str:
        """Root of the server."""
        return self._transport.root

    @property
    def has_token(self) -> bool:
        """Whether a token is sent along."""
        return self._transport.has_token

    def version(self) -> Json:
        """Version of the API, as ``{"major": ..., "minor": ..., "versionString": ...}``.

        Raises
        ------
        AssayClientError
        """
        found: Json = self._transport.get("version/")
        return found

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Use the client in a ``with`` statement, which closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()


def _token_of_environment() -> str | None:
    token = os.environ.get("ASSAY_TOKEN", "").strip()
    file = os.environ.get("ASSAY_TOKEN_FILE", "").strip()
    if token or not file:
        return token or None
    return token_of_file(Path(file))


def token_of_file(path: Path) -> str:
    """The token that a file holds.

    Raises
    ------
    ValueError
        When the file cannot be read, or is empty.
    """
    try:
        token = path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"Cannot read the token file '{path}': {problem}.") from problem
    if not token:
        raise ValueError(f"The token file '{path}' is empty.")
    return token
