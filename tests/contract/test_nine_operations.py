"""The nine operations of the area are served as the public contract states them."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.comparison import deviations
from tests.serving import serving

CONTRACT = yaml.safe_load((Path(__file__).parent / "batch-monitoring.openapi.yaml").read_text(encoding="utf-8"))

BATCHES = "/api/v2/deployments/{deploymentId}/monitoringBatches/"
BATCH = BATCHES + "{monitoringBatchId}/"
MODEL = BATCH + "models/{modelId}/"
LIMITS = "/api/v2/deployments/{deploymentId}/monitoringBatchLimits/"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the server says of itself."""
    with serving(tmp_path_factory.mktemp("described")) as server:
        answer = server.nobody.get("/openapi.json")
        assert answer.status_code == 200
        return answer.json()


def test_the_contract_has_nine_operations() -> None:
    assert sum(len(operations) for operations in CONTRACT["paths"].values()) == 9


def test_the_served_description_agrees_with_the_contract(document: dict[str, Any]) -> None:
    assert deviations(document, CONTRACT) == []


def test_the_contract_agrees_with_itself() -> None:
    assert deviations(CONTRACT, CONTRACT) == []


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    return document["components"]["schemas"][name]


def parameter(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(p for p in document["paths"][BATCHES]["get"]["parameters"] if p["name"] == name)


def without_slash(document: dict[str, Any]) -> None:
    document["paths"][BATCH.rstrip("/")] = document["paths"].pop(BATCH)


def without_method(document: dict[str, Any]) -> None:
    del document["paths"][MODEL]["patch"]


def another_method(document: dict[str, Any]) -> None:
    document["paths"][BATCH]["put"] = document["paths"][BATCH]["patch"]


def another_operation_id(document: dict[str, Any]) -> None:
    document["paths"][LIMITS]["get"]["operationId"] = "getLimits"


def open_to_all(document: dict[str, Any]) -> None:
    del document["paths"][BATCHES]["get"]["security"]


def without_parameter(document: dict[str, Any]) -> None:
    document["paths"][BATCHES]["get"]["parameters"].remove(parameter(document, "endBefore"))


def another_parameter(document: dict[str, Any]) -> None:
    new = {"name": "status", "in": "query", "required": False, "schema": {"type": "string"}}
    document["paths"][BATCHES]["get"]["parameters"].append(new)


def renamed_parameter(document: dict[str, Any]) -> None:
    parameter(document, "createdBy")["name"] = "created_by"


def parameter_elsewhere(document: dict[str, Any]) -> None:
    parameter(document, "search")["in"] = "header"


def parameter_required(document: dict[str, Any]) -> None:
    parameter(document, "limit")["required"] = True


def parameter_of_another_type(document: dict[str, Any]) -> None:
    parameter(document, "offset")["schema"]["type"] = "string"


def parameter_of_another_format(document: dict[str, Any]) -> None:
    parameter(document, "startAfter")["schema"]["format"] = "date"


def parameter_with_a_pattern(document: dict[str, Any]) -> None:
    parameter(document, "createdBy")["schema"]["pattern"] = "[0-9a-f]{24}"


def order_lost(document: dict[str, Any]) -> None:
    parameter(document, "orderBy")["schema"]["enum"].remove("-name")


def order_added(document: dict[str, Any]) -> None:
    parameter(document, "orderBy")["schema"]["enum"].append("predictionsCount")


def body_required(document: dict[str, Any]) -> None:
    document["paths"][BATCHES]["post"]["requestBody"]["required"] = True


def body_lost(document: dict[str, Any]) -> None:
    del document["paths"][MODEL]["patch"]["requestBody"]


def body_of_another_kind(document: dict[str, Any]) -> None:
    content = document["paths"][BATCH]["patch"]["requestBody"]["content"]
    content["text/json"] = content.pop("application/json")


def body_field_lost(document: dict[str, Any]) -> None:
    del schema(document, "MonitoringBatchCreateUpdate")["properties"]["isLocked"]


def body_field_required(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchCreateUpdate")["required"] = ["batchName"]


def body_field_nullable(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchCreateUpdate")["properties"]["batchName"] = {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }


def body_field_with_a_default(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchCreateUpdate")["properties"]["isLocked"]["default"] = False


def body_field_bounded(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchCreateUpdate")["properties"]["batchName"]["maxLength"] = 512


def body_format_lost(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchCreateUpdate")["properties"]["externalContextUrl"].pop("format")


def another_success(document: dict[str, Any]) -> None:
    answers = document["paths"][BATCHES]["post"]["responses"]
    answers["201"] = answers.pop("200")


def one_success_more(document: dict[str, Any]) -> None:
    document["paths"][BATCH]["delete"]["responses"]["204"] = {"description": "Gone"}


def error_without_message(document: dict[str, Any]) -> None:
    document["paths"][BATCH]["get"]["responses"]["404"] = {"description": "Not found"}


def field_lost(document: dict[str, Any]) -> None:
    batch = schema(document, "MonitoringBatch")
    del batch["properties"]["serviceHealth"]
    batch["required"].remove("serviceHealth")


def field_added(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatch")["properties"]["verdict"] = {"type": "string"}


def field_not_required(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatch")["required"].remove("isLocked")


def field_required(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchListResponse")["required"].append("count")


def field_not_nullable(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatch")["properties"]["description"] = {"type": "string"}


def field_of_another_type(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatch")["properties"]["predictionsCount"]["type"] = "number"


def nested_field_of_another_type(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchServiceHealth")["properties"]["message"]["type"] = "array"


def time_without_format(document: dict[str, Any]) -> None:
    schema(document, "MonitoringBatchModel")["properties"]["startTime"].pop("format")


def link_without_format(document: dict[str, Any]) -> None:
    link = schema(document, "MonitoringBatchModelListResponse")["properties"]["next"]
    link.pop("format", None)
    for one in link.get("anyOf", []):
        one.pop("format", None)


def word_lost(document: dict[str, Any]) -> None:
    status = schema(document, "MonitoringBatch")["properties"]["batchPredictionJobStatus"]
    words = next(one["enum"] for one in [status, *status.get("anyOf", [])] if "enum" in one)
    words.remove("ABORTED")


def default_lost(document: dict[str, Any]) -> None:
    del schema(document, "MonitoringBatch")["properties"]["batchPredictionJobStatus"]["default"]


def items_of_another_kind(document: dict[str, Any]) -> None:
    data = schema(document, "MonitoringBatchListResponse")["properties"]["data"]
    data["items"] = {"$ref": "#/components/schemas/MonitoringBatchModel"}


@pytest.mark.parametrize(
    "change",
    [
        without_slash,
        without_method,
        another_method,
        another_operation_id,
        open_to_all,
        without_parameter,
        another_parameter,
        renamed_parameter,
        parameter_elsewhere,
        parameter_required,
        parameter_of_another_type,
        parameter_of_another_format,
        parameter_with_a_pattern,
        order_lost,
        order_added,
        body_required,
        body_lost,
        body_of_another_kind,
        body_field_lost,
        body_field_required,
        body_field_nullable,
        body_field_with_a_default,
        body_field_bounded,
        body_format_lost,
        another_success,
        one_success_more,
        error_without_message,
        field_lost,
        field_added,
        field_not_required,
        field_required,
        field_not_nullable,
        field_of_another_type,
        nested_field_of_another_type,
        time_without_format,
        link_without_format,
        word_lost,
        default_lost,
        items_of_another_kind,
    ],
)
def test_a_change_of_the_served_description_is_noticed(
    document: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    changed = copy.deepcopy(document)
    change(changed)
    assert deviations(changed, CONTRACT) != []


def test_what_may_be_added_is_not_a_deviation(document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    limit = parameter(changed, "limit")
    limit["description"] = "Most items."
    limit["schema"] |= {"title": "Limit", "minimum": 1, "maximum": 50, "default": 20}
    changed["paths"][BATCHES]["get"]["responses"]["429"] = changed["paths"][BATCHES]["get"]["responses"]["422"]
    changed["paths"]["/api/v2/other/"] = {"get": {"responses": {"200": {"description": "OK"}}}}
    assert deviations(changed, CONTRACT) == []
