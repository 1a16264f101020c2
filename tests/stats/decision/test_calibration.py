"""A small version of benchmarks/calibration.py: the promise of the rule, and that the benchmark runs."""

import math

import numpy as np
from benchmarks.calibration import CHANGES, Setting, baseline, rows, table, tally

from assay.stats.decision import decide
from assay.stats.profile import Profile

SMALL = Setting(numeric=24, categorical=8, baseline_rows=2_000)


def test_the_benchmark_fills_its_table() -> None:
    found = {(30, kind): tally(SMALL, 30, kind, range(1)) for kind in CHANGES}
    lines = list(table(found))
    assert len(lines) == 2 + 4 + 2 * (len(CHANGES) - 1)
    assert {line.count("|") for line in lines} == {3}


def test_a_large_shift_is_found_and_a_clean_batch_is_not_marked() -> None:
    assert tally(SMALL, 200, "1 sd", range(2)).drifted == 40
    assert tally(SMALL, 200, "clean", range(4)).alarms == 0


def test_p_values_of_clean_features_are_no_smaller_than_uniform_ones() -> None:
    # Stated seed 11: 10 batches of 60 rows, 32 features each; beyond five standard errors is a fault, not chance.
    random = np.random.default_rng(11)
    found = []
    for batch in range(10):
        base, bins = baseline(SMALL, random)
        current = Profile.of(rows(SMALL, 60, CHANGES["clean"], random), bins)
        verdict = decide(base, current, batch_id=str(batch))
        found += [feature.evidence.p for feature in verdict.features]
    for level in (0.01, 0.05, 0.2):
        expected = len(found) * level
        assert sum(p <= level for p in found) <= expected + 5 * math.sqrt(expected)
