"""How accuracy matures: late, early, corrected and repeated actuals, over days and over replacements."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn import metrics
from tests.http import reference
from tests.http.operations import UNKNOWN
from tests.http.versions import committed, opened, path_of
from tests.material import (
    Ready,
    binary_block,
    binary_rows,
    new_batch,
    regression_block,
    regression_rows,
    send_rows,
)
from tests.serving import Served, User

ROWS = binary_rows(60, 120)


def revisions(user: User, ready: Ready, batch_id: str, **params: Any) -> list[dict[str, Any]]:
    return list(user.read(path_of(ready, batch_id, "accuracyRevisions"), **params)["data"])


def tell(user: User, ready: Ready, rows: pl.DataFrame, column: str = "target") -> None:
    """Send the actuals of rows; their accuracy is not computed yet."""
    data = [
        {"associationId": i, "actualValue": value}
        for i, value in zip(rows["id"].to_list(), rows[column].to_list(), strict=True)
    ]
    answer = user.post(ready.path("actuals", "fromJSON"), {"data": data})
    assert answer.status_code == 202, answer.text


def work(server: Served, days: float = 0.0) -> datetime:
    """Run what is queued, some days from now; that moment."""
    now = server.context.clock() + timedelta(days=days)
    replace(server, context=replace(server.context, clock=lambda: now)).work()
    return now


def figures_of(revision: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in revision["metrics"]}


def require_figures(revision: dict[str, Any], rows: pl.DataFrame, predictions: int) -> None:
    """A revision is what scikit-learn says of the rows whose actual was known."""
    assert revision["predictionsCount"] == predictions
    assert revision["rowsWithActual"] == rows.height
    assert revision["matchedShare"] == pytest.approx(rows.height / predictions)
    found = figures_of(revision)
    actual = (rows["target"] == "yes").to_numpy()
    expected = reference.binary_accuracy(actual, rows["score"].to_numpy())
    for name in ("LogLoss", "Brier", "Accuracy", "F1", "MCC"):
        assert found[name]["value"] == pytest.approx(expected[name], rel=1e-9)
    assert found["AUC"]["value"] == pytest.approx(expected["AUC"], abs=found["AUC"]["bound"] + 1e-9)


@pytest.fixture
def filled(owner: User, binary: Ready, batch: str) -> str:
    """A batch with the rows, and no actual."""
    send_rows(owner, binary, binary_block(binary, ROWS, batch))
    return batch


def test_each_delivery_of_late_actuals_leaves_a_revision_of_its_day(
    served: Served, owner: User, binary: Ready, filled: str
) -> None:
    days = [work(served)]
    assert revisions(owner, binary, filled) == []
    for day, end in ((1, 30), (3, 75), (9, 120)):
        tell(owner, binary, ROWS[(0 if end == 30 else end - 45) : end])
        days.append(work(served, day))
    found = revisions(owner, binary, filled)
    assert [datetime.fromisoformat(one["timestamp"]) for one in found] == days[1:]
    for one, end in zip(found, (30, 75, 120), strict=True):
        require_figures(one, ROWS[:end], 120)
    # The last one is what the accuracy page tells.
    page = {one["metricName"]: one for one in owner.read(binary.path("accuracy"), batchId=filled)["data"]}
    for name, one in figures_of(found[-1]).items():
        assert (page[name]["value"], page[name]["sampleSize"]) == (one["value"], 120)
        assert (page[name]["low"], page[name]["high"]) == (one["low"], one["high"])


def test_early_actuals_make_the_first_revision_when_their_predictions_come(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    tell(owner, binary, ROWS[:50])
    work(served)
    assert revisions(owner, binary, batch) == []
    send_rows(owner, binary, binary_block(binary, ROWS, batch))
    work(served, 2)
    (found,) = revisions(owner, binary, batch)
    require_figures(found, ROWS[:50], 120)


def test_repeated_actuals_change_nothing_and_leave_no_revision(
    served: Served, owner: User, binary: Ready, filled: str
) -> None:
    for day in range(3):
        tell(owner, binary, ROWS[:80])
        work(served, day)
    (found,) = revisions(owner, binary, filled)
    require_figures(found, ROWS[:80], 120)


def test_a_corrected_actual_leaves_a_revision_that_counts_it_once(
    served: Served, owner: User, binary: Ready, filled: str
) -> None:
    tell(owner, binary, ROWS)
    work(served)
    flipped = ROWS.with_columns(
        pl.when(pl.int_range(pl.len()) < 20)
        .then(pl.when(pl.col("target") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes")))
        .otherwise("target")
        .alias("target")
    )
    tell(owner, binary, flipped[:20])
    work(served, 1)
    first, second = revisions(owner, binary, filled)
    require_figures(first, ROWS, 120)
    require_figures(second, flipped, 120)


def test_more_predictions_without_actuals_lower_the_share(
    served: Served, owner: User, binary: Ready, filled: str
) -> None:
    tell(owner, binary, ROWS[:60])
    work(served)
    send_rows(owner, binary, binary_block(binary, binary_rows(61, 40), filled))
    tell(owner, binary, ROWS[:60])
    work(served, 1)
    first, second = revisions(owner, binary, filled)
    require_figures(first, ROWS[:60], 120)
    require_figures(second, ROWS[:60], 160)


def test_predictions_that_were_all_superseded_leave_a_revision_without_values(
    served: Served, owner: User, binary: Ready, filled: str
) -> None:
    tell(owner, binary, ROWS)
    work(served)
    send_rows(owner, binary, binary_block(binary, ROWS, new_batch(owner, binary)))
    work(served, 1)
    found = revisions(owner, binary, filled)[-1]
    assert (found["rowsWithActual"], found["matchedShare"]) == (0, 0.0)
    assert {one["value"] for one in found["metrics"]} == {None}
    assert all(one["reason"] for one in found["metrics"])


def test_rows_that_were_sent_for_accuracy_alone_have_no_share(
    served: Served, owner: User, binary: Ready, batch: str
) -> None:
    send_rows(owner, binary, binary_block(binary, ROWS, batch), skipDriftTracking=True)
    tell(owner, binary, ROWS[:10])
    work(served)
    (found,) = revisions(owner, binary, batch)
    assert (found["predictionsCount"], found["rowsWithActual"], found["matchedShare"]) == (0, 10, None)


def test_a_replacement_has_a_history_of_its_own_and_the_version_keeps_the_former(
    served: Served, owner: User, binary: Ready, filled: str
) -> None:
    tell(owner, binary, ROWS[:40])
    work(served)
    tell(owner, binary, ROWS[40:80])
    work(served, 1)
    before = revisions(owner, binary, filled)
    other = binary_rows(62, 50)
    draft = opened(owner, binary, filled)
    send_rows(owner, binary, binary_block(binary, other, draft))
    tell(owner, binary, other[:20])
    work(served, 2)
    assert revisions(owner, binary, filled) == before
    of_draft = revisions(owner, binary, draft)
    version = committed(served, binary, filled)["versionId"]
    tell(owner, binary, other)
    work(served, 3)
    after = revisions(owner, binary, filled)
    assert after[:1] == of_draft
    require_figures(after[0], other[:20], 50)
    require_figures(after[1], other, 50)
    assert len(after) == 2
    assert revisions(owner, binary, version) == before


def test_revisions_of_a_regression_are_those_of_scikit_learn(served: Served, owner: User, regression: Ready) -> None:
    rows, batch = regression_rows(63, 90), new_batch(owner, regression)
    send_rows(owner, regression, regression_block(regression, rows, batch))
    for some in (rows[:30], rows[30:]):
        tell(owner, regression, some, "amount")
        work(served)
    for one, some in zip(revisions(owner, regression, batch), (rows[:30], rows), strict=True):
        found = figures_of(one)
        actual, predicted = some["amount"].to_numpy(), some["predicted"].to_numpy()
        assert found["RMSE"]["value"] == pytest.approx(np.sqrt(metrics.mean_squared_error(actual, predicted)))
        assert found["MAE"]["value"] == pytest.approx(metrics.mean_absolute_error(actual, predicted))
        assert found["R Squared"]["value"] == pytest.approx(metrics.r2_score(actual, predicted))


def test_revisions_come_in_pages_and_with_the_metrics_that_are_asked_for(
    served: Served, owner: User, binary: Ready, filled: str
) -> None:
    for end in (30, 60, 90):
        tell(owner, binary, ROWS[:end])
        work(served)
    path = path_of(binary, filled, "accuracyRevisions")
    whole = owner.read(path)
    assert (whole["count"], whole["totalCount"], whole["batchId"], whole["modelId"]) == (3, 3, filled, binary.model_id)
    page = owner.read(path, limit=1, offset=1, metric=["LogLoss", "AUC"])
    (one,) = page["data"]
    assert (page["totalCount"], one["rowsWithActual"]) == (3, 60)
    assert set(figures_of(one)) == {"LogLoss", "AUC"}
    assert figures_of(one)["AUC"] == figures_of(whole["data"][1])["AUC"]
    assert owner.get(page["next"]).json()["data"][0]["rowsWithActual"] == 90


def test_what_cannot_be_asked_for_is_refused_with_what_can(owner: User, binary: Ready, filled: str) -> None:
    path = path_of(binary, filled, "accuracyRevisions")
    answer = owner.get(path, metric="RMSE")
    assert answer.status_code == 422
    assert "LogLoss" in answer.json()["message"]
    assert owner.get(path, modelId=UNKNOWN).status_code == 404


def test_revisions_go_with_their_batch(served: Served, owner: User, binary: Ready, filled: str) -> None:
    tell(owner, binary, ROWS)
    work(served)
    assert owner.delete(path_of(binary, filled)).status_code == 200
    assert served.contents()["accuracy_revisions"] == []
