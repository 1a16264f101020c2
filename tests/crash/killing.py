"""Servers are killed at random moments under load; nothing that was answered is lost, nothing counts twice."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from random import Random

from tests.crash.calls import Caller
from tests.crash.driver import Driver, check, check_export, deployment
from tests.crash.services import Killer, Service
from tests.crash.truth import Truth
from tests.effort import SOAK
from tests.workflows.rows import CHURN_FEATURES, churn

CLIENTS = 4
CALLS = 10_000 if SOAK else 500
SEED = 20261125


def require_nothing_lost(service: Service) -> None:
    """Several clients call for a while, and are told the truth of it at the end."""
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
