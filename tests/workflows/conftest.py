"""One server for all workflows of a test process, and the clients that call it."""

from collections.abc import Iterator

import pytest
from tests.process import Running, running
from tests.workflows.wire import COMMAND_LINE, LIBRARY, SDK, Wire, wire


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("workflows")) as server:
        yield server


@pytest.fixture(scope="session")
def cli(server: Running) -> Iterator[Wire]:
    """The command line program."""
    with wire(server, COMMAND_LINE) as client:
        yield client


@pytest.fixture(scope="session")
def library(server: Running) -> Iterator[Wire]:
    """The reporting library."""
    with wire(server, LIBRARY) as client:
        yield client


@pytest.fixture(scope="session")
def sdk(server: Running) -> Iterator[Wire]:
    """The general client."""
    with wire(server, SDK) as client:
        yield client
