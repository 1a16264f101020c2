"""A demo that was interrupted goes on where it was, and comes to the same figures."""

import shutil
from itertools import count
from pathlib import Path

import httpx2
import pytest
from tests.demo.runs import Figures, before_calls, in_process, run_of
from tests.effort import SOAK

from assay.client import Client
from assay.server.demo.departures import Selection
from assay.server.demo.material import CONTENTS, Material, preparation
from assay.server.demo.problems import OtherMaterial

CALLS_FURTHER = 1 if SOAK else 6


class Interrupted(Exception):
    """Somebody has pressed Ctrl-C."""


def run_until(call: int, client: Client, material: Material) -> Figures:
    """A run that is interrupted before a call, if it gets there."""
    numbers = count(1)

    def interrupt(_: httpx2.Request) -> None:
        if next(numbers) == call:
            raise Interrupted

    before_calls(client, interrupt)
    return Figures.of(run_of(client, material))


def test_a_demo_that_is_interrupted_again_and_again_comes_to_the_same_figures(
    small: Material, expected: Figures, tmp_path: Path
) -> None:
    found = None
    with in_process(tmp_path) as client:
        for run in count(1):
            try:
                # Each run gets a little further, until one gets to the end.
                found = run_until(run * CALLS_FURTHER, client, small)
            except Interrupted:
                continue
            break
    assert found == expected
    assert run > 5


def test_a_demo_that_is_run_again_sends_nothing_twice_and_shows_the_same_figures(
    small: Material, expected: Figures, tmp_path: Path
) -> None:
    sent = []
    with in_process(tmp_path) as client:
        run_of(client, small)
        before_calls(client, lambda request: sent.append(request.method))
        again = Figures.of(run_of(client, small))
    assert again == expected
    assert "POST" not in sent


def test_files_that_were_not_all_made_are_made_again(small: Material, tmp_path: Path) -> None:
    half_made = Material(tmp_path / "demo", small.selection)
    assert preparation(small) == []
    shutil.copytree(small.folder, half_made.folder, ignore=shutil.ignore_patterns(CONTENTS))
    assert preparation(half_made) != []


def test_the_files_of_another_demo_are_not_sent(small: Material) -> None:
    with pytest.raises(OtherMaterial, match="fresh folder"):
        preparation(Material(small.folder, Selection()))
