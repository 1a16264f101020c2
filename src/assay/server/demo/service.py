"""Service figures of the demo. They are MADE UP: the flights are real, the prediction requests are not."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assay.client import PredictionRequest
from assay.server.demo.departures import SCHEDULED

HOME = "America/New_York"
TYPICAL_MS = 180.0
SLOW_SHARE, SLOWER_BY = 0.06, 9.0
FAILING_SHARE = 0.01


def requests(rows: pl.DataFrame, model_id: str, batch_id: str, seed: Sequence[int]) -> list[PredictionRequest]:
    """One request a day with that day's flights; some are slow, and a few fail and are made again.

    Parameters
    ----------
    rows : DataFrame
        The batch's flights.
    seed : sequence of int
        The same one makes the same requests.
    """
    days = rows.group_by(pl.col(SCHEDULED).dt.convert_time_zone(HOME).dt.date().alias("day")).agg(
        pl.len().alias("flights"), pl.col(SCHEDULED).min().alias("first")
    )
    random = np.random.default_rng(seed)
    made: list[PredictionRequest] = []
    for _, flights, first in days.sort("day").iter_rows():
        slow, failing, by_sender, noise = random.random(4).tolist()
        time_ms = TYPICAL_MS * (0.7 + 0.6 * noise) * (SLOWER_BY if slow < SLOW_SHARE else 1.0)
        known = {"model_id": model_id, "batch_id": batch_id, "at": first, "execution_ms": round(time_ms, 1)}
        if failing < FAILING_SHARE:
            made.append(
                PredictionRequest(predictions=0, user_error=by_sender < 0.5, server_error=by_sender >= 0.5, **known)
            )
        made.append(PredictionRequest(predictions=flights, **known))
    return made
