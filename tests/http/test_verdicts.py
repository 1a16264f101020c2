"""Verdicts: passing where nothing changed, the planted fault named first, anew when facts or settings change."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.http.operations import UNKNOWN
from tests.material import (
    Ready,
    binary_block,
    binary_rows,
    new_batch,
    new_metric,
    regression_block,
    regression_rows,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
)
from tests.serving import Served, User

SECTIONS = ["dataQuality", "featureDrift", "predictions", "target", "service", "accuracy", "customMetrics"]


def verdict(user: User, ready: Ready, batch_id: str, **params: Any) -> dict[str, Any]:
    return dict(user.read(ready.path("monitoringBatches", batch_id, "verdict"), **params))


def history(user: User, ready: Ready, batch_id: str) -> list[dict[str, Any]]:
    return list(user.read(ready.path("monitoringBatches", batch_id, "verdicts"))["data"])


def filled(user: User, ready: Ready, frame: pl.DataFrame, **fields: Any) -> str:
    batch = new_batch(user, ready, **fields)
    send_rows(user, ready, binary_block(ready, frame, batch))
    return batch


def section(found: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(next(one for one in found["sections"] if one["name"] == name))


def outcomes(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.select("id", "target").iter_rows())


def test_a_batch_like_the_baseline_passes_and_every_section_says_on_what_it_rests(owner: User, binary: Ready) -> None:
    batch = filled(owner, binary, binary_rows(70, 400))
    found = verdict(owner, binary, batch)
    assert (found["status"], found["reasons"], found["waitingFor"]) == ("passing", [], [])
    assert [one["name"] for one in found["sections"]] == SECTIONS
    assert (found["predictionsCount"], found["rowsWithActual"], found["modelId"]) == (400, 0, binary.model_id)
    assert section(found, "featureDrift")["lookedAt"] == 3
    assert (section(found, "featureDrift")["rows"], section(found, "featureDrift")["baselineRows"]) == (400, 600)
    assert section(found, "predictions")["baselineRows"] == 400
    # Nothing is said of what nobody has told: no requests, no actuals, no conditions.
    unknown = [one["name"] for one in found["sections"] if one["status"] == "unknown"]
    assert unknown == ["target", "service", "accuracy", "customMetrics"]
    assert all(one["message"] for one in found["sections"])


def test_an_empty_batch_is_unknown(owner: User, binary: Ready) -> None:
    found = verdict(owner, binary, new_batch(owner, binary))
    assert (found["status"], found["predictionsCount"]) == ("unknown", 0)
    assert "0 rows" in section(found, "featureDrift")["message"]


@pytest.mark.parametrize(
    ("code", "feature", "fault"),
    [
        ("more_missing", "age", pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col("age"))),
        ("unit_or_scale_change", "income", pl.col("income") * 1000.0),
        ("constant_column", "age", pl.lit(40.0).alias("age")),
        ("new_level", "region", pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("up")).otherwise("region")),
        ("level_renamed", "region", pl.col("region").replace({"north": "N"})),
        ("shift_of_location", "age", pl.col("age") + 15.0),
    ],
)
def test_a_planted_fault_is_named_in_the_first_reason(
    owner: User, binary: Ready, code: str, feature: str, fault: pl.Expr
) -> None:
    rows = binary_rows(71, 500).with_columns(fault.alias(feature))
    batch = filled(owner, binary, rows)
    found = verdict(owner, binary, batch)
    first = found["reasons"][0]
    assert (first["code"], first["subject"]) == (code, feature)
    assert (first["real"], first["big"]) == (True, True)
    assert feature in first["message"]
    assert first["evidence"]["rows"] == 500
    faults = {"more_missing", "unit_or_scale_change", "constant_column", "new_level", "level_renamed"}
    assert first["section"] == ("dataQuality" if code in faults else "featureDrift")
    assert section(found, first["section"])["status"] == first["status"]


def test_an_important_feature_fails_a_batch_and_another_one_only_warns(owner: User, binary: Ready) -> None:
    # Importance is 2.0 of age, 0.5 of income, 0 of region, and the scores stay those of unmoved ages.
    important = filled(owner, binary, binary_rows(72, 500).with_columns(pl.col("age") + 15.0))
    other = filled(owner, binary, binary_rows(73, 500).with_columns(region=pl.lit("north")), batchName="other")
    found = verdict(owner, binary, important)
    assert (found["status"], found["reasons"][0]["important"]) == ("failing", True)
    assert found["reasons"][0]["importance"] == 1.0
    found = verdict(owner, binary, other)
    assert (found["status"], found["reasons"][0]["important"]) == ("warning", False)
    # A count of the health settings turns it into a failure.
    owner.patch(binary.path("healthSettings"), {"dataDrift": {"lowImportanceFailingCount": 1}})
    assert verdict(owner, binary, other)["status"] == "failing"
    owner.patch(binary.path("healthSettings"), {"dataDrift": {"excludedFeatures": ["region"]}})
    assert verdict(owner, binary, other)["status"] == "passing"


def test_predictions_that_moved_are_a_reason_of_their_own(owner: User, binary: Ready) -> None:
    rows = binary_rows(74, 500).with_columns(score=pl.col("score") * 0.2)
    found = verdict(owner, binary, filled(owner, binary, rows))
    assert (found["status"], found["reasons"][0]["section"]) == ("failing", "predictions")
    assert found["reasons"][0]["code"] == "prediction_drift"


def test_errors_of_requests_are_reasons(owner: User, binary: Ready) -> None:
    batch = filled(owner, binary, binary_rows(75, 300))
    send_requests(owner, binary, *[request_of(binary, batch, userError=i == 0) for i in range(4)])
    found = verdict(owner, binary, batch)
    assert (found["status"], [r["code"] for r in found["reasons"]]) == ("warning", ["user_errors"])
    assert found["reasons"][0]["evidence"] == {"requests": 4, "userErrors": 1, "serverErrors": 0}
    send_requests(owner, binary, request_of(binary, batch, systemError=True))
    found = verdict(owner, binary, batch)
    assert (found["status"], [r["code"] for r in found["reasons"]]) == ("failing", ["server_errors"])


def test_late_actuals_change_the_verdict_and_the_old_one_is_kept_with_its_time(owner: User, binary: Ready) -> None:
    rows = binary_rows(76, 500)
    batch = filled(owner, binary, rows)
    before = verdict(owner, binary, batch)
    assert before["status"] == "passing"
    # Every second outcome is the contrary of what the model is good at telling.
    wrong = rows.with_columns(
        target=pl.when(pl.int_range(pl.len()) % 2 == 0)
        .then(pl.when(pl.col("score") > 0.5).then(pl.lit("no")).otherwise(pl.lit("yes")))
        .otherwise("target")
    )
    send_actuals(owner, binary, outcomes(wrong))
    after = verdict(owner, binary, batch)
    loss = next(one for one in after["reasons"] if one["section"] == "accuracy")
    actual = (wrong["target"] == "yes").to_numpy()
    score = np.clip(wrong["score"].to_numpy(), 1e-15, 1 - 1e-15)
    expected = -np.mean(np.where(actual, np.log(score), np.log(1 - score)))
    assert loss["evidence"]["value"] == pytest.approx(expected, rel=1e-9)
    assert (after["status"], loss["code"], after["rowsWithActual"]) == ("failing", "accuracy_loss", 500)
    assert [one["id"] for one in history(owner, binary, batch)] == [after["id"], before["id"]]
    assert history(owner, binary, batch)[1]["judgedAt"] == before["judgedAt"] < after["judgedAt"]
    assert after["hash"] != before["hash"]


def test_outcomes_of_other_shares_are_a_reason_of_the_target(owner: User, binary: Ready) -> None:
    rows = binary_rows(77, 500)
    batch = filled(owner, binary, rows)
    send_actuals(owner, binary, dict.fromkeys(rows["id"].to_list(), "yes"))
    found = verdict(owner, binary, batch)
    assert section(found, "target")["status"] == "failing"
    assert "target_drift" in [one["code"] for one in found["reasons"]]


def test_a_setting_changes_the_verdict_and_the_same_facts_give_the_same_one(owner: User, binary: Ready) -> None:
    batch = filled(owner, binary, binary_rows(78, 500).with_columns(pl.col("age") + 4.0))
    strict = verdict(owner, binary, batch)
    assert strict["status"] == "failing"
    assert verdict(owner, binary, batch) == strict
    owner.finished(owner.patch(binary.path("settings"), {"verdict": {"bigPsi": 5.0}}))
    lenient = verdict(owner, binary, batch)
    assert (lenient["status"], lenient["settings"]["bigPsi"], lenient["settings"]["alpha"]) == ("passing", 5.0, 0.01)
    owner.finished(owner.patch(binary.path("settings"), {"verdict": {"bigPsi": 0.1}}))
    again = verdict(owner, binary, batch)
    assert (again["hash"], again["id"] != strict["id"]) == (strict["hash"], True)
    assert [one["status"] for one in history(owner, binary, batch)] == ["failing", "passing", "failing"]


def test_conditions_on_custom_metrics_are_reasons(owner: User, binary: Ready) -> None:
    metric = new_metric(owner, binary, name="profit")
    batch = filled(owner, binary, binary_rows(79, 300))
    condition = {"metricId": metric, "compareOperator": "lt", "threshold": 10.0}
    owner.patch(binary.path("healthSettings"), {"customMetrics": {"failingConditions": [condition]}})
    assert section(verdict(owner, binary, batch), "customMetrics")["status"] == "unknown"
    values = {"buckets": [{"value": 4.0, "sampleSize": 3, "batch": batch}]}
    owner.post(binary.path("customMetrics", metric, "fromJSON"), values)
    found = verdict(owner, binary, batch)
    assert (found["status"], found["reasons"][0]["code"]) == ("failing", "metric_condition")
    assert found["reasons"][0]["evidence"]["value"] == 4.0


def test_a_regression_is_judged_by_its_numbers(owner: User, regression: Ready) -> None:
    batch = new_batch(owner, regression)
    rows = regression_rows(80, 400)
    send_rows(owner, regression, regression_block(regression, rows, batch))
    send_actuals(owner, regression, dict(rows.select("id", "amount").iter_rows()))
    found = verdict(owner, regression, batch)
    assert (found["status"], section(found, "accuracy")["status"]) == ("passing", "passing")
    assert section(found, "target")["status"] == "unknown"


def test_the_budget_is_shared_among_the_sections_that_rest_on_chance(owner: User, binary: Ready) -> None:
    rows = binary_rows(81, 300)
    batch = filled(owner, binary, rows)
    shares = {one["name"]: one["alpha"] for one in verdict(owner, binary, batch)["sections"]}
    assert (shares["featureDrift"], shares["predictions"], shares["accuracy"]) == (0.005, 0.005, None)
    send_actuals(owner, binary, outcomes(rows))
    shares = {one["name"]: one["alpha"] for one in verdict(owner, binary, batch)["sections"]}
    assert [shares[name] for name in ("featureDrift", "predictions", "target", "accuracy")] == [0.0025] * 4


def test_what_is_not_there_has_no_verdict(served: Served, owner: User, binary: Ready) -> None:
    batch = filled(owner, binary, binary_rows(82, 30))
    path = binary.path("monitoringBatches", batch, "verdict")
    assert served.stranger.get(path).status_code == 404
    assert owner.get(binary.path("monitoringBatches", UNKNOWN, "verdict")).status_code == 404
    assert owner.get(path, modelId=UNKNOWN).status_code == 404


@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"alpha": 1.0}, {"bigPsi": 0.0}, {"bigRate": 1.5}, {"alpha": "1"}])
def test_a_rule_that_could_never_or_always_speak_is_refused(owner: User, binary: Ready, wrong: dict[str, Any]) -> None:
    assert owner.patch(binary.path("settings"), {"verdict": wrong}).status_code == 422
