"""Who may do what: no call without a token, nothing of anybody else's, no id of another shape."""

import pytest
from tests.http.operations import BATCH, BY_NAME, DEPLOYMENT, OPERATIONS, UNKNOWN, Operation, things_of
from tests.material import Ready
from tests.serving import Served, User

EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
OWNED = pytest.mark.parametrize(
    "operation", [o for o in OPERATIONS if o.owned is not None], ids=lambda operation: operation.name
)
IN_PATH = [o for o in OPERATIONS if "{" in o.path]

# What stands for an id and cannot be one.
NO_IDS = ["x", "0", "null", "65A0000000000000000000FF", "65a0", "65a0000000000000000000ff0", "..", "%00", "é"]


@pytest.fixture
def things(served: Served, binary: Ready) -> dict[str, str]:
    return things_of(served, binary)


def test_the_walks_below_leave_out_no_operation_that_is_served(served: Served) -> None:
    document = served.nobody.get("/openapi.json").json()
    described = {
        (operation["operationId"], method.upper())
        for operations in document["paths"].values()
        for method, operation in operations.items()
    }
    assert {(operation.name, operation.method) for operation in OPERATIONS} == described


@EVERY
def test_a_call_without_a_token_is_refused_before_anything_else(
    served: Served, things: dict[str, str], operation: Operation
) -> None:
    before = served.contents()
    answer = operation.run(served.nobody, things)
    assert answer.status_code == 401
    assert "invalid authorization header" in answer.json()["message"].lower()
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/json"
    assert served.contents() == before


@EVERY
def test_a_call_that_is_right_succeeds(served: Served, things: dict[str, str], operation: Operation) -> None:
    # Otherwise the walks would prove nothing: a wrong call is refused in any case.
    assert operation.run(served.owner, things).status_code < 400


@EVERY
def test_an_admin_may_do_everything(served: Served, things: dict[str, str], operation: Operation) -> None:
    assert operation.run(served.admin, things).status_code < 400


@OWNED
def test_somebody_elses_object_looks_like_one_that_is_not_there(
    served: Served, things: dict[str, str], operation: Operation
) -> None:
    before = served.contents()
    theirs = operation.run(served.stranger, things)
    assert theirs.status_code == 404
    assert operation.owned is not None
    assert operation.owned in theirs.json()["message"]
    assert served.contents() == before
    missing = operation.run(served.stranger, dict.fromkeys(things, UNKNOWN))
    assert missing.status_code == 404
    known = [value for value in things.values() if len(value) == len(UNKNOWN)]
    assert _anonymous(theirs.json()["message"], known) == _anonymous(missing.json()["message"], [UNKNOWN])


def _anonymous(message: str, ids: list[str]) -> str:
    for one in ids:
        message = message.replace(one, "ID")
    return message


@pytest.mark.parametrize("operation", IN_PATH, ids=lambda operation: operation.name)
def test_an_id_of_another_shape_is_not_found(served: Served, things: dict[str, str], operation: Operation) -> None:
    names = [name for name in things if "{" + name + "}" in operation.path and name != "upload"]
    for name in names:
        for text in NO_IDS:
            answer = operation.run(served.owner, {**things, name: text})
            assert answer.status_code in {404, 405, 307}, (name, text, answer.text)
            if answer.status_code != 307:
                assert answer.json()["message"]


@pytest.mark.parametrize("operation", [o for o in IN_PATH if "{batch}" in o.path], ids=lambda operation: operation.name)
@pytest.mark.parametrize("text", [UNKNOWN, "nonsense"])
def test_an_unknown_batch_is_told_in_the_words_that_clients_look_for(
    served: Served, things: dict[str, str], operation: Operation, text: str
) -> None:
    answer = operation.run(served.owner, {**things, "batch": text})
    assert answer.status_code == 404
    assert BATCH in answer.json()["message"]
    assert text in answer.json()["message"]


@pytest.mark.parametrize("name", ["getFeatureDrift", "getTargetDrift", "getAccuracy", "getBatchServiceStats"])
def test_an_unknown_batch_in_the_query_is_told_in_the_same_words(
    served: Served, things: dict[str, str], name: str
) -> None:
    answer = BY_NAME[name].run(served.owner, {**things, "batch": UNKNOWN})
    assert answer.status_code == 404
    assert answer.json()["message"] == f"{BATCH}: {UNKNOWN}."


def test_a_batch_of_another_deployment_is_not_found(served: Served, things: dict[str, str], regression: Ready) -> None:
    for operation in IN_PATH:
        if "{batch}" in operation.path:
            answer = operation.run(served.owner, {**things, "deployment": regression.id})
            assert (operation.name, answer.status_code) == (operation.name, 404)
            assert BATCH in answer.json()["message"]


@pytest.mark.parametrize(
    "name", ["getAccuracy", "getAccuracyOverBatch", "getPredictionsOverBatch", "getPredictionsVsActualsOverBatch"]
)
def test_an_unknown_model_in_the_query_is_told_with_its_id(served: Served, things: dict[str, str], name: str) -> None:
    path = BY_NAME[name].path.format(**things)
    answer = served.owner.get(path, modelId=UNKNOWN)
    assert answer.status_code == 404
    message = answer.json()["message"]
    assert "Model" in message
    assert "not found" in message
    assert UNKNOWN in message


def test_an_unknown_model_of_a_batch_is_told_with_its_id(served: Served, things: dict[str, str]) -> None:
    for name in ("getMonitoringBatchModel", "updateMonitoringBatchModel"):
        answer = BY_NAME[name].run(served.owner, {**things, "model": UNKNOWN})
        assert answer.status_code == 404
        message = answer.json()["message"]
        assert message.startswith(f"Model {UNKNOWN} not found")


def test_drift_of_a_model_that_was_never_deployed_is_unknown_and_no_error(
    served: Served, things: dict[str, str], binary: Ready
) -> None:
    found = served.owner.read(binary.path("targetDrift"), modelId=UNKNOWN)
    assert (found["driftScore"], found["sampleSize"], found["modelId"]) == (None, None, None)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer assay_",
        "Bearer assay_65a0000000000000000000ff_secret",
        "Basic dXNlcjpwYXNz",
        "Bearer \xff\xfe",
        "token",
    ],
)
def test_a_wrong_token_is_refused_like_none(served: Served, header: str) -> None:
    answer = served.nobody.request("GET", "version/", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert "invalid authorization header" in answer.json()["message"].lower()


def test_a_token_with_another_secret_is_refused(served: Served) -> None:
    token = served.tokens["owner"]
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert User(served.client, changed, served).get("version/").status_code == 401


@pytest.mark.parametrize("form", ["Bearer {}", "Bearer  {}", "Token {}", "bearer {}", "TOKEN {} ", "  Bearer {}"])
def test_a_token_is_taken_in_every_form_that_clients_send(served: Served, form: str) -> None:
    header = form.format(served.tokens["owner"])
    assert served.nobody.request("GET", "version/", headers={"Authorization": header}).status_code == 200


def test_what_is_not_below_the_api_needs_no_token(served: Served) -> None:
    assert served.nobody.get("/openapi.json").status_code == 200


def test_lists_hold_the_callers_own_objects_and_an_admins_all(served: Served, things: dict[str, str]) -> None:
    for path, mine in (("deployments/", "deployment"), ("datasets/", "dataset"), ("modelPackages/", "package")):
        key = "datasetId" if mine == "dataset" else "id"
        for user, sees in ((served.owner, True), (served.admin, True), (served.stranger, False)):
            found = {item[key] for item in user.read(path)["data"]}
            assert (things[mine] in found) == sees
    assert served.stranger.read("status/")["data"] == []
    assert served.owner.read("status/")["data"] != []


def test_a_deleted_deployment_is_gone_for_every_operation(served: Served, things: dict[str, str]) -> None:
    assert served.owner.delete(f"deployments/{things['deployment']}/").status_code == 204
    for operation in OPERATIONS:
        if operation.owned == DEPLOYMENT:
            answer = operation.run(served.owner, things)
            assert (operation.name, answer.status_code) == (operation.name, 404)
            assert DEPLOYMENT in answer.json()["message"]
