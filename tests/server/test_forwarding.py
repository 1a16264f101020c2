"""Whom a running server believes about the address that a client called."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from assay.__main__ import app
from assay.monitoring import tokens
from assay.server.serving import Server
from assay.server.settings import ServerSettings
from assay.server.wiring import open_folder

TOLD = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "monitor.example", "X-Forwarded-Prefix": "/ml"}


@contextmanager
def running(folder: Path, settings: ServerSettings) -> Iterator[tuple[str, dict[str, str]]]:
    """A server on a port of its own: its address, and the header of somebody who may call it."""
    parts = open_folder(folder)
    server = Server(parts.context, settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.url, {"Authorization": f"Bearer {tokens.create(parts.context, 'ann', is_admin=True)}"}
    finally:
        server.stop()
        thread.join()
        parts.store.close()


@pytest.mark.parametrize(
    ("trusted", "root"),
    [("", None), ("10.0.0.0/8", None), ("10.0.0.0/8, 127.0.0.1", "https://monitor.example/ml")],
)
def test_a_server_believes_the_proxies_that_its_operator_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, root: str | None
) -> None:
    monkeypatch.setenv("ASSAY_TRUSTED_PROXIES", trusted)
    with running(tmp_path, ServerSettings(port=0)) as (url, token):
        answer = httpx2.get(f"{url}/api/v2/version", headers={**token, **TOLD})
    assert (answer.status_code, answer.headers["Location"]) == (307, f"{root or url}/api/v2/version/")


@pytest.mark.parametrize("address", ["nowhere", "10.0.0.0/99", "proxy.example"])
def test_a_proxy_that_is_no_address_is_refused_before_anything_starts(tmp_path: Path, address: str) -> None:
    run = CliRunner().invoke(app, ["serve", "--data-dir", str(tmp_path / "data"), "--trusted-proxy", address])
    assert run.exit_code == 2
    assert address in run.output
    assert not (tmp_path / "data").exists()
