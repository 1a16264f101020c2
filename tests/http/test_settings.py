"""Settings of a deployment."""

from typing import Any

import pytest
from tests.material import Ready, binary_block, binary_rows, new_batch, send_rows
from tests.serving import Served, User


def settings(user: User, ready: Ready) -> dict[str, Any]:
    return dict(user.read(ready.path("settings")))


def test_a_change_leads_to_the_settings_and_touches_nothing_else(owner: User, binary: Ready) -> None:
    before = settings(owner, binary)
    assert before["batchMonitoring"] == {"enabled": True}
    assert before["associationId"]["columnNames"] == ["id"]
    for change in (
        {"targetDrift": {"enabled": False}},
        {"batchMonitoring": {"enabled": False}},
        {"predictionsDataCollection": {"enabled": False}},
        {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}},
    ):
        answer = owner.patch(binary.path("settings"), change)
        assert answer.json() == {}
        assert owner.finished(answer).endswith(f"/deployments/{binary.id}/settings/")
        before |= change
        assert settings(owner, binary) == before


def test_parts_of_the_association_id_change_by_themselves(owner: User, binary: Ready) -> None:
    for change, column, required in (
        ({"requiredInPredictionRequests": True}, ["id"], True),
        ({"columnNames": ["key"]}, ["key"], True),
        ({"columnNames": None}, None, True),
        ({"columnNames": []}, None, True),
        ({"columnNames": ["id"], "requiredInPredictionRequests": False, "autoGenerateId": False}, ["id"], False),
    ):
        owner.finished(owner.patch(binary.path("settings"), {"associationId": change}))
        found = settings(owner, binary)["associationId"]
        assert (found["columnNames"], found["requiredInPredictionRequests"]) == (column, required)


def test_all_settings_can_be_sent_back_as_they_were_read(owner: User, binary: Ready) -> None:
    before = settings(owner, binary)
    owner.finished(owner.patch(binary.path("settings"), before))
    assert settings(owner, binary) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"automaticActuals": {"enabled": True}}, "automaticActuals"),
        ({"predictionIntervals": {"enabled": True}}, "predictionIntervals"),
        ({"predictionsByForecastDate": {"enabled": True, "columnName": "d"}}, "predictionsByForecastDate"),
        ({"featureDrift": {"enabled": True, "trackedFeatures": ["age", "shoe size"]}}, "shoe size"),
        ({"biasAndFairness": {"fairnessThreshold": 1.5}}, "biasAndFairness.fairnessThreshold"),
        ({"biasAndFairness": {"protectedFeatures": ["x" * 70_000]}}, "bytes"),
        ({"predictionWarning": {"enabled": True, "customBoundaries": {"lower": 2, "upper": 1}}}, "lower 2.0"),
        ({"associationId": {"columnNames": ["a", "b"]}}, "at most one"),
        ({"associationId": {"autoGenerateId": True}}, "autoGenerateId"),
        ({"batchMonitoring": {"enabled": "yes"}}, "batchMonitoring.enabled"),
        ({"batchMonitoring": {}}, "batchMonitoring.enabled"),
        ({"batchMonitoring": True}, "batchMonitoring"),
        ({"targetDrift": {"enabled": False}, "automaticActuals": {"enabled": True}}, "automaticActuals"),
    ],
)
def test_what_the_server_does_not_have_is_refused_and_nothing_of_the_call_is_kept(
    served: Served, binary: Ready, change: dict[str, Any], words: str
) -> None:
    before = served.contents()
    answer = served.owner.patch(binary.path("settings"), change)
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert served.contents() == before


@pytest.mark.parametrize(
    "change",
    [
        {"humility": {"enabled": True}},
        {"challengerModels": {"enabled": True}},
        {"predictionWarning": {"enabled": True, "customBoundaries": {"lower": -1.5, "upper": 2.0}}},
        {"predictionWarning": {"enabled": True, "customBoundaries": None}},
        {
            "biasAndFairness": {
                "protectedFeatures": ["region"],
                "preferableTargetValue": "yes",
                "fairnessMetricsSet": "equalParity",
                "fairnessThreshold": 0.8,
            }
        },
        {"featureDrift": {"enabled": True, "featureSelection": "manual", "trackedFeatures": ["region", "age"]}},
    ],
)
def test_settings_that_clients_set_and_read_come_back_as_they_were_sent(
    owner: User, binary: Ready, change: dict[str, Any]
) -> None:
    before = settings(owner, binary)
    owner.finished(owner.patch(binary.path("settings"), change))
    after = settings(owner, binary)
    assert after == before | change
    owner.finished(owner.patch(binary.path("settings"), after))
    assert settings(owner, binary) == after
    owner.finished(owner.patch(binary.path("settings"), before))
    assert settings(owner, binary) == before


def test_what_of_the_settings_a_deployment_shows_follows_them(owner: User, binary: Ready) -> None:
    change = {"humility": {"enabled": True}, "predictionWarning": {"enabled": True}}
    owner.finished(owner.patch(binary.path("settings"), change))
    assert owner.read(binary.path())["settings"] == {
        "humbleAiEnabled": True,
        "predictionIntervalsEnabled": False,
        "predictionWarningEnabled": True,
    }


def test_drift_is_told_of_the_tracked_features_alone(owner: User, binary: Ready, batch: str) -> None:
    send_rows(owner, binary, binary_block(binary, binary_rows(3, 50), batch))
    before = owner.read(binary.path("featureDrift"), batchId=batch)
    change = {"featureDrift": {"enabled": True, "trackedFeatures": ["region", "age"]}}
    owner.finished(owner.patch(binary.path("settings"), change))
    after = owner.read(binary.path("featureDrift"), batchId=batch)
    assert after["totalCount"] == 2
    assert after["data"] == [item for item in before["data"] if item["name"] in {"age", "region"}]
    owner.finished(owner.patch(binary.path("settings"), {"featureDrift": {"enabled": True, "trackedFeatures": None}}))
    assert owner.read(binary.path("featureDrift"), batchId=batch) == before


def test_drift_switches_stop_the_counting_of_what_they_name(owner: User, binary: Ready, batch: str) -> None:
    rows = binary_rows(3, 20)

    def sizes() -> tuple[int, int]:
        feature = owner.read(binary.path("featureDrift"), batchId=batch)["data"][0]
        return feature["sampleSize"], owner.read(binary.path("targetDrift"), batchId=batch)["sampleSize"]

    for feature, target in ((False, True), (True, False), (False, False), (True, True)):
        change = {"featureDrift": {"enabled": feature}, "targetDrift": {"enabled": target}}
        owner.finished(owner.patch(binary.path("settings"), change))
        before = sizes()
        send_rows(owner, binary, binary_block(binary, rows, batch))
        assert sizes() == (before[0] + 20 * feature, before[1] + 20 * target)
    # The rows themselves are counted in any case.
    assert owner.read(binary.path("monitoringBatches", batch))["predictionsCount"] == 80


def test_rows_are_not_kept_where_they_are_not_wanted_and_accuracy_still_works(served: Served, binary: Ready) -> None:
    owner = served.owner
    owner.finished(owner.patch(binary.path("settings"), {"predictionsDataCollection": {"enabled": False}}))
    before = served.contents()["blobs"]
    rows = binary_rows(3, 20)
    batch = new_batch(owner, binary)
    block = binary_block(binary, rows, batch)
    del block["associationIds"]
    send_rows(owner, binary, block)
    assert served.contents()["blobs"] == before
    assert owner.read(binary.path("featureDrift"), batchId=batch)["data"][0]["sampleSize"] == 20
