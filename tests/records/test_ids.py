from datetime import UTC, datetime, timedelta

import pytest

from assay.records.ids import is_id, new_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_ids_are_distinct_and_sort_by_age():
    ids = [new_id(NOW + timedelta(seconds=s)) for s in range(200)]
    assert len({new_id(NOW) for _ in range(1000)}) == 1000
    assert ids == sorted(ids)
    assert all(map(is_id, ids))


@pytest.mark.parametrize("year", [1969, 2026, 2200])
def test_an_id_has_its_shape_in_every_century(year):
    assert is_id(new_id(datetime(year, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    "text", ["", "a" * 23, "a" * 25, "A" * 24, "g" * 24, "a" * 24 + "\n", " " + "a" * 23, "٣" * 24, "../" * 8]
)
def test_other_text_is_no_id(text):
    assert not is_id(text)
