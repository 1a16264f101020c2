import json
from datetime import UTC, datetime

import numpy as np
import pytest

from assay.client.bodies import as_json


def test_nan_becomes_null_at_any_depth() -> None:
    nan = float("nan")
    assert json.loads(as_json({"a": [nan, 1.5], "b": {"c": (nan,)}})) == {"a": [None, 1.5], "b": {"c": [None]}}


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), [1.0, float("inf")]])
def test_infinity_is_refused_because_json_cannot_say_it(value: object) -> None:
    with pytest.raises(ValueError, match="infinite number"):
        as_json(value)


def test_single_numbers_of_numpy_and_times_are_sent() -> None:
    value = [np.int64(3), np.float32(0.5), np.float64("nan"), np.bool_(True), datetime(2013, 7, 1, tzinfo=UTC)]
    assert json.loads(as_json(value)) == [3, 0.5, None, True, "2013-07-01T00:00:00+00:00"]


def test_text_is_sent_as_utf8() -> None:
    assert as_json("Zürich") == '"Zürich"'.encode()


def test_what_has_no_json_is_named() -> None:
    with pytest.raises(TypeError, match="A set cannot be sent as JSON"):
        as_json({"a": {1, 2}})
