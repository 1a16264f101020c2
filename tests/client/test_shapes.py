from datetime import UTC, datetime

import pytest
from tests.client.wire import DEPLOYMENT, batch, deployment, drift_item, report

from assay.client import Batch, Deployment, DriftRow, ServerProblem, UploadReport


def test_fields_are_read_from_where_they_lie() -> None:
    found = Deployment.of(deployment())
    assert (found.model_id, found.target_name, found.target_type) == ("65c000000000000000000001", "late", "Binary")
    assert found.service_health == "passing"
    assert found.created_at == datetime(2013, 1, 1, tzinfo=UTC)


def test_unknown_fields_are_passed_over_and_stay_in_raw() -> None:
    assert Deployment.of(deployment()).raw["somethingNew"] == [1, 2, 3]


def test_a_value_is_frozen_and_compares_by_what_it_says() -> None:
    found = Batch.of(batch(), deployment_id=DEPLOYMENT)
    assert found == Batch.of(batch(somethingNew=1), deployment_id=DEPLOYMENT)
    with pytest.raises(AttributeError):
        found.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("gone", ["description", "serviceHealth", "createdBy", "batchPredictionJobId"])
def test_optional_fields_may_be_absent_or_null(gone: str) -> None:
    absent = {key: value for key, value in batch().items() if key != gone}
    assert Batch.of(absent, deployment_id=DEPLOYMENT) == Batch.of(batch(**{gone: None}), deployment_id=DEPLOYMENT)


def test_numbers_may_be_whole_where_decimals_are_expected() -> None:
    assert DriftRow.of(drift_item("temp", 1)).score == 1.0


def test_a_needed_field_that_is_absent_is_a_problem_of_the_server() -> None:
    with pytest.raises(ServerProblem, match="'predictionsCount' cannot be understood"):
        Batch.of({key: value for key, value in batch().items() if key != "predictionsCount"}, deployment_id="x")


@pytest.mark.parametrize("found", [None, [], "text"])
def test_what_is_no_object_is_a_problem_of_the_server(found: object) -> None:
    with pytest.raises(ServerProblem, match="where UploadReport was expected"):
        UploadReport.of(found)


def test_counts_by_column_keep_the_columns_names() -> None:
    assert UploadReport.of(report(unreadable={"dep_time": 3, "windGust": 1})).unreadable == {
        "dep_time": 3,
        "windGust": 1,
    }
