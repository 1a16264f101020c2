"""A demo that was interrupted goes on where it was, and comes to the same figures."""

from pathlib import Path

import pytest
from tests.demo.runs import Disturbance, Figures, calls_of, in_process, run_of

from assay.client import Client
from assay.server.demo.departures import Selection
from assay.server.demo.figures import SubjectFigures
from assay.server.demo.material import Material
from assay.server.demo.problems import OtherMaterial


class Interrupted(Exception):
    """Somebody has pressed Ctrl-C."""


def interrupt() -> None:
    raise Interrupted


def test_a_demo_interrupted_before_every_call_comes_to_the_same_figures(
    small: Material, expected: Figures, tmp_path: Path
) -> None:
    runs = 0
    with in_process(tmp_path) as client:
        found = None
        while found is None:
            runs += 1
            # Each run gets one call further than the one before, until one gets to the end.
            found = _interrupted_before(client, small, call=runs)
    assert found == expected
    assert runs > 20
