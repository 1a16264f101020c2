"""Health settings, and the health that follows from them."""

from typing import Any

import polars as pl
import pytest
from tests.http import reference
from tests.http.reference import as_floats
from tests.material import (
    Ready,
    binary_block,
    binary_rows,
    deployed,
    new_batch,
    regression_block,
    regression_rows,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
)
from tests.serving import Served, User

DEFAULTS = {
    "service": {"batchCount": 1},
    "dataDrift": {
        "batchCount": 1,
        "timeInterval": "P7D",
        "driftThreshold": 0.15,
        "importanceThreshold": 0.5,
        "lowImportanceWarningCount": 1,
        "lowImportanceFailingCount": 0,
        "highImportanceWarningCount": 0,
        "highImportanceFailingCount": 1,
        "excludedFeatures": [],
        "starredFeatures": [],
    },
    "accuracy": {
        "batchCount": 1,
        "metric": "LogLoss",
        "measurement": "percent",
        "warningThreshold": 5.0,
        "failingThreshold": 10.0,
    },
    "fairness": {"protectedClassWarningCount": 1, "protectedClassFailingCount": 2},
    "customMetrics": {"warningConditions": [], "failingConditions": []},
    "predictionsTimeliness": {"enabled": False, "expectedFrequency": "P1D"},
    "actualsTimeliness": {"enabled": False, "expectedFrequency": "P1D"},
}


def settings(user: User, ready: Ready) -> Any:
    return user.read(ready.path("healthSettings"))


def change(user: User, ready: Ready, **groups: Any) -> Any:
    answer = user.patch(ready.path("healthSettings"), groups)
    assert answer.status_code == 200, answer.text
    return answer.json()


def health(user: User, ready: Ready, name: str) -> dict[str, Any]:
    return dict(user.read(ready.path())[f"{name}Health"])


# ------------------------------------------------------------------ settings


def test_a_new_deployment_has_the_defaults(owner: User, binary: Ready, regression: Ready) -> None:
    assert settings(owner, binary) == DEFAULTS
    assert owner.read(binary.path("healthSettings", "defaults")) == DEFAULTS
    assert settings(owner, regression)["accuracy"]["metric"] == "RMSE"


@pytest.mark.parametrize(
    "groups",
    [
        {"service": {"batchCount": 10_000}},
        {"dataDrift": {"driftThreshold": 1}},
        {"dataDrift": {"excludedFeatures": ["region"], "starredFeatures": ["income"], "timeInterval": "T2H"}},
        {"accuracy": {"metric": "AUC", "measurement": "value", "warningThreshold": 0.8, "failingThreshold": 0.7}},
        {"accuracy": {"warningThreshold": None, "failingThreshold": None}},
        {"fairness": {"protectedClassFailingCount": 7}},
        {
            "customMetrics": {
                "failingConditions": [
                    {"metricId": "m", "compareOperator": "lte", "threshold": 1.5, "categoryName": None},
                    {"metricId": "n", "compareOperator": "gt", "threshold": 0.0, "categoryName": "late"},
                ]
            }
        },
        {
            "predictionsTimeliness": {"enabled": True, "expectedFrequency": "PT6H"},
            "actualsTimeliness": {"enabled": True},
        },
        {"service": {}, "dataDrift": {}},
        {},
    ],
)
def test_only_what_is_sent_changes_and_the_answer_holds_all(
    owner: User, binary: Ready, regression: Ready, groups: dict[str, dict[str, Any]]
) -> None:
    first = change(owner, binary, dataDrift={"importanceThreshold": 0.75})
    expected = {name: {**first[name], **groups.get(name, {})} for name in DEFAULTS}
    assert change(owner, binary, **groups) == expected
    assert settings(owner, binary) == expected
    # All of it can be sent back as it was read, and other deployments keep theirs.
    assert change(owner, binary, **expected) == expected
    assert settings(owner, regression)["dataDrift"] == DEFAULTS["dataDrift"]
    assert owner.read(binary.path("healthSettings", "defaults")) == DEFAULTS


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"service": {"batchCount": 3}}, "service.batchCount"),
        ({"service": {"batchCount": None}}, "service.batchCount"),
        ({"service": None}, "service"),
        ({"dataDrift": {"driftThreshold": -0.1}}, "driftThreshold"),
        ({"dataDrift": {"driftThreshold": "0.1"}}, "driftThreshold"),
        ({"dataDrift": {"importanceThreshold": 1.5}}, "importanceThreshold"),
        ({"dataDrift": {"lowImportanceWarningCount": -1}}, "lowImportanceWarningCount"),
        ({"dataDrift": {"timeInterval": "a week"}}, "timeInterval"),
        ({"dataDrift": {"excludedFeatures": ["shoe size"]}}, "shoe size"),
        ({"dataDrift": {"starredFeatures": ["age"], "excludedFeatures": ["age"]}}, "both"),
        ({"accuracy": {"metric": "RMSE"}}, "accuracy.metric"),
        ({"accuracy": {"metric": None}}, "accuracy.metric"),
        ({"accuracy": {"measurement": "furlongs"}}, "accuracy.measurement"),
        ({"accuracy": {"warningThreshold": -1}}, "warningThreshold"),
        ({"accuracy": {"warningThreshold": 20}}, "worse"),
        (
            {"accuracy": {"metric": "AUC", "measurement": "value", "warningThreshold": 0.7, "failingThreshold": 0.8}},
            "worse",
        ),
        ({"accuracy": {"measurement": "value", "warningThreshold": 0.8, "failingThreshold": 0.7}}, "worse"),
        ({"customMetrics": {"warningConditions": [{"metricId": "m", "threshold": 1}]}}, "compareOperator"),
        (
            {"customMetrics": {"warningConditions": [{"metricId": "m", "compareOperator": "is", "threshold": 1}]}},
            "compareOperator",
        ),
        ({"predictionsTimeliness": {"expectedFrequency": "P"}}, "expectedFrequency"),
        ({"actualsTimeliness": {"enabled": 1}}, "actualsTimeliness.enabled"),
        ({"fairness": {"protectedClassWarningCount": 1.5}}, "protectedClassWarningCount"),
    ],
)
def test_settings_that_cannot_be_are_refused_and_nothing_is_kept(
    served: Served, binary: Ready, groups: dict[str, Any], words: str
) -> None:
    change(served.owner, binary, service={"batchCount": 5})
    before = served.contents()
    answer = served.owner.patch(binary.path("healthSettings"), {"actualsTimeliness": {"enabled": True}, **groups})
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_a_metric_without_a_better_side_makes_no_health(owner: User, regression: Ready) -> None:
    answer = owner.patch(regression.path("healthSettings"), {"accuracy": {"metric": "Mean Error"}})
    assert answer.status_code == 422
    assert "Mean Error" in answer.json()["message"]


# ------------------------------------------------------------------ health


def test_a_deployment_without_anything_is_unknown_and_says_why(owner: User, binary: Ready) -> None:
    for name in ("service", "model", "accuracy", "fairness"):
        found = health(owner, binary, name)
        assert found["status"] == "unknown"
        assert found["message"]
        # Clients take a text here or nothing.
        assert set(found) == {"status", "message"}
    owner.finished(owner.patch(binary.path("settings"), {"batchMonitoring": {"enabled": False}}))
    assert "batch monitoring is not enabled" in health(owner, binary, "model")["message"]


def test_service_health_is_that_of_the_latest_batches(owner: User, binary: Ready) -> None:
    errors: tuple[dict[str, Any], ...] = ({"systemError": True}, {"userError": True}, {}, {})
    for day, error in enumerate(errors, start=1):
        at = {"timestamp": f"2026-05-0{day}T00:00:00Z"}
        batch = new_batch(owner, binary)
        send_requests(owner, binary, *(request_of(binary, batch, **at, **one) for one in ({}, error)))
    new_batch(owner, binary, batchName="without requests")
    last = health(owner, binary, "service")
    assert last == {
        "status": "passing",
        "message": "All 2 requests succeeded.",
        "startDate": "2026-05-04T00:00:00Z",
        "endDate": "2026-05-04T00:00:00Z",
    }
    change(owner, binary, service={"batchCount": 5})
    five = health(owner, binary, "service")
    assert (five["status"], five["message"]) == ("failing", "1 of 8 requests failed in the server.")
    assert (five["startDate"], five["endDate"]) == ("2026-05-01T00:00:00Z", "2026-05-04T00:00:00Z")


def psi_of(ready: Ready, rows: pl.DataFrame) -> dict[str, float]:
    found = {
        name: reference.numeric_cells(as_floats(ready.training[name].to_list()), as_floats(rows[name].to_list()))
        for name in ("age", "income")
    }
    found["region"] = reference.level_cells(ready.training["region"].to_list(), rows["region"].to_list())
    return {name: reference.distances(*pair)["psi"] for name, pair in found.items()}


def test_drift_health_counts_drifted_features_by_importance(owner: User, binary: Ready) -> None:
    # Age, of importance 1, drifts; income and region, of 0.25 and 0, do not.
    rows, batch = binary_rows(81, 400, 1.0), new_batch(owner, binary)
    send_rows(owner, binary, binary_block(binary, rows, batch, timestamp="2026-05-01T00:00:00Z"))
    scores = psi_of(binary, rows)
    assert scores["age"] > 0.15 > max(scores["income"], scores["region"])
    found = health(owner, binary, "model")
    assert found["status"] == "failing"
    assert found["message"] == "1 of 3 features drifted (PSI above 0.15) over the batch 'a batch': age."
    assert found["startDate"] == found["endDate"] == "2026-05-01T00:00:00Z"
    small = min(scores["income"], scores["region"]) / 2
    for rule, status in (
        ({"highImportanceFailingCount": 2, "highImportanceWarningCount": 1}, "warning"),
        ({"highImportanceWarningCount": 0}, "passing"),
        ({"driftThreshold": small, "highImportanceFailingCount": 0}, "warning"),
        ({"lowImportanceFailingCount": 2}, "failing"),
        ({"lowImportanceFailingCount": 3}, "warning"),
        ({"starredFeatures": ["income", "region"], "highImportanceFailingCount": 3}, "failing"),
        ({"starredFeatures": [], "excludedFeatures": ["income", "region"]}, "passing"),
        ({"highImportanceFailingCount": 1}, "failing"),
        ({"driftThreshold": scores["age"] * 1.01}, "passing"),
        ({"driftThreshold": scores["age"] * 0.99}, "failing"),
        ({"excludedFeatures": ["age", "income", "region"]}, "unknown"),
    ):
        change(owner, binary, dataDrift=rule)
        assert health(owner, binary, "model")["status"] == status, rule


def test_drift_of_a_feature_of_unknown_importance_fails(served: Served) -> None:
    owner = served.owner
    training = binary_rows(88, 300).drop("id", "score")
    target = {"name": "target", "type": "Binary", "classNames": ["yes", "no"], "predictionProbabilitiesColumn": "score"}
    ready = deployed(owner, target, training, binary_rows(89, 100).drop("id"))
    rows, batch = binary_rows(90, 300, 2.0), new_batch(owner, ready)
    send_rows(owner, ready, binary_block(ready, rows, batch))
    assert psi_of(ready, rows)["age"] > 0.15
    assert health(owner, ready, "model")["status"] == "failing"


def test_drift_health_takes_the_latest_batches_together(owner: User, binary: Ready) -> None:
    parts = [binary_rows(82, 300, 2.0), binary_rows(83, 300, -2.0), binary_rows(84, 900)]
    for day, rows in enumerate(parts, start=1):
        batch = new_batch(owner, binary)
        send_rows(owner, binary, binary_block(binary, rows, batch, timestamp=f"2026-05-0{day}T00:00:00Z"))
    new_batch(owner, binary, batchName="empty")
    assert health(owner, binary, "model")["status"] == "passing"
    change(owner, binary, dataDrift={"batchCount": 5})
    together = psi_of(binary, pl.concat(parts))
    drifted = sum(score > 0.15 for score in together.values())
    found = health(owner, binary, "model")
    assert drifted > 0
    assert found["message"].startswith(f"{drifted} of 3 features drifted (PSI above 0.15) over the last 3 batches")
    assert (found["startDate"], found["endDate"]) == ("2026-05-01T00:00:00Z", "2026-05-03T00:00:00Z")
    owner.finished(owner.patch(binary.path("settings"), {"featureDrift": {"enabled": False}}))
    assert health(owner, binary, "model")["status"] == "unknown"


def test_accuracy_health_is_the_loss_against_the_holdout(owner: User, binary: Ready) -> None:
    rows, batch = binary_rows(85, 200), new_batch(owner, binary)
    scores = 0.5 + (rows["score"].to_numpy() - 0.5) * 0.2
    rows = rows.with_columns(pl.Series("score", scores.round(6)))
    send_rows(owner, binary, binary_block(binary, rows, batch))
    actuals = dict(zip(rows["id"], rows["target"], strict=True))
    send_actuals(owner, binary, dict(list(actuals.items())[:99]))
    few = health(owner, binary, "accuracy")
    assert (few["status"], "99 rows" in few["message"]) == ("unknown", True)
    send_actuals(owner, binary, actuals)

    def loss_of(frame: pl.DataFrame, metric: str) -> float:
        return reference.binary_accuracy((frame["target"] == "yes").to_numpy(), frame["score"].to_numpy())[metric]

    value, baseline = loss_of(rows, "LogLoss"), loss_of(binary.holdout, "LogLoss")
    lost = 100 * (value - baseline) / baseline
    assert lost > 10
    found = health(owner, binary, "accuracy")
    assert found["status"] == "failing"
    assert f"LogLoss of the batch 'a batch' is {value:.4g}, {baseline:.4g} on the holdout" in found["message"]
    auc = loss_of(rows, "AUC")
    for rule, status in (
        ({"warningThreshold": lost * 0.99, "failingThreshold": lost * 1.01}, "warning"),
        ({"warningThreshold": lost * 1.01, "failingThreshold": lost * 1.02}, "passing"),
        ({"warningThreshold": None, "failingThreshold": None}, "passing"),
        ({"measurement": "value", "warningThreshold": value * 0.99, "failingThreshold": value * 1.01}, "warning"),
        ({"warningThreshold": value * 0.98, "failingThreshold": value * 0.99}, "failing"),
        ({"metric": "AUC", "warningThreshold": auc * 1.01, "failingThreshold": auc * 0.99}, "warning"),
        ({"warningThreshold": auc * 1.02, "failingThreshold": auc * 1.01}, "failing"),
        ({"warningThreshold": auc * 0.99, "failingThreshold": auc * 0.98}, "passing"),
    ):
        change(owner, binary, accuracy=rule)
        assert health(owner, binary, "accuracy")["status"] == status, rule


def test_accuracy_health_of_a_regression_is_by_its_error(owner: User, regression: Ready) -> None:
    rows, batch = regression_rows(86, 150), new_batch(owner, regression)
    worse = rows.with_columns((pl.col("predicted") + 5.0).alias("predicted"))
    send_rows(owner, regression, regression_block(regression, worse, batch))
    send_actuals(owner, regression, dict(zip(rows["id"], rows["amount"], strict=True)))
    assert health(owner, regression, "accuracy")["status"] == "failing"


def test_accuracy_is_unavailable_where_nothing_joins_actuals(owner: User, binary: Ready) -> None:
    owner.finished(owner.patch(binary.path("settings"), {"associationId": {"columnNames": None}}))
    assert health(owner, binary, "accuracy")["status"] == "unavailable"


def test_health_settings_go_with_their_deployment(served: Served, binary: Ready) -> None:
    change(served.owner, binary, service={"batchCount": 5})
    served.owner.delete(binary.path())
    served.work()
    assert served.contents()["health_settings"] == []
