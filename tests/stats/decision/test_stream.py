import numpy as np
import polars as pl
import pytest
from tests.stats.decision.frames import ROWS, bins_of, normal

from assay.errors import Invalid
from assay.stats.decision import (
    Confirm,
    DecisionOptions,
    Status,
    Verdict,
    confirmed_features,
    decide,
    decide_with_window,
    notices,
    with_stream_level,
)
from assay.stats.decision.online_fdr import lord_plus_plus
from assay.stats.profile import Profile, merge_all

BASELINE_ROWS = pl.DataFrame(normal(ROWS))
BINS = bins_of(BASELINE_ROWS)
BASELINE = Profile.of(BASELINE_ROWS, BINS)


def batch(rows: int, mean: float = 0.0, seed: int = 1) -> Profile:
    return Profile.of(pl.DataFrame(normal(rows, seed=seed, mean=mean)), BINS)


def stream(pattern: str) -> list[Verdict]:
    """One verdict a letter: C clean, D drifted, U without rows."""
    of = {"C": batch(200), "D": batch(200, 1.0), "U": batch(0)}
    verdicts = {letter: decide(BASELINE, profile, batch_id=letter) for letter, profile in of.items()}
    return [verdicts[letter] for letter in pattern]


def test_a_slow_drift_shows_in_the_window_and_not_in_the_batch() -> None:
    batches = [batch(50, 0.35, seed=seed) for seed in range(20, 27)]
    judged = decide_with_window(BASELINE, batches, batch_id="b")
    assert judged.batch.status is Status.PASSING
    assert judged.window.status is Status.FAILING
    assert (judged.status, judged.batches) == (Status.FAILING, 7)
    assert judged.drifted == judged.window.drifted


def test_batch_and_window_have_half_the_level_each() -> None:
    judged = decide_with_window(BASELINE, [batch(50, seed=seed) for seed in range(9)], batch_id="b")
    half = DecisionOptions(alpha=0.005)
    assert judged.batch == decide(BASELINE, batch(50, seed=8), options=half, batch_id="b")
    merged = merge_all([batch(50, seed=seed) for seed in range(2, 9)], BINS)
    assert judged.window == decide(BASELINE, merged, options=half, batch_id="b and 6 before it")


def test_the_first_batch_has_the_whole_level() -> None:
    judged = decide_with_window(BASELINE, [batch(50)])
    assert (judged.window, judged.batches, judged.batch.level) == (None, 1, 0.01)
    assert judged.status is judged.batch.status


def test_a_batch_without_rows_leaves_the_window_to_speak() -> None:
    judged = decide_with_window(BASELINE, [batch(200, 1.0), batch(0)])
    assert (judged.batch.status, judged.status) == (Status.UNKNOWN, Status.FAILING)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("DCD", "..x"), ("DCCD", "...."), ("DD", ".x"), ("DDC", ".x."), ("DUCUD", "....x"), ("CCC", "..."), ("", "")],
)
def test_the_second_mark_in_three_batches_is_told(pattern: str, told: str) -> None:
    assert notices(stream(pattern), Confirm(2, 3)) == tuple(letter == "x" for letter in told)


def test_without_confirmation_every_alarm_is_told() -> None:
    assert notices(stream("CDUD"), None) == (False, True, False, True)


def test_features_are_confirmed_one_by_one() -> None:
    everything = decide(BASELINE, batch(200, 1.0))
    first = decide(BASELINE.select(["x0"]), batch(200, 1.0))
    assert confirmed_features([everything, first], Confirm(2, 3)) == ("x0",)
    assert confirmed_features([everything], Confirm(2, 3)) == ()
    assert confirmed_features([everything, everything, *stream("U")], Confirm(2, 3)) == ()
    assert confirmed_features([], Confirm(2, 3)) == ()


@pytest.mark.parametrize(("marks", "batches"), [(0, 3), (4, 3)])
def test_impossible_confirmations_are_refused(marks: int, batches: int) -> None:
    with pytest.raises(Invalid, match="confirm"):
        Confirm(marks, batches)


def test_a_stream_is_judged_at_the_levels_of_lord_plus_plus() -> None:
    verdicts = stream("CUDCD")
    judged = with_stream_level(verdicts)
    levels = lord_plus_plus([v.p for v in verdicts if v.p is not None]).levels
    assert [v.level for v in judged] == [levels[0], 0.01, *levels[1:]]
    assert [v.status for v in judged] == [v.status for v in verdicts]
    assert judged[1] is verdicts[1]


def test_a_long_quiet_lowers_the_level() -> None:
    levels = [verdict.level for verdict in with_stream_level(stream("C" * 30))]
    assert np.all(np.diff(levels[2:]) < 0)
    assert levels[-1] < 0.001
