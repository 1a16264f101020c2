"""Servers are killed at random moments under load; nothing that was answered is lost, nothing counts twice."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.crash.calls import Caller
from tests.crash.driver import Driver, check, check_export, deployment
from tests.crash.services import Killer, Service, embedded
from tests.crash.truth import Truth
from tests.effort import SOAK
from tests.workflows.rows import CHURN_FEATURES, churn

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = 4
CALLS = 10_000 if SOAK else 500
SEED = 20261125


@pytest.fixture(params=[embedded], ids=lambda make: make.__name__)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    make: Callable[[Path], Service] = request.param
    return make(tmp_path)


def test_nothing_is_lost_and_nothing_counts_twice(service: Service) -> None:
    service.start()
    with ExitStack() as stack:
        callers = [stack.enter_context(closing(Caller(service.urls, service.token))) for _ in range(CLIENTS)]
        columns = [*CHURN_FEATURES, "outcome"]
        training = churn(1, 500)[columns]
        deployment_id, model_id = deployment(callers[0], training, churn(2, 300)[[*columns, "Yes"]])
        drivers = [
            Driver(caller, deployment_id, model_id, Truth(training), f"c{i}", Random(SEED + i), 10_000 * (i + 1))
            for i, caller in enumerate(callers)
        ]
        with Killer(service, SEED, pause=(0.3, 1.5)), ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(driver.run, CALLS // CLIENTS) for driver in drivers]:
                done.result()
        for driver in drivers:
            check(driver)
        check_export(callers[0], deployment_id, [driver.truth for driver in drivers])
    assert service.kills >= 10
    service.stop()
