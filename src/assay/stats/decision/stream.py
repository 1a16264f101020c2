"""Many batches: the last seven merged, confirmation by a second mark, one error rate over a stream.

See docs/methods/alarms.md.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.stats.decision.online_fdr import lord_plus_plus
from assay.stats.decision.options import Confirm, DecisionOptions
from assay.stats.decision.verdict import Status, Verdict, decide, worst
from assay.stats.profile.profile import Profile, merge_all

WINDOW_BATCHES = 7


@dataclass(frozen=True, slots=True)
class WindowedVerdict:
    """A batch judged by itself and with the batches before it, each at half the level.

    Attributes
    ----------
    batch : Verdict
        On the newest batch.
    window : Verdict or None
        On the last batches merged; None when there is one batch only, which then has the whole level.
    batches : int
        Batches in the window.
    """

    batch: Verdict
    window: Verdict | None
    batches: int

    @property
    def status(self) -> Status:
        """The worse of the two."""
        return worst(verdict.status for verdict in (self.batch, self.window) if verdict is not None)

    @property
    def drifted(self) -> tuple[str, ...]:
        """Features that have drifted in the batch or over the window, in the order of their names."""
        return tuple(sorted({*self.batch.drifted, *(self.window.drifted if self.window else ())}))


def decide_with_window(  # the arguments of decide
    baseline: Profile,
    batches: Sequence[Profile],
    *,
    options: DecisionOptions | None = None,
    importance: Mapping[str, float] | None = None,
    batch_id: str = "",
    families: Mapping[str, str] | None = None,
    starred: Collection[str] = (),
    window: int = WINDOW_BATCHES,
) -> WindowedVerdict:
    """Judge the newest batch, and the last ones merged, which shows a drift too slow for any one of them.

    Parameters
    ----------
    baseline : Profile
    batches : sequence of Profile
        Oldest first, the one to judge last; at least one.
    options, importance, batch_id, families, starred
        As in `decide`. Batch and window get half of ``options.alpha`` each.
    window : int
        Batches merged, the newest among them.

    Examples
    --------
    >>> import polars as pl
    >>> from assay.stats.profile.bins import NumericBins
    >>> rows = pl.DataFrame({"x": range(1000)})
    >>> bins = {"x": NumericBins.of(rows["x"])}
    >>> slow = [Profile.of(rows[300::70], bins)] * 7  # ten rows each, none of them low
    >>> judged = decide_with_window(Profile.of(rows, bins), slow)
    >>> judged.batch.status, judged.window.status, judged.batch.level
    (<Status.PASSING: 'passing'>, <Status.FAILING: 'failing'>, 0.005)
    """
    chosen = options or DecisionOptions()
    merged = list(batches[-window:])
    half = chosen if len(merged) < 2 else replace(chosen, alpha=chosen.alpha / 2)

    def judged(current: Profile, of: str) -> Verdict:
        return decide(
            baseline, current, options=half, importance=importance, batch_id=of, families=families, starred=starred
        )

    newest = judged(merged[-1], batch_id)
    if len(merged) < 2:
        return WindowedVerdict(newest, None, len(merged))
    together = judged(merge_all(merged, merged[-1].bins), f"{batch_id} and {len(merged) - 1} before it")
    return WindowedVerdict(newest, together, len(merged))


def notices(verdicts: Sequence[Verdict], confirm: Confirm | None) -> tuple[bool, ...]:
    """For each batch of a stream whether to tell someone: an alarm, and enough alarms among the last batches.

    Batches without a verdict are passed over: they tell nothing either way.

    Parameters
    ----------
    verdicts : sequence of Verdict
        Oldest first.
    confirm : Confirm or None
        None: every alarm is told.
    """
    needed = confirm or Confirm(1, 1)
    alarms = [verdict.alarm for verdict in verdicts if verdict.status is not Status.UNKNOWN]
    told = (
        alarm and sum(alarms[max(0, i + 1 - needed.batches) : i + 1]) >= needed.marks for i, alarm in enumerate(alarms)
    )
    return tuple(False if verdict.status is Status.UNKNOWN else next(told) for verdict in verdicts)


def confirmed_features(verdicts: Sequence[Verdict], confirm: Confirm) -> tuple[str, ...]:
    """Features that have drifted in the newest batch and in enough of the last ones, in the order of their names."""
    known = [verdict for verdict in verdicts if verdict.status is not Status.UNKNOWN]
    if not known or verdicts[-1] is not known[-1]:
        return ()
    last = known[-confirm.batches :]
    return tuple(name for name in last[-1].drifted if sum(name in v.drifted for v in last) >= confirm.marks)


def with_stream_level(verdicts: Sequence[Verdict], *, q: float = 0.05, w0: float | None = None) -> tuple[Verdict, ...]:
    """The verdicts on a stream of batches, judged anew at the levels of LORD++. See docs/methods/online_fdr.md.

    Each batch is one test, with `Verdict.p`; its level depends on the batches before it. Batches without a verdict
    are no tests and stay as they are.

    Parameters
    ----------
    verdicts : sequence of Verdict
        Oldest first. Their ``options.fewest_draws`` bound how small a Monte Carlo p-value can be: long streams
        of thin tables want more than the default.
    q, w0 : float
        As in `lord_plus_plus`.
    """
    levels = iter(lord_plus_plus([v.p for v in verdicts if v.p is not None], q=q, w0=w0).levels)
    return tuple(verdict if verdict.p is None else verdict.at_level(next(levels)) for verdict in verdicts)
