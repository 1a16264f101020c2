"""Calls that schemathesis makes up from the API's own description, right ones and wrong ones."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.effort import SOAK, examples
from tests.http.operations import OPERATIONS, Operation, things_of
from tests.material import Prepared
from tests.serving import Served, serving

NINE = {
    "getMonitoringBatchLimits",
    "listMonitoringBatches",
    "createMonitoringBatch",
    "getMonitoringBatch",
    "updateMonitoringBatch",
    "deleteMonitoringBatch",
    "listMonitoringBatchModels",
    "getMonitoringBatchModel",
    "updateMonitoringBatchModel",
}

# It says that every call which the schemas allow should succeed. Ours cannot tell all that is refused: the contract
# has no bounds on texts, and ids are of what is there.
NOT_FOR_US = [positive_data_acceptance]


class Fuzzed:
    """A server to be called at random, and its description as schemathesis reads it."""

    def __init__(self, server: Served, things: dict[str, str]) -> None:
        self.server = server
        self.cases = 0
        config = schemathesis.Config.from_dict(
            # Parameters that nobody knows are passed over, and every call has its token.
            {"generation": {"allow-extra-parameters": False, "with-security-parameters": False}}
        )
        self.description = schemathesis.openapi.from_asgi("/openapi.json", server.client.app, config=config)
        self._known = {
            "deploymentId": things["deployment"],
            "monitoringBatchId": things["batch"],
            "modelId": things["model"],
            "modelPackageId": things["package"],
            "datasetId": things["dataset"],
            "statusId": things["status"],
            "uploadKey": things["upload"],
            "batchJobId": things["job"],
            "jobDefinitionId": things["definition"],
            "customMetricId": things["metric"],
            "predictionEnvironmentId": things["environment"],
        }

    def calls(self, operation: Operation) -> Any:
        """A strategy for calls of an operation, half of them wrong on purpose."""
        found = self.description.find_operation_by_id(operation.name)
        right, wrong = (
            found.as_strategy(generation_mode=mode)
            for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
        )
        return right | wrong

    def check(self, case: Any) -> None:
        """Make the call, with most ids those of what is there, and hold the answer against the description."""
        for name, value in (case.path_parameters or {}).items():
            if name in self._known and len(str(value)) % 4:
                case.path_parameters[name] = self._known[name]
        token = self.server.tokens["owner"]
        self.cases += 1
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=NOT_FOR_US)


@pytest.fixture(scope="module")
def fuzzed(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with prepared.copy(tmp_path_factory.mktemp("fuzzed") / "store") as place, serving(place, prepared.tokens) as server:
        yield Fuzzed(server, things_of(server, prepared.binary))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_answers_every_call_as_it_is_described(fuzzed: Fuzzed, operation: Operation) -> None:
    @examples(100 if SOAK or operation.name in NINE else 16)
    @given(case=fuzzed.calls(operation))
    def answers(case: Any) -> None:
        fuzzed.check(case)

    answers()


def test_that_were_enough_calls(fuzzed: Fuzzed) -> None:
    # Hypothesis ends earlier where an operation has fewer different calls than it may try.
    assert fuzzed.cases >= 2_000
