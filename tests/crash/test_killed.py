"""Servers are killed at random moments under load; nothing that was answered is lost, nothing counts twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import pytest
from tests.crash.calls import Caller
from tests.crash.driver import Driver, check, check_export, deployment
from tests.crash.services import Killer, Service, embedded, production
from tests.crash.truth import Truth
from tests.effort import SOAK
from tests.postgres import PostgresServer
from tests.s3 import Store
from tests.serving import Production
from tests.workflows.rows import CHURN_FEATURES, churn

CLIENTS = 4
CALLS = 10_000 if SOAK else 500
SEED = 20261125


@pytest.fixture
def directory(tmp_path: Path) -> Service:
    return embedded(tmp_path)


@pytest.fixture
def several(tmp_path: Path, postgres: PostgresServer, empty_database: str, s3: Store) -> Iterator[Service]:
    with postgres.database(empty_database) as address:
        yield production(tmp_path, Production(address, s3.bucket(f"crash-{tmp_path.name}")))


@pytest.mark.parametrize("which", ["directory", "several"])
def test_nothing_is_lost_and_nothing_counts_twice(which: str, request: pytest.FixtureRequest) -> None:
    service: Service = request.getfixturevalue(which)
    with ExitStack() as stack:
        stack.enter_context(service)
        callers = [stack.enter_context(closing(Caller(service.urls, service.token))) for _ in range(CLIENTS)]
        columns = [*CHURN_FEATURES, "outcome"]
        training = churn(1, 500)[columns]
        deployment_id, model_id = deployment(callers[0], training, churn(2, 300)[[*columns, "Yes"]])
        drivers = [
            Driver(caller, deployment_id, model_id, Truth(training), f"c{i}", Random(SEED + i), 10_000 * (i + 1))
            for i, caller in enumerate(callers)
        ]
        with Killer(service, SEED, pause=(1.0, 5.0)), ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(driver.run, CALLS // CLIENTS) for driver in drivers]:
                done.result()
        assert sum(caller.made for caller in callers) >= CALLS
        # What was answered by nobody was called again: else no kill has hit a call.
        assert sum(caller.repeated for caller in callers) > 0
        for driver in drivers:
            check(driver)
        check_export(callers[0], deployment_id, [driver.truth for driver in drivers])
        service.stop()
    assert service.kills >= 5
