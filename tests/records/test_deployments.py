import json
from dataclasses import asdict, fields

import pytest

from assay.records.deployments import Settings, VerdictRule


def test_absent_settings_have_their_defaults():
    assert Settings.of({}) == Settings()


def test_settings_come_back_from_their_stored_form():
    settings = Settings(batch_monitoring=True, association_id_column="é", segment_attributes=("a", "b"))
    assert Settings.of(json.loads(json.dumps(asdict(settings)))) == settings


def test_a_change_leaves_the_other_settings_and_the_former_value_alone():
    before = Settings(association_id_column="id")
    after = before.changed({"feature_drift": False})
    assert (before.feature_drift, after.feature_drift) == (True, False)
    assert after.association_id_column == "id"
    assert before.changed({}) == before


@pytest.mark.parametrize("unknown", [{"color": "red"}, {"batchMonitoring": True}])
def test_a_setting_that_nobody_knows_is_not_swallowed(unknown):
    with pytest.raises(TypeError):
        Settings().changed(unknown)
    with pytest.raises(TypeError):
        Settings.of(unknown)


def test_every_setting_has_a_default():
    plain = [f for f in fields(Settings) if f.name != "verdict"]
    assert [f.name for f in plain if getattr(Settings(), f.name) != f.default] == []
    assert Settings().verdict == VerdictRule()
    assert Settings.of({}) == Settings()
