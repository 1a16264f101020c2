"""Figures as they come out of the server, against numpy, scipy and scikit-learn on the same rows."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score
from tests.http import reference
from tests.http.reference import as_floats
from tests.material import (
    CLASSES,
    FORMS,
    Ready,
    binary_block,
    binary_rows,
    deployed,
    features_of,
    file_of,
    new_batch,
    regression_block,
    regression_rows,
    request_of,
    send_actuals,
    send_requests,
    send_rows,
    upload,
)
from tests.serving import Served, User

DISTANCES = ("psi", "kl_divergence", "js_divergence", "hellinger", "dissimilarity")


def near(value: float) -> Any:
    """Sums over some hundred rows in another order differ in the last digits only."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def accuracy_of(user: User, ready: Ready, **params: Any) -> dict[str, Any]:
    return {item["metricName"]: item for item in user.read(ready.path("accuracy"), **params)["data"]}


def drift_of(user: User, ready: Ready, **params: Any) -> dict[str, Any]:
    return {item["name"]: item for item in user.read(ready.path("featureDrift"), **params)["data"]}


def outcomes(rows: pl.DataFrame, column: str = "target") -> dict[str, Any]:
    return dict(zip(rows["id"].to_list(), rows[column].to_list(), strict=True))


# ------------------------------------------------------------------ drift


def binary_distances(ready: Ready, rows: pl.DataFrame) -> dict[str, dict[str, float]]:
    cells = {
        name: reference.numeric_cells(as_floats(ready.training[name].to_list()), as_floats(rows[name].to_list()))
        for name in ("age", "income")
    }
    cells["region"] = reference.level_cells(ready.training["region"].to_list(), rows["region"].to_list())
    return {name: reference.distances(*pair) for name, pair in cells.items()}


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_feature_drift_is_that_of_ten_quantile_cells_of_the_training_data(
    owner: User, binary: Ready, batch: str, shift: float
) -> None:
    rows = binary_rows(41, 350, shift).with_columns(
        pl.when(pl.col("region") == "west").then(pl.lit("overseas")).otherwise("region").alias("region")
    )
    send_rows(owner, binary, binary_block(binary, rows, batch))
    expected = binary_distances(binary, rows)
    for metric in DISTANCES:
        found = drift_of(owner, binary, batchId=batch, metric=metric)
        assert {name: found[name]["driftScore"] for name in found} == {
            name: near(scores[metric]) for name, scores in expected.items()
        }
    for name in ("age", "income", "region"):
        item = found[name]
        assert (item["sampleSize"], item["baselineSampleSize"]) == (350, binary.training.height)
        assert item["missingRate"] == rows[name].null_count() / 350
        assert item["baselineMissingRate"] == binary.training[name].null_count() / binary.training.height
    assert found["region"]["newLevelRows"] == rows["region"].to_list().count("overseas")
    assert found["age"]["newLevelRows"] is None


def test_features_come_most_important_first_with_the_top_one_at_one(owner: User, binary: Ready) -> None:
    found = owner.read(binary.path("featureDrift"))["data"]
    assert [(item["name"], item["featureImpact"]) for item in found] == [
        ("age", 1.0),
        ("income", 0.25),
        ("region", 0.0),
    ]
    assert [item["featureType"] for item in found] == ["Numeric", "Numeric", "Categorical"]


def test_target_drift_is_that_of_the_predictions_against_the_holdouts(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(42, 250, 0.5)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    expected = reference.distances(
        *reference.numeric_cells(binary.holdout["score"].to_numpy(), rows["score"].to_numpy())
    )
    for metric in DISTANCES:
        found = owner.read(binary.path("targetDrift"), batchId=batch, metric=metric)
        assert found["driftScore"] == near(expected[metric])
        assert (found["sampleSize"], found["baselineSampleSize"]) == (250, binary.holdout.height)
        assert (found["targetName"], found["metric"], found["segmentValue"]) == ("target", metric, None)


def test_drift_of_several_batches_is_that_of_their_rows_together(owner: User, binary: Ready) -> None:
    parts = [binary_rows(43 + i, 100 + 50 * i, float(i)) for i in range(3)]
    batches = [new_batch(owner, binary, batchName=str(i)) for i in range(3)]
    for batch_id, rows in zip(batches, parts, strict=True):
        send_rows(owner, binary, binary_block(binary, rows, batch_id))
    outside = binary_rows(50, 80)
    send_rows(owner, binary, binary_block(binary, outside))
    for chosen, params in (
        ([0, 2], {"batchId": [batches[0], batches[2]]}),
        ([0, 1, 2], {"batchId": batches}),
        ([1, 1], {"batchId": [batches[1], batches[1]]}),
    ):
        rows = pl.concat([parts[i] for i in sorted(set(chosen))])
        found = drift_of(owner, binary, **params)
        expected = binary_distances(binary, rows)
        assert {n: found[n]["driftScore"] for n in found} == {n: near(s["psi"]) for n, s in expected.items()}
    everything = drift_of(owner, binary)
    expected = binary_distances(binary, pl.concat([*parts, outside]))
    assert {n: everything[n]["driftScore"] for n in everything} == {n: near(s["psi"]) for n, s in expected.items()}
    by_batch = owner.read(binary.path("featureDriftOverBatch"), featureNames="income,age", batchId=batches)
    assert [(b["batch"]["id"], b["featureName"]) for b in by_batch["buckets"]] == [
        (batch_id, name) for batch_id in batches for name in ("income", "age")
    ]
    for bucket in by_batch["buckets"]:
        rows = parts[batches.index(bucket["batch"]["id"])]
        assert bucket["driftScore"] == near(binary_distances(binary, rows)[bucket["featureName"]]["psi"])
        assert bucket["sampleSize"] == rows.height


def test_an_empty_batch_has_no_drift_and_not_zero(owner: User, binary: Ready, batch: str) -> None:
    for item in drift_of(owner, binary, batchId=batch).values():
        assert (item["driftScore"], item["sampleSize"]) == (None, 0)
    assert owner.read(binary.path("targetDrift"), batchId=batch)["driftScore"] is None
    over = owner.read(binary.path("featureDriftOverBatch"), featureNames="age", batchId=batch)
    assert over["buckets"][0]["driftScore"] is None


def test_a_feature_that_a_batch_lacks_is_wholly_missing(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(44, 60)
    block = {**binary_block(binary, rows, batch), "features": features_of(rows, "age")}
    send_rows(owner, binary, block)
    found = drift_of(owner, binary, batchId=batch)
    assert (found["income"]["missingRate"], found["income"]["sampleSize"]) == (1.0, 60)
    assert found["age"]["missingRate"] == rows["age"].null_count() / 60


def test_features_that_the_training_data_does_not_have_are_ignored(owner: User, binary: Ready) -> None:
    rows = binary_rows(44, 60).with_columns(unknown=pl.lit("x"))
    batches = [new_batch(owner, binary) for _ in range(2)]
    send_rows(owner, binary, binary_block(binary, rows, batches[0]))
    # Clients leave prediction and id columns among the features.
    names = ("score", "unknown", "age", "income", "region", "id", "target")
    send_rows(owner, binary, {**binary_block(binary, rows, batches[1]), "features": features_of(rows, *names)})
    assert drift_of(owner, binary, batchId=batches[0]) == drift_of(owner, binary, batchId=batches[1])
    assert set(drift_of(owner, binary, batchId=batches[1])) == {"age", "income", "region"}


def test_the_period_is_that_of_the_named_batches(owner: User, binary: Ready) -> None:
    batches = []
    for day in ("2026-03-05", "2026-03-01", "2026-04-01"):
        batches.append(new_batch(owner, binary))
        rows = binary_rows(45, 3).with_columns(id=pl.col("id") + day)
        send_rows(owner, binary, binary_block(binary, rows, batches[-1], timestamp=day))
    for page in ("featureDrift", "targetDrift", "accuracy"):
        named = owner.read(binary.path(page), batchId=batches[:2])["period"]
        assert named == {"start": "2026-03-01T00:00:00Z", "end": "2026-03-05T00:00:00Z"}
        everything = owner.read(binary.path(page))["period"]
        assert everything == {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}


def test_pages_over_batches_show_the_last_ones_oldest_first(owner: User, binary: Ready) -> None:
    days = ["2026-03-03", "2026-03-01", "2026-03-02"]
    batches = {day: new_batch(owner, binary, batchName=day) for day in days}
    for day, batch_id in batches.items():
        send_rows(owner, binary, binary_block(binary, binary_rows(46, 2), batch_id, timestamp=day))
    for page, params in (
        ("featureDriftOverBatch", {"featureNames": "age"}),
        ("accuracyOverBatch", {}),
        ("predictionsOverBatch", {}),
        ("predictionsVsActualsOverBatch", {}),
        ("serviceStatsOverBatch", {}),
    ):
        shown = owner.read(binary.path(page), **params)["buckets"]
        assert [bucket["batch"]["name"] for bucket in shown] == sorted(days)
        asked = [batches[day] for day in days]
        named = owner.read(binary.path(page), batchId=asked, **params)["buckets"]
        assert [bucket["batch"]["id"] for bucket in named] == asked


# ------------------------------------------------------------------ accuracy


def assert_metrics(found: dict[str, Any], expected: dict[str, float], rows: int) -> None:
    for name, value in expected.items():
        assert found[name]["value"] == near(value), name
        assert found[name]["sampleSize"] == rows


def test_binary_accuracy_is_that_of_scikit_learn(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(51, 400)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    send_actuals(owner, binary, outcomes(rows))
    found = accuracy_of(owner, binary, batchId=batch)
    expected = reference.binary_accuracy((rows["target"] == "yes").to_numpy(), rows["score"].to_numpy())
    assert_metrics(found, expected, 400)
    holdout = binary.holdout
    baseline = reference.binary_accuracy((holdout["target"] == "yes").to_numpy(), holdout["score"].to_numpy())
    for name, value in baseline.items():
        item = found[name]
        assert item["baselineValue"] == near(value)
        assert item["baselineSampleSize"] == holdout.height
        assert item["percentChange"] == near(100 * (expected[name] - value) / abs(value))
    over = owner.read(binary.path("accuracyOverBatch"), metric="AUC", batchId=batch)
    assert over["metric"] == "AUC"
    assert over["buckets"][0]["value"] == near(expected["AUC"])
    assert over["baselines"][0]["value"] == near(baseline["AUC"])
    assert accuracy_of(owner, binary, batchId=batch, metric="F1").keys() == {"F1"}


def test_regression_accuracy_is_that_of_scikit_learn(owner: User, regression: Ready) -> None:
    batch = new_batch(owner, regression)
    rows = regression_rows(52, 300).filter((pl.col("amount") > 0) & (pl.col("predicted") > 0))
    send_rows(owner, regression, regression_block(regression, rows, batch))
    send_actuals(owner, regression, outcomes(rows, "amount"))
    expected = reference.regression_accuracy(rows["amount"].to_numpy(), rows["predicted"].to_numpy())
    assert_metrics(accuracy_of(owner, regression, batchId=batch), expected, rows.height)
    compared = owner.read(regression.path("predictionsVsActualsOverBatch"), batchId=batch)["buckets"][0]
    assert compared["meanPredictedValue"] == near(float(rows["predicted"].to_numpy().mean()))
    assert compared["meanActualValue"] == near(float(rows["amount"].to_numpy().mean()))
    assert (compared["predictedClassDistribution"], compared["actualClassDistribution"]) == (None, None)


SHAPES = ("circle", "square", "star")


@pytest.fixture
def shapes(served: Served) -> tuple[Ready, pl.DataFrame]:
    """A deployment with three classes, and rows for it."""

    def rows(seed: int, number: int) -> pl.DataFrame:
        rng = np.random.default_rng(seed)
        table = rng.dirichlet([2.0, 1.0, 0.5], number)
        labels = [SHAPES[rng.choice(3, p=row)] for row in table]
        return pl.DataFrame(
            {"size": rng.normal(0, 1, number), "shape": labels, "id": [f"{seed}-{i}" for i in range(number)]}
            | {name: table[:, k] for k, name in enumerate(SHAPES)}
        )

    training = rows(1, 200).select("size", "shape")
    holdout = rows(2, 200).drop("id")
    target = {"name": "shape", "type": "Multiclass", "classNames": list(SHAPES)}
    return deployed(served.owner, target, training, holdout), rows(3, 300)


def test_multiclass_accuracy_is_that_of_scikit_learn(served: Served, shapes: tuple[Ready, pl.DataFrame]) -> None:
    owner, (ready, rows) = served.owner, shapes
    batch = new_batch(owner, ready)
    order = ["star", "circle", "square"]
    block = {
        "modelId": ready.model_id,
        "batchId": batch,
        "features": features_of(rows, "size"),
        "predictions": rows.select(order).rows(),
        "classNames": order,
        "associationIds": rows["id"].to_list(),
    }
    send_rows(owner, ready, block)
    send_actuals(owner, ready, outcomes(rows, "shape"))
    table = rows.select(SHAPES).to_numpy()
    expected = reference.multiclass_accuracy(rows["shape"].to_list(), table, SHAPES)
    assert_metrics(accuracy_of(owner, ready, batchId=batch), expected, 300)
    predicted = [SHAPES[k] for k in table.argmax(axis=1)]
    bucket = owner.read(ready.path("predictionsOverBatch"), batchId=batch)["buckets"][0]
    assert bucket["classDistribution"] == reference.distribution(predicted, SHAPES)
    compared = owner.read(ready.path("predictionsVsActualsOverBatch"), batchId=batch)["buckets"][0]
    assert compared["actualClassDistribution"] == reference.distribution(rows["shape"].to_list(), SHAPES)
    # The target's drift is that of the predicted classes.
    baseline = [SHAPES[k] for k in ready.holdout.select(SHAPES).to_numpy().argmax(axis=1)]
    cells = [np.array([labels.count(name) for name in SHAPES], dtype=np.float64) for labels in (baseline, predicted)]
    drift = owner.read(ready.path("targetDrift"), batchId=batch)
    assert drift["driftScore"] == near(reference.distances(*cells)["psi"])


def test_figures_of_single_classes_set_each_against_the_rest(
    served: Served, shapes: tuple[Ready, pl.DataFrame]
) -> None:
    owner, (ready, rows) = served.owner, shapes
    block = {
        "modelId": ready.model_id,
        "features": features_of(rows, "size"),
        "predictions": rows.select(SHAPES).rows(),
        "associationIds": rows["id"].to_list(),
    }
    send_rows(owner, ready, block)
    send_actuals(owner, ready, outcomes(rows, "shape"))
    areas = {name: roc_auc_score(rows["shape"] == name, rows[name]) for name in SHAPES}
    over = owner.read(ready.path("accuracyOverTime"), metric="AUC", targetClass=["star", "circle"])
    assert over["buckets"][-1]["valuePerClass"] == {name: near(areas[name]) for name in ("star", "circle")}
    found = owner.read(ready.path("accuracy"), targetClass="star")
    assert found["targetClasses"] == ["star"]
    items = {item["metricName"]: item["value"] for item in found["data"]}
    assert items["AUC"] == near(areas["star"])
    predicted = [SHAPES[k] for k in rows.select(SHAPES).to_numpy().argmax(axis=1)]
    stars = [name == "star" for name in rows["shape"]]
    assert items["TPR"] == sum(p == "star" for p, s in zip(predicted, stars, strict=True) if s) / sum(stars)
    for params, message in (
        ({"targetClass": "cube"}, "circle"),
        ({"targetClass": ["star", "circle"]}, "one 'targetClass'"),
        ({"targetClass": "star", "metric": "LogLoss"}, "AUC"),
    ):
        answer = owner.get(ready.path("accuracy"), **params)
        assert answer.status_code == 422
        assert message in answer.json()["message"]


def test_figures_of_single_classes_are_for_several_classes(owner: User, binary: Ready) -> None:
    answer = owner.get(binary.path("accuracy"), targetClass="yes")
    assert answer.status_code == 422
    assert "multiclass" in answer.json()["message"]


def test_batches_are_pooled_row_by_row_and_not_averaged(owner: User, binary: Ready) -> None:
    parts = [binary_rows(53, 40), binary_rows(54, 360, 1.0)]
    batches = []
    for rows in parts:
        batches.append(new_batch(owner, binary))
        send_rows(owner, binary, binary_block(binary, rows, batches[-1]))
        send_actuals(owner, binary, outcomes(rows))
    both = pl.concat(parts)
    expected = reference.binary_accuracy((both["target"] == "yes").to_numpy(), both["score"].to_numpy())
    assert_metrics(accuracy_of(owner, binary, batchId=batches), expected, 400)
    assert_metrics(accuracy_of(owner, binary), expected, 400)
    each = [accuracy_of(owner, binary, batchId=one)["AUC"]["value"] for one in batches]
    assert expected["AUC"] != near(sum(each) / 2)


def test_rows_outside_any_batch_count_for_all_rows_alone(owner: User, binary: Ready, batch: str) -> None:
    inside, outside = binary_rows(53, 40), binary_rows(54, 60)
    send_rows(owner, binary, binary_block(binary, inside, batch))
    send_rows(owner, binary, binary_block(binary, outside))
    send_actuals(owner, binary, outcomes(inside) | outcomes(outside))
    assert accuracy_of(owner, binary)["AUC"]["sampleSize"] == 100
    assert accuracy_of(owner, binary, batchId=batch)["AUC"]["sampleSize"] == 40


def test_accuracy_without_actuals_is_unknown_with_a_reason(owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(53, 40), batch))
    for item in accuracy_of(owner, binary, batchId=batch).values():
        assert (item["value"], item["sampleSize"], item["percentChange"]) == (None, 0, None)
        assert item["degraded"] is None
        assert item["reason"]
    bucket = owner.read(binary.path("accuracyOverBatch"), batchId=batch)["buckets"][0]
    assert (bucket["metric"], bucket["value"], bucket["sampleSize"]) == ("LogLoss", None, 0)


@pytest.mark.parametrize("scale", [1.0, 1.03, 1.2, 1.3, 2.0])
def test_accuracy_is_degraded_when_the_loss_is_beyond_chance_and_five_percent(
    owner: User, regression: Ready, scale: float
) -> None:
    rows = regression_rows(58, 200).with_columns(
        (pl.col("predicted") + scale * (pl.col("amount") - pl.col("predicted"))).alias("amount")
    )
    batch = new_batch(owner, regression)
    send_rows(owner, regression, regression_block(regression, rows, batch))
    send_actuals(owner, regression, outcomes(rows, "amount"))
    found = accuracy_of(owner, regression, batchId=batch)

    def root_mean_square(frame: pl.DataFrame) -> tuple[float, float]:
        squares = (frame["predicted"] - frame["amount"]).to_numpy() ** 2
        value = float(np.sqrt(squares.mean()))
        return value, float(squares.std(ddof=1) / (2 * value * np.sqrt(squares.size)))

    (then, error_then), (now, error_now) = root_mean_square(regression.holdout), root_mean_square(rows)
    real = norm.sf((now - then) / np.hypot(error_then, error_now)) <= 0.01 / len(found)
    assert found["RMSE"]["degraded"] is bool(real and now >= 1.05 * then)
    over = owner.read(regression.path("accuracyOverBatch"), batchId=batch, metric="RMSE")
    assert over["buckets"][0]["degraded"] is found["RMSE"]["degraded"]


def test_a_metric_of_another_target_type_is_refused_with_those_that_fit(owner: User, binary: Ready) -> None:
    for page in ("accuracy", "accuracyOverBatch"):
        for metric in ("RMSE", "auc", ""):
            answer = owner.get(binary.path(page), metric=metric)
            assert answer.status_code == 422
            assert f"'{metric}'" in answer.json()["message"]
            assert "LogLoss" in answer.json()["message"]


# ------------------------------------------------------------------ predictions and actuals


def test_classes_are_counted_against_actuals_on_the_rows_that_have_both(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(55, 200)
    known = rows[:150]
    send_rows(owner, binary, binary_block(binary, rows, batch))
    send_actuals(owner, binary, outcomes(known))
    found = owner.read(binary.path("predictionsVsActualsOverBatch"), batchId=batch)
    assert found["summary"] == {"rowCountTotal": 200, "rowCountWithActual": 150}
    bucket = found["buckets"][0]
    assert (bucket["rowCountTotal"], bucket["rowCountWithActual"]) == (200, 150)
    predicted = ["yes" if score >= 0.5 else "no" for score in known["score"]]
    assert bucket["predictedClassDistribution"] == reference.distribution(predicted, CLASSES)
    assert bucket["actualClassDistribution"] == reference.distribution(known["target"].to_list(), CLASSES)
    assert found["baselines"][0]["rowCountTotal"] == binary.holdout.height


def test_predictions_have_their_means_and_percentiles(owner: User, regression: Ready) -> None:
    batch = new_batch(owner, regression)
    rows = regression_rows(56, 333)
    send_rows(owner, regression, regression_block(regression, rows, batch))
    values = np.sort(rows["predicted"].to_numpy())
    found = owner.read(regression.path("predictionsOverBatch"), batchId=batch, includePercentiles="true")
    bucket = found["buckets"][0]
    assert bucket["rowCount"] == 333
    assert bucket["meanPredictedValue"] == near(float(values.mean()))
    assert [item["percent"] for item in bucket["percentiles"]] == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    for item in bucket["percentiles"]:
        # The value of that rank, within the stated 2**-7 of it.
        exact = np.quantile(values, item["percent"] / 100, method="inverted_cdf")
        assert item["value"] == pytest.approx(exact, rel=2**-7)
    assert found["baselines"][0]["rowCount"] == regression.holdout.height
    assert found["baselines"][0]["meanPredictedValue"] == near(float(regression.holdout["predicted"].to_numpy().mean()))
    plain = owner.read(regression.path("predictionsOverBatch"), batchId=batch)["buckets"][0]
    assert (plain["percentiles"], plain["classDistribution"], plain["meanProbabilities"]) == ([], [], [])


def test_class_probabilities_have_their_means(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(57, 100)
    send_rows(owner, binary, binary_block(binary, rows, batch))
    bucket = owner.read(binary.path("predictionsOverBatch"), batchId=batch)["buckets"][0]
    mean = float(rows["score"].to_numpy().mean())
    assert bucket["meanProbabilities"] == [
        {"className": "yes", "value": near(mean)},
        {"className": "no", "value": near(1 - mean)},
    ]


# ------------------------------------------------------------------ service


def test_service_figures_are_those_of_the_reported_requests(owner: User, binary: Ready) -> None:
    rng = np.random.default_rng(0)
    batches = [new_batch(owner, binary) for _ in range(2)]
    times = [np.round(rng.gamma(2.0, 300.0, n), 3).tolist() for n in (31, 17)]
    for batch_id, some in zip(batches, times, strict=True):
        records = [
            request_of(
                binary, batch_id, numPredictions=i, executionTime=t, userError=i % 5 == 0, systemError=i % 7 == 0
            )
            for i, t in enumerate(some)
        ]
        send_requests(owner, binary, *records, request_of(binary, batch_id, numPredictions=3))
    send_requests(owner, binary, request_of(binary, None, numPredictions=1000, executionTime=5))
    for chosen in ([0], [1], [0, 1]):
        together = np.array([t for k in chosen for t in times[k]])
        numbers = [i for k in chosen for i in range(len(times[k]))]
        requests = len(numbers) + len(chosen)
        for quantile in (0.0, 0.25, 0.5, 0.9, 0.99, 1.0):
            for threshold in (0, 500, 1000):
                found = owner.read(
                    binary.path("batchServiceStats"),
                    batchId=[batches[k] for k in chosen],
                    executionTimeQuantile=quantile,
                    slowRequestsThreshold=threshold,
                )
                assert [b["id"] for b in found["batches"]] == [batches[k] for k in chosen]
                assert found["metrics"] == {
                    "totalPredictions": sum(numbers) + 3 * len(chosen),
                    "totalRequests": requests,
                    "slowRequests": int((together > threshold).sum()),
                    "executionTime": near(float(np.quantile(together, quantile))),
                    "responseTime": None,
                    "userErrorRate": near(sum(i % 5 == 0 for i in numbers) / requests),
                    "serverErrorRate": near(sum(i % 7 == 0 for i in numbers) / requests),
                    "numConsumers": 1,
                    "cacheHitRatio": 0.0,
                }


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("totalPredictions", [30, 0]),
        ("totalRequests", [3, 0]),
        ("slowRequests", [1, 0]),
        ("executionTime", [40.0, None]),
        ("responseTime", [None, None]),
        ("userErrorRate", [1 / 3, 0.0]),
        ("serverErrorRate", [0.0, 0.0]),
        ("numConsumers", [1, 0]),
        ("cacheHitRatio", [0.0, 0.0]),
    ],
)
def test_each_service_figure_is_told_batch_by_batch(
    owner: User, binary: Ready, metric: str, values: list[float | None]
) -> None:
    batches = [new_batch(owner, binary) for _ in range(2)]
    records = [request_of(binary, batches[0], numPredictions=10, executionTime=t) for t in (20, 40, 2000)]
    records[0]["userError"] = True
    send_requests(owner, binary, *records)
    found = owner.read(binary.path("serviceStatsOverBatch"), metric=metric, batchId=batches)
    assert found["metric"] == metric
    assert [bucket["value"] for bucket in found["buckets"]] == values
    if metric == "slowRequests":
        more = owner.read(binary.path("serviceStatsOverBatch"), metric=metric, batchId=batches, threshold=30)
        assert more["buckets"][0]["value"] == 2
    if metric == "executionTime":
        more = owner.read(binary.path("serviceStatsOverBatch"), metric=metric, batchId=batches, quantile=0)
        assert more["buckets"][0]["value"] == 20.0


@pytest.mark.parametrize(
    "params",
    [
        {"executionTimeQuantile": 1.1},
        {"executionTimeQuantile": -0.1},
        {"executionTimeQuantile": "nan"},
        {"slowRequestsThreshold": -1},
        {"slowRequestsThreshold": "many"},
    ],
)
def test_a_service_query_that_cannot_be_is_refused(owner: User, binary: Ready, params: dict[str, Any]) -> None:
    answer = owner.get(binary.path("batchServiceStats"), **params)
    assert answer.status_code == 422
    assert next(iter(params)) in answer.json()["message"]


# ------------------------------------------------------------------ rows count once


def test_rows_count_once_whether_service_figures_come_or_not(owner: User, binary: Ready) -> None:
    rows = binary_rows(61, 120)
    batches = [new_batch(owner, binary) for _ in range(2)]
    for batch_id in batches:
        send_rows(owner, binary, binary_block(binary, rows, batch_id, timestamp="2026-01-01"))
    send_requests(owner, binary, request_of(binary, batches[1], numPredictions=120, timestamp="2026-01-01"))
    found = [owner.read(binary.path("monitoringBatches", one)) for one in batches]
    assert [batch["predictionsCount"] for batch in found] == [120, 120]
    figures = [
        owner.read(binary.path("batchServiceStats"), batchId=one)["metrics"]["totalPredictions"] for one in batches
    ]
    assert figures == [0, 120]
    assert drift_of(owner, binary, batchId=batches[0]) == drift_of(owner, binary, batchId=batches[1])


def everything(user: User, ready: Ready, batch_id: str) -> dict[str, Any]:
    """All figures of a batch but its id, name and times."""
    found: dict[str, Any] = {
        "drift": drift_of(user, ready, batchId=batch_id),
        "target": user.read(ready.path("targetDrift"), batchId=batch_id),
        "accuracy": accuracy_of(user, ready, batchId=batch_id),
        "predictions": user.read(ready.path("predictionsOverBatch"), batchId=batch_id, includePercentiles="true"),
        "compared": user.read(ready.path("predictionsVsActualsOverBatch"), batchId=batch_id),
        "count": user.read(ready.path("monitoringBatches", batch_id))["predictionsCount"],
    }
    del found["target"]["batchId"], found["target"]["period"]
    for page in ("predictions", "compared"):
        for bucket in found[page]["buckets"]:
            del bucket["batch"]
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two trees of figures are equal; floats up to rounding, everything else exactly."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return bool(other == near(one))
    return bool(one == other)


def test_many_small_calls_give_the_figures_of_a_single_one(served: Served, binary: Ready) -> None:
    owner = served.owner
    rows = binary_rows(62, 400)
    whole, parts = new_batch(owner, binary), new_batch(owner, binary)
    send_actuals(owner, binary, outcomes(rows))
    send_rows(owner, binary, binary_block(binary, rows, whole))
    expected = None
    served.work()
    expected = everything(owner, binary, whole)
    assert expected["accuracy"]["AUC"]["sampleSize"] == 400
    assert owner.delete(binary.path("monitoringBatches", whole)).status_code == 200
    for start in range(0, 400, 10):
        send_rows(owner, binary, binary_block(binary, rows[start : start + 10], parts))
    fragments = len(served.contents()["profiles"])
    served.work()
    assert len(served.contents()["profiles"]) < fragments
    assert same(everything(owner, binary, parts), expected)


def test_json_and_files_give_the_same_figures(served: Served, binary: Ready) -> None:
    owner = served.owner
    rows = binary_rows(63, 150)
    send_actuals(owner, binary, outcomes(rows))
    found = []
    for form in [None, *sorted(FORMS)]:
        batch_id = new_batch(owner, binary)
        if form is None:
            send_rows(owner, binary, binary_block(binary, rows, batch_id))
        else:
            assert upload(owner, binary, batch_id, "k", file_of(rows, form), form).status_code == 202
        served.work()
        found.append(everything(owner, binary, batch_id))
        # Otherwise the next batch would supersede these predictions, and both would be computed anew.
        assert owner.delete(binary.path("monitoringBatches", batch_id)).status_code == 200
        served.work()
    assert all(same(one, found[0]) for one in found[1:])


def test_the_order_of_classes_is_that_of_the_call(owner: User, binary: Ready) -> None:
    rows = binary_rows(64, 100)
    batches = [new_batch(owner, binary) for _ in range(3)]
    send_rows(owner, binary, binary_block(binary, rows, batches[0]))
    turned = [[1.0 - s, s] for s in rows["score"]]
    send_rows(owner, binary, binary_block(binary, rows, batches[1], predictions=turned, classNames=["no", "yes"]))
    # Without names the order is the model's own.
    block = binary_block(binary, rows, batches[2])
    del block["classNames"]
    send_rows(owner, binary, block)
    bodies = [owner.read(binary.path("predictionsOverBatch"), batchId=one)["buckets"][0] for one in batches]
    for body in bodies:
        del body["batch"]
    assert bodies[0] == bodies[1] == bodies[2]


def test_one_hot_rows_are_labels(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(65, 80)
    hot = [[1.0, 0.0] if target == "no" else [0.0, 1.0] for target in rows["target"]]
    send_rows(owner, binary, binary_block(binary, rows, batch, predictions=hot, classNames=["no", "yes"]))
    send_actuals(owner, binary, outcomes(rows))
    bucket = owner.read(binary.path("predictionsOverBatch"), batchId=batch)["buckets"][0]
    assert bucket["classDistribution"] == reference.distribution(rows["target"].to_list(), CLASSES)
    found = accuracy_of(owner, binary, batchId=batch)
    assert (found["Accuracy"]["value"], found["AUC"]["value"], found["LogLoss"]["value"]) == (1.0, 1.0, near(1e-15))


def test_a_score_at_the_threshold_is_positive(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(65, 3)
    predictions = [[0.5, 0.5], [0.49999, 0.50001], [0.50001, 0.49999]]
    send_rows(owner, binary, binary_block(binary, rows, batch, predictions=predictions))
    bucket = owner.read(binary.path("predictionsOverBatch"), batchId=batch)["buckets"][0]
    assert {item["className"]: item["count"] for item in bucket["classDistribution"]} == {"yes": 2, "no": 1}


def test_rows_that_skip_drift_count_for_accuracy_alone(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(66, 90)
    block = binary_block(binary, rows, batch)
    send_rows(owner, binary, block, skipDriftTracking=True)
    send_actuals(owner, binary, outcomes(rows))
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 0
    assert owner.read(binary.path("targetDrift"), batchId=batch)["sampleSize"] == 0
    assert {item["sampleSize"] for item in drift_of(owner, binary, batchId=batch).values()} == {0}
    assert accuracy_of(owner, binary, batchId=batch)["AUC"]["sampleSize"] == 90


def test_rows_that_skip_accuracy_count_for_drift_alone(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(66, 90)
    send_rows(owner, binary, binary_block(binary, rows, batch), skipAccuracyTracking=True)
    send_actuals(owner, binary, outcomes(rows))
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 90
    assert owner.read(binary.path("targetDrift"), batchId=batch)["sampleSize"] == 90
    assert accuracy_of(owner, binary, batchId=batch)["AUC"]["sampleSize"] == 0


# ------------------------------------------------------------------ which prediction, which actual


def one_accuracy(user: User, ready: Ready, batch_id: str) -> tuple[Any, int]:
    found = accuracy_of(user, ready, batchId=batch_id)["Accuracy"]
    return found["value"], found["sampleSize"]


def test_actuals_may_come_before_their_predictions(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    rows = binary_rows(71, 100)
    send_actuals(owner, binary, outcomes(rows))
    send_rows(owner, binary, binary_block(binary, rows, batch))
    served.work()
    expected = reference.binary_accuracy((rows["target"] == "yes").to_numpy(), rows["score"].to_numpy())
    assert_metrics(accuracy_of(owner, binary, batchId=batch), expected, 100)


def test_a_repeated_actual_changes_nothing_and_a_corrected_one_replaces(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(72, 4)
    predictions = [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]]
    send_rows(owner, binary, binary_block(binary, rows, batch, predictions=predictions))
    keys = rows["id"].to_list()
    for values, expected in (
        (["yes", "yes", "no", "yes"], 0.75),
        (["yes", "yes", "no", "yes"], 0.75),
        (["yes", "yes", "no", "no"], 1.0),
        (["no", "no", "yes", "yes"], 0.0),
    ):
        send_actuals(owner, binary, dict(zip(keys, values, strict=True)))
        assert one_accuracy(owner, binary, batch) == (expected, 4)
    send_actuals(owner, binary, {keys[0]: "yes"})
    assert one_accuracy(owner, binary, batch) == (0.25, 4)


def test_the_last_actual_of_one_id_in_a_call_wins(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(72, 1)
    send_rows(owner, binary, binary_block(binary, rows, batch, predictions=[[0.9, 0.1]]))
    data = [{"associationId": rows["id"][0], "actualValue": value} for value in ("no", "yes", "no", "yes")]
    owner.finished(owner.post(binary.path("actuals", "fromJSON"), {"data": data}))
    assert one_accuracy(owner, binary, batch) == (1.0, 1)


def test_the_newest_prediction_of_an_id_wins_and_an_older_one_comes_back_when_it_is_deleted(
    served: Served, binary: Ready
) -> None:
    owner = served.owner
    older, newer = new_batch(owner, binary, batchName="older"), new_batch(owner, binary, batchName="newer")
    rows = binary_rows(73, 10)
    right = [[0.9, 0.1] if t == "yes" else [0.1, 0.9] for t in rows["target"]]
    wrong = [pair[::-1] for pair in right]
    send_actuals(owner, binary, outcomes(rows))
    send_rows(owner, binary, binary_block(binary, rows, older, predictions=right))
    served.work()
    assert one_accuracy(owner, binary, older) == (1.0, 10)
    send_rows(owner, binary, binary_block(binary, rows[:6], newer, predictions=wrong[:6]))
    served.work()
    assert one_accuracy(owner, binary, older) == (1.0, 4)
    assert one_accuracy(owner, binary, newer) == (0.0, 6)
    assert accuracy_of(owner, binary)["Accuracy"]["value"] == near(0.4)
    # Each batch still holds its rows for drift: they were really scored.
    assert owner.read(binary.path("monitoringBatches", older))["predictionsCount"] == 10
    assert owner.delete(binary.path("monitoringBatches", newer)).status_code == 200
    served.work()
    assert one_accuracy(owner, binary, older) == (1.0, 10)
    assert accuracy_of(owner, binary)["Accuracy"]["sampleSize"] == 10


def test_within_one_batch_the_newest_prediction_of_an_id_wins_too(served: Served, binary: Ready, batch: str) -> None:
    owner = served.owner
    rows = binary_rows(73, 5)
    right = [[0.9, 0.1] if t == "yes" else [0.1, 0.9] for t in rows["target"]]
    wrong = [pair[::-1] for pair in right]
    send_actuals(owner, binary, outcomes(rows))
    first, second = (binary_block(binary, rows, batch, predictions=p) for p in (right, wrong))
    send_rows(owner, binary, first, second)
    served.work()
    assert one_accuracy(owner, binary, batch) == (0.0, 5)
    send_rows(owner, binary, first)
    served.work()
    assert one_accuracy(owner, binary, batch) == (1.0, 5)


@pytest.mark.parametrize("form", [None, *sorted(FORMS)])
def test_of_an_id_that_stands_twice_in_one_upload_the_last_row_wins(
    owner: User, binary: Ready, batch: str, form: str | None
) -> None:
    rows = pl.DataFrame({"id": ["a", "b", "a", "b", "a"], "score": [0.1, 0.9, 0.1, 0.9, 0.9]})
    if form is None:
        block = {
            "modelId": binary.model_id,
            "batchId": batch,
            "predictions": [[s, 1 - s] for s in rows["score"]],
            "associationIds": rows["id"].to_list(),
        }
        send_rows(owner, binary, block)
    else:
        assert upload(owner, binary, batch, "k", file_of(rows, form), form).status_code == 202
    send_actuals(owner, binary, {"a": "yes", "b": "yes"})
    assert one_accuracy(owner, binary, batch) == (1.0, 2)


def test_rows_without_an_association_id_have_no_accuracy(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(74, 6)
    ids = ["a", None, "", " ", "b", None]
    send_rows(owner, binary, binary_block(binary, rows, batch, associationIds=ids))
    send_actuals(owner, binary, {"a": "yes", "b": "no"})
    assert one_accuracy(owner, binary, batch)[1] == 2
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 6


def test_labels_that_look_like_numbers_are_one_whatever_their_type(served: Served) -> None:
    owner = served.owner
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "late": [1, 0, 1, 0], "p": [0.9, 0.2, 0.8, 0.4]})
    target = {"name": "late", "type": "Binary", "classNames": ["1", "0"], "predictionProbabilitiesColumn": "p"}
    ready = deployed(owner, target, frame.drop("p"), frame)
    batch = new_batch(owner, ready)
    keys = [f"k{i}" for i in range(8)]
    block = {
        "modelId": ready.model_id,
        "batchId": batch,
        "predictions": [[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4,
        "classNames": ["1", "0"],
        "associationIds": keys,
    }
    send_rows(owner, ready, block)
    send_actuals(owner, ready, dict(zip(keys, [1, 1.0, "1", "1.0", 0, 0.0, "0", "0.0"], strict=True)))
    assert one_accuracy(owner, ready, batch) == (1.0, 8)


def test_labels_of_truth_are_one_whatever_their_type(served: Served) -> None:
    owner = served.owner
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "late": [True, False, True, False], "p": [0.9, 0.2, 0.8, 0.4]})
    target = {"name": "late", "type": "Binary", "classNames": ["True", "False"], "predictionProbabilitiesColumn": "p"}
    ready = deployed(owner, target, frame.drop("p"), frame)
    batch = new_batch(owner, ready)
    keys = [f"k{i}" for i in range(6)]
    block = {
        "modelId": ready.model_id,
        "batchId": batch,
        "predictions": [[0.9, 0.1]] * 3 + [[0.1, 0.9]] * 3,
        "associationIds": keys,
    }
    send_rows(owner, ready, block)
    send_actuals(owner, ready, dict(zip(keys, [True, "true", "True", False, "false", "False"], strict=True)))
    assert one_accuracy(owner, ready, batch) == (1.0, 6)
