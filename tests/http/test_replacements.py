"""Replacing a model: the history, what is refused, and that every page keeps the rows of two models apart."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.http import reference
from tests.http.operations import UNKNOWN
from tests.http.reference import as_floats
from tests.material import (
    CLASSES,
    Ready,
    binary_block,
    binary_rows,
    dataset,
    file_of,
    new_batch,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
    upload,
)
from tests.serving import Served, User

BINARY = {
    "name": "target",
    "type": "Binary",
    "classNames": list(CLASSES),
    "predictionProbabilitiesColumn": "score",
}


MAY = "2026-05-01T00:00:00Z"
EXPORTED = ("association_id", "probability:yes", "actual")


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def package(user: User, target: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Register a model without data."""
    answer = user.post("modelPackages/fromJSON/", {"target": target or BINARY, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def successor(user: User, ready: Ready) -> Ready:
    """A second model of the same deployment, with training and holdout data of its own; not in service yet."""
    training, holdout = binary_rows(101, 500, 1.0).drop("id", "score"), binary_rows(102, 300, 1.0).drop("id")
    made = package(
        user,
        datasets={
            "trainingDataCatalogId": dataset(user, "training.csv", file_of(training)),
            "holdoutDataCatalogId": dataset(user, "holdout.csv", file_of(holdout)),
        },
        featureImportance={"region": 1.0, "age": 0.5, "income": 0.0},
    )
    return replace(ready, model_id=made["modelId"], package_id=made["id"], training=training, holdout=holdout)


def ask(user: User, ready: Ready, **body: Any) -> Any:
    return user.patch(ready.path("model"), {"reason": "OTHER", **body})


def put_in(user: User, ready: Ready) -> None:
    """Replace the deployment's model by this one, and have it done."""
    user.finished(ask(user, ready, modelPackageId=ready.package_id))


# ------------------------------------------------------------------ the replacement itself


def test_a_model_is_replaced_once_its_baseline_is_there(served: Served, binary: Ready) -> None:
    owner = served.owner
    new = successor(owner, binary)
    answer = ask(owner, new, modelPackageId=new.package_id, reason="DATA_DRIFT")
    assert (answer.status_code, answer.json()) == (202, {})
    status = owner.get(answer.headers["Location"])
    assert (status.status_code, status.json()["status"]) == (200, "INITIALIZED")
    assert owner.read(binary.path())["model"]["id"] == binary.model_id
    assert owner.finished(answer) == f"http://testserver/api/v2/deployments/{binary.id}/"
    found = owner.read(binary.path())
    assert found["model"]["id"] == new.model_id
    assert found["modelPackage"]["id"] == new.package_id
    assert [item["name"] for item in owner.read(binary.path("featureDrift"))["data"]] == ["region", "age", "income"]
    assert owner.read(f"modelPackages/{binary.package_id}/")["activeDeploymentCount"] == 0
    assert owner.read(f"modelPackages/{new.package_id}/")["activeDeploymentCount"] == 1
    present, first = owner.read(binary.path("modelHistory"))["data"]
    assert (present["modelId"], present["modelPackageId"]) == (new.model_id, new.package_id)
    assert (present["reason"], present["replacedAt"]) == ("DATA_DRIFT", None)
    assert present["deployedBy"]["name"] == "owner"
    assert (first["modelId"], first["reason"]) == (binary.model_id, None)
    assert first["replacedAt"] == present["deployedAt"] == found["model"]["deployedAt"]


def test_a_model_that_comes_back_has_its_figures_and_a_history_of_three(served: Served, binary: Ready) -> None:
    owner = served.owner
    batch, rows = new_batch(owner, binary), binary_rows(61, 80)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    before = owner.read(binary.path("featureDrift"), batchId=batch)
    new = successor(owner, binary)
    put_in(owner, new)
    put_in(owner, binary)
    page = owner.read(binary.path("modelHistory"), limit=2)
    assert (page["count"], page["totalCount"]) == (2, 3)
    rest = owner.read(page["next"])
    models = [period["modelId"] for period in page["data"] + rest["data"]]
    assert models == [binary.model_id, new.model_id, binary.model_id]
    assert owner.read(binary.path("featureDrift"), batchId=batch) == before
    served.work()
    assert owner.read(binary.path())["model"]["id"] == binary.model_id


def test_a_model_may_be_named_by_its_own_id(owner: User, binary: Ready) -> None:
    older, newer = (package(owner, modelId="65a00000000000000000abcd", name=name) for name in ("older", "newer"))
    assert older["modelId"] == newer["modelId"]
    owner.finished(ask(owner, binary, modelId=newer["modelId"], reason="SCHEDULED_REFRESH"))
    assert owner.read(binary.path())["modelPackage"]["id"] == newer["id"]


def test_classes_may_stand_in_another_order(served: Served, binary: Ready) -> None:
    owner = served.owner
    made = package(owner, {**BINARY, "classNames": ["no", "yes"]})
    new = replace(binary, model_id=made["modelId"], package_id=made["id"], classes=("no", "yes"))
    put_in(owner, new)
    rows, batch = binary_rows(62, 60), new_batch(owner, binary)
    # Scores are of the class that the call names first, whichever the model calls positive.
    send_rows(owner, new, binary_block(new, rows, batch, classNames=["yes", "no"]))
    send_actuals(owner, new, dict(zip(rows["id"], rows["target"], strict=True)))
    found = owner.read(binary.path("accuracy"), batchId=batch, metric="AUC")["data"][0]
    expected = reference.binary_accuracy((rows["target"] == "no").to_numpy(), 1.0 - rows["score"].to_numpy())
    assert found["value"] == near(expected["AUC"])


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "modelPackageId"),
        ({"modelPackageId": None}, 422, "modelPackageId"),
        ({"modelPackageId": UNKNOWN}, 404, "Model package not found"),
        ({"modelId": UNKNOWN}, 404, f"Model {UNKNOWN} not found"),
        ({"modelPackageId": "{present}"}, 422, "has now"),
        ({"modelPackageId": "{other}", "modelId": UNKNOWN}, 422, "modelId"),
        ({"modelPackageId": "{other}", "reason": "BOREDOM"}, 422, "reason"),
        ({"modelPackageId": "{other}", "reason": None}, 422, "reason"),
        ({"modelPackageId": "{regression}"}, 422, "Regression target"),
        ({"modelPackageId": "{renamed}"}, 422, "'outcome'"),
        ({"modelPackageId": "{classes}"}, 422, "maybe"),
        ({"modelPackageId": "{same}"}, 422, "another package"),
        ({"modelPackageId": "{archived}"}, 410, "archived"),
    ],
)
def test_a_model_that_cannot_come_is_refused(
    served: Served, binary: Ready, regression: Ready, body: dict[str, Any], status: int, words: str
) -> None:
    owner = served.owner
    named = {
        "{present}": binary.package_id,
        "{regression}": regression.package_id,
        "{other}": package(owner)["id"],
        "{renamed}": package(owner, {**BINARY, "name": "outcome"})["id"],
        "{classes}": package(owner, {**BINARY, "classNames": ["yes", "maybe"]})["id"],
        "{same}": package(owner, modelId=binary.model_id)["id"],
        "{archived}": package(owner)["id"],
    }
    owner.post(f"modelPackages/{named['{archived}']}/archive/")
    before = served.contents()
    answer = ask(owner, binary, **{key: named.get(value, value) for key, value in body.items()})
    assert answer.status_code == status, answer.text
    assert words in answer.json()["message"]
    assert served.contents() == before


def test_somebody_elses_package_is_not_there(served: Served, binary: Ready) -> None:
    theirs = package(served.stranger)
    assert ask(served.owner, binary, modelPackageId=theirs["id"]).status_code == 404


def test_a_second_replacement_waits_for_the_first(served: Served, binary: Ready) -> None:
    owner = served.owner
    first, second = package(owner), package(owner)
    answer = ask(owner, binary, modelPackageId=first["id"])
    refused = ask(owner, binary, modelPackageId=second["id"])
    assert refused.status_code == 409
    assert "being replaced" in refused.json()["message"]
    owner.finished(answer)
    owner.finished(ask(owner, binary, modelPackageId=second["id"]))
    assert owner.read(binary.path())["model"]["id"] == second["modelId"]


def test_a_baseline_that_cannot_be_made_leaves_the_old_model_in_service(served: Served, binary: Ready) -> None:
    owner = served.owner
    wrong = binary_rows(103, 50).with_columns(pl.lit("perhaps").alias("target")).drop("id")
    made = package(owner, datasets={"trainingDataCatalogId": dataset(owner, "wrong.csv", file_of(wrong))})
    answer = ask(owner, binary, modelPackageId=made["id"])
    served.work()
    status = owner.get(answer.headers["Location"])
    assert (status.status_code, status.json()["status"]) == (200, "ERROR")
    assert "perhaps" in status.json()["message"]
    assert owner.read(binary.path())["model"]["id"] == binary.model_id
    assert owner.read(binary.path("modelHistory"))["totalCount"] == 1


def test_a_package_archived_in_between_is_not_put_into_service(served: Served, binary: Ready) -> None:
    owner = served.owner
    made = package(owner)
    answer = ask(owner, binary, modelPackageId=made["id"])
    owner.post(f"modelPackages/{made['id']}/archive/")
    served.work()
    assert "archived" in owner.get(answer.headers["Location"]).json()["message"]
    assert owner.read(binary.path())["model"]["id"] == binary.model_id


def test_a_deployment_deleted_in_between_stays_deleted(served: Served, binary: Ready) -> None:
    owner = served.owner
    answer = ask(owner, binary, modelPackageId=package(owner)["id"])
    owner.delete(binary.path())
    served.work()
    status = owner.get(answer.headers["Location"]).json()
    assert (status["status"], status["message"]) == ("ERROR", f"Deployment not found: {binary.id}.")


# ------------------------------------------------------------------ figures of two models


@dataclass(frozen=True)
class Scored:
    """What one model scored: its rows by batch, and the requests in which it did."""

    model: Ready
    rows: dict[str, pl.DataFrame]
    times: dict[str, list[float]]

    def of(self, *batches: str) -> pl.DataFrame:
        """Its rows of some batches."""
        return pl.concat([self.rows[b] for b in batches if b in self.rows])


@dataclass(frozen=True)
class TwoModels:
    """An old and a new model of one deployment, and three batches: one of the old, one of both, one of the new."""

    old: Scored
    new: Scored
    batches: tuple[str, str, str]


@pytest.fixture
def two(served: Served, binary: Ready) -> TwoModels:
    """Both models in service, one after the other; in the batch of both they scored the very same rows."""
    owner = served.owner
    first, both, last = batches = tuple(new_batch(owner, binary, batchName=n) for n in ("first", "both", "last"))
    new = successor(owner, binary)
    shared = binary_rows(72, 150, 0.5)
    other_scores = np.clip(1.0 - shared["score"].to_numpy() * 0.8, 0.0, 1.0).round(6)
    mine = Scored(binary, {first: binary_rows(71, 120), both: shared}, {first: [10.0, 30.0], both: [50.0]})
    theirs = Scored(
        new,
        {both: shared.with_columns(pl.Series("score", other_scores)), last: binary_rows(73, 180, 1.5)},
        {both: [7.0, 9.0], last: [400.0, 2000.0, 600.0]},
    )
    put_in(owner, new)
    for scored in (mine, theirs):
        for batch, rows in scored.rows.items():
            block = binary_block(scored.model, rows, batch, timestamp=MAY)
            send_rows(owner, scored.model, block)
        for batch, times in scored.times.items():
            send_requests(
                owner,
                scored.model,
                *(request_of(scored.model, batch, executionTime=t, numPredictions=5, timestamp=MAY) for t in times),
            )
    every = pl.concat([mine.of(first, both), theirs.of(last)])
    send_actuals(owner, binary, dict(zip(every["id"], every["target"], strict=True)))
    return TwoModels(mine, theirs, (batches[0], batches[1], batches[2]))


def asked(two: TwoModels) -> list[tuple[Scored, dict[str, Any]]]:
    """Each model with the parameter that asks for it; the current one also without any."""
    return [
        (two.old, {"modelId": two.old.model.model_id}),
        (two.new, {"modelId": two.new.model.model_id}),
        (two.new, {}),
    ]


def psi_of(model: Ready, rows: pl.DataFrame, name: str) -> float:
    training, now = model.training[name].to_list(), rows[name].to_list()
    cells = (
        reference.level_cells(training, now)
        if name == "region"
        else reference.numeric_cells(as_floats(training), as_floats(now))
    )
    return reference.distances(*cells)["psi"]


def target_psi(model: Ready, rows: pl.DataFrame) -> float:
    return reference.distances(*reference.numeric_cells(model.holdout["score"].to_numpy(), rows["score"].to_numpy()))[
        "psi"
    ]


def metrics_of(rows: pl.DataFrame) -> dict[str, float]:
    return reference.binary_accuracy((rows["target"] == "yes").to_numpy(), rows["score"].to_numpy())


def test_feature_drift_is_that_of_each_models_rows_against_its_own_training(owner: User, two: TwoModels) -> None:
    for scored, params in asked(two):
        model = scored.model
        for chosen in (two.batches, two.batches[1:2]):
            rows = scored.of(*chosen)
            page = owner.read(model.path("featureDrift"), batchId=chosen, **params)
            assert page["modelId"] == model.model_id
            for item in page["data"]:
                assert item["driftScore"] == near(psi_of(model, rows, item["name"]))
                assert (item["sampleSize"], item["baselineSampleSize"]) == (rows.height, model.training.height)
        everything = owner.read(model.path("featureDrift"), **params)["data"]
        assert {i["sampleSize"] for i in everything} == {scored.of(*two.batches).height}


def test_feature_drift_by_batch_is_unknown_where_a_model_has_no_rows(owner: User, two: TwoModels) -> None:
    for scored, params in asked(two):
        model = scored.model
        found = owner.read(
            model.path("featureDriftOverBatch"), featureNames="age,region", batchId=two.batches, **params
        )
        assert len(found["buckets"]) == 6
        for bucket in found["buckets"]:
            rows = scored.rows.get(bucket["batch"]["id"])
            assert bucket["modelId"] == model.model_id
            expected = None if rows is None else near(psi_of(model, rows, bucket["featureName"]))
            assert bucket["driftScore"] == expected
            assert bucket["sampleSize"] == (None if rows is None else rows.height)


def test_target_drift_is_that_of_each_models_predictions(owner: User, two: TwoModels) -> None:
    for scored, params in asked(two):
        model, rows = scored.model, scored.of(*two.batches)
        found = owner.read(model.path("targetDrift"), **params)
        assert (found["modelId"], found["sampleSize"]) == (model.model_id, rows.height)
        assert found["driftScore"] == near(target_psi(model, rows))
        assert found["baselineSampleSize"] == model.holdout.height
    empty = owner.read(two.old.model.path("targetDrift"), batchId=two.batches[2], modelId=two.old.model.model_id)
    assert (empty["driftScore"], empty["sampleSize"]) == (None, 0)


def test_accuracy_is_that_of_each_models_own_predictions_of_the_same_rows(owner: User, two: TwoModels) -> None:
    for scored, params in asked(two):
        model = scored.model
        for chosen in (two.batches, two.batches[1:2]):
            rows = scored.of(*chosen)
            page = owner.read(model.path("accuracy"), batchId=chosen, **params)
            assert page["modelId"] == model.model_id
            found = {item["metricName"]: item for item in page["data"]}
            for name, value in metrics_of(rows).items():
                assert found[name]["value"] == near(value), name
                assert found[name]["sampleSize"] == rows.height
            baseline = metrics_of(model.holdout)
            assert found["AUC"]["baselineValue"] == near(baseline["AUC"])
        over = owner.read(model.path("accuracyOverBatch"), batchId=two.batches, metric="LogLoss", **params)
        for bucket in over["buckets"]:
            own = scored.rows.get(bucket["batch"]["id"])
            assert bucket["sampleSize"] == (0 if own is None else own.height)
            assert bucket["value"] == (None if own is None else near(metrics_of(own)["LogLoss"]))


def test_predictions_are_those_of_each_model(owner: User, two: TwoModels) -> None:
    for scored, params in asked(two):
        model = scored.model
        found = owner.read(model.path("predictionsOverBatch"), batchId=two.batches, **params)
        assert found["baselines"][0]["rowCount"] == model.holdout.height
        for bucket in found["buckets"]:
            rows = scored.rows.get(bucket["batch"]["id"])
            assert (bucket["modelId"], bucket["rowCount"]) == (model.model_id, 0 if rows is None else rows.height)
            if rows is not None:
                means = {one["className"]: one["value"] for one in bucket["meanProbabilities"]}
                assert means["yes"] == near(float(rows["score"].to_numpy().mean()))
                labels = ["yes" if s >= 0.5 else "no" for s in rows["score"]]
                assert bucket["classDistribution"] == reference.distribution(labels, CLASSES)
        compared = owner.read(model.path("predictionsVsActualsOverBatch"), batchId=two.batches, **params)
        total = scored.of(*two.batches).height
        assert compared["summary"] == {"rowCountTotal": total, "rowCountWithActual": total}
        for bucket in compared["buckets"]:
            rows = scored.rows.get(bucket["batch"]["id"])
            if rows is not None:
                actual = reference.distribution(rows["target"].to_list(), CLASSES)
                assert bucket["actualClassDistribution"] == actual


def test_service_figures_are_those_of_each_models_requests(owner: User, two: TwoModels) -> None:
    for scored, params in asked(two):
        model = scored.model
        times = [t for b in two.batches for t in scored.times.get(b, [])]
        found = owner.read(model.path("batchServiceStats"), batchId=two.batches, **params)["metrics"]
        assert (found["totalRequests"], found["totalPredictions"]) == (len(times), 5 * len(times))
        assert found["executionTime"] == near(float(np.median(times)))
        assert found["slowRequests"] == sum(t > 1000 for t in times)
        over = owner.read(model.path("serviceStatsOverBatch"), batchId=two.batches, metric="totalRequests", **params)
        assert over["modelId"] == model.model_id
        counts = [(b["batch"]["id"], b["modelId"], b["value"]) for b in over["buckets"]]
        assert counts == [(b, model.model_id, len(scored.times.get(b, []))) for b in two.batches]


def test_figures_over_time_are_those_of_each_model_too(owner: User, two: TwoModels) -> None:
    span = {"start": "2026-05-01T00:00:00Z", "end": "2026-05-03T00:00:00Z"}
    for scored, params in asked(two):
        model, rows = scored.model, scored.of(*two.batches)
        asked_for = {**span, **params}
        drift = owner.read(model.path("featureDriftOverTime"), featureNames="age", bucketSize="P1D", **asked_for)
        first, second = drift["buckets"]
        assert (first["driftScore"], first["sampleSize"]) == (near(psi_of(model, rows, "age")), rows.height)
        assert second["driftScore"] is None
        predicted = owner.read(model.path("predictionsOverTime"), bucketSize="P1D", **asked_for)
        assert [bucket["rowCount"] for bucket in predicted["buckets"]] == [rows.height, 0]
        accuracy = owner.read(model.path("accuracyOverTime"), metric="AUC", bucketSize="P1D", **asked_for)
        assert accuracy["buckets"][0]["value"] == near(metrics_of(rows)["AUC"])
        assert accuracy["buckets"][0]["sampleSize"] == rows.height
        compared = owner.read(model.path("predictionsVsActualsOverTime"), bucketSize="P1D", **asked_for)
        assert compared["summary"] == {"rowCountTotal": rows.height, "rowCountWithActual": rows.height}
        times = [t for b in two.batches for t in scored.times.get(b, [])]
        service = owner.read(model.path("serviceStats"), **asked_for)
        assert (service["modelId"], service["metrics"]["totalRequests"]) == (model.model_id, len(times))
        over = owner.read(model.path("serviceStatsOverTime"), metric="totalRequests", bucketSize="P1D", **asked_for)
        assert over["modelId"] == model.model_id
        assert [bucket["value"] for bucket in over["buckets"]] == [len(times), 0]


def test_two_models_side_by_side_are_each_their_own(owner: User, two: TwoModels) -> None:
    ids = [two.old.model.model_id, two.new.model.model_id]
    found = owner.read(two.old.model.path("accuracy"), metric="AUC", modelId=ids)["data"]
    expected = [metrics_of(scored.of(*two.batches))["AUC"] for scored in (two.old, two.new)]
    assert [(item["modelId"], item["value"]) for item in found] == [
        (model_id, near(value)) for model_id, value in zip(ids, expected, strict=True)
    ]


def test_each_models_actuals_are_exported_beside_its_own_predictions(owner: User, two: TwoModels) -> None:
    for scored, params in asked(two):
        model, rows = scored.model, scored.of(*two.batches)
        answer = owner.post(model.path("actualsDataExports"), {"start": MAY, "end": "2026-05-02T00:00:00Z", **params})
        (file,) = owner.read(owner.finished(answer))["data"]
        found = pl.read_csv(owner.get(f"datasets/{file['id']}/file/").content)
        assert set(found["model_id"]) == {model.model_id}
        told = {key: (score, actual) for key, score, actual in found.select(EXPORTED).rows()}
        assert told == {
            key: (near(score), actual) for key, score, actual in rows.select("id", "score", "target").rows()
        }


def test_a_segment_that_the_new_model_does_not_know_stops_nothing(served: Served, binary: Ready) -> None:
    owner = served.owner
    change = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}
    owner.finished(owner.patch(binary.path("settings"), change))
    training = binary_rows(104, 200).drop("id", "score", "region")
    made = package(owner, datasets={"trainingDataCatalogId": dataset(owner, "t.csv", file_of(training))})
    new = replace(binary, model_id=made["modelId"], package_id=made["id"], training=training)
    put_in(owner, new)
    batch, rows = new_batch(owner, binary), binary_rows(76, 60)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    # What is no feature of the model comes beside its features.
    send_rows(owner, new, binary_block(new, rows, batch, segments={"region": rows["region"].to_list()}))
    send_actuals(owner, binary, dict(zip(rows["id"], rows["target"], strict=True)))
    north = rows.filter(pl.col("region") == "north")
    for model in (binary, new):
        found = owner.read(
            model.path("targetDrift"),
            batchId=batch,
            modelId=model.model_id,
            segmentAttribute="region",
            segmentValue="north",
        )
        assert found["sampleSize"] == north.height
        assert owner.read(model.path("accuracy"), batchId=batch, modelId=model.model_id)["data"][0]["sampleSize"] == 60


def test_a_batch_lists_its_models_and_counts_the_rows_of_both(owner: User, two: TwoModels) -> None:
    deployment = two.old.model
    for batch in two.batches:
        rows = {s.model.model_id: s.rows[batch].height for s in (two.old, two.new) if batch in s.rows}
        models = owner.read(deployment.path("monitoringBatches", batch, "models"))["data"]
        assert {m["modelId"]: m["predictionsCount"] for m in models} == rows
        assert owner.read(deployment.path("monitoringBatches", batch))["predictionsCount"] == sum(rows.values())
        one = owner.read(deployment.path("monitoringBatches", batch, "models"), modelId=two.new.model.model_id)
        assert [m["modelId"] for m in one["data"]] == [m for m in rows if m == two.new.model.model_id]


def test_the_period_of_all_rows_is_that_of_the_asked_models(served: Served, binary: Ready) -> None:
    owner = served.owner
    new = successor(owner, binary)
    put_in(owner, new)
    for model, month in ((binary, "05"), (new, "07")):
        rows = binary_rows(74, 5)
        send_rows(owner, model, binary_block(model, rows, timestamp=f"2026-{month}-01T00:00:00Z"))
    for page in ("featureDrift", "targetDrift", "accuracy"):
        for model, month in ((binary, "05"), (new, "07")):
            period = owner.read(binary.path(page), modelId=model.model_id)["period"]
            assert period == dict.fromkeys(("start", "end"), f"2026-{month}-01T00:00:00Z")
        assert owner.read(binary.path(page))["period"]["start"] == "2026-07-01T00:00:00Z"


def test_a_file_without_a_model_is_the_current_ones(served: Served, binary: Ready) -> None:
    owner = served.owner
    new = successor(owner, binary)
    put_in(owner, new)
    batch = new_batch(owner, binary)
    for key, params in (("now", {}), ("late", {"modelId": binary.model_id})):
        report = upload(owner, binary, batch, key, file_of(binary_rows(75, 20)), **params)
        assert report.status_code == 202, report.text
        assert report.json()["modelId"] == params.get("modelId", new.model_id)


def test_the_rows_of_one_model_can_be_deleted_with_their_batch_alone(served: Served, two: TwoModels) -> None:
    owner, model = served.owner, two.new.model
    assert owner.delete(model.path("monitoringBatches", two.batches[1])).status_code == 200
    served.work()
    rows = two.new.rows[two.batches[2]]
    found = {item["metricName"]: item for item in owner.read(model.path("accuracy"))["data"]}
    assert (found["AUC"]["sampleSize"], found["AUC"]["value"]) == (rows.height, near(metrics_of(rows)["AUC"]))
    assert owner.read(model.path("targetDrift"))["sampleSize"] == rows.height
