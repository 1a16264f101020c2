"""How long the pages of a custom metric take over a million values, and how long 10,000 values take to come in."""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.intake_cpu import deployment

from assay.monitoring import tokens
from assay.monitoring.custom_metrics import custom_metric_figures, custom_metric_values, custom_metrics
from assay.monitoring.custom_metrics.custom_metric_tallies import FigureQuery
from assay.monitoring.custom_metrics.custom_metric_values import SentValue, SentValues
from assay.monitoring.deployments import batches
from assay.records.buckets import BucketSize
from assay.records.custom_metrics import MetricType
from assay.server.wiring import open_folder

VALUES_A_CALL = 10_000
BATCHES = 100
START = datetime(2026, 1, 1, tzinfo=UTC)


def seconds(work: Callable[[], object]) -> float:
    """CPU time of the best of three runs."""
    times = []
    for _ in range(3):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def values(call: int, calls: int, batch_id: str) -> SentValues:
    """One call's values, spread over a year in the order of the calls."""
    rng = random.Random(call)  # noqa: S311 - no secret
    step = timedelta(days=365) / (calls * VALUES_A_CALL)
    first = START + call * VALUES_A_CALL * step
    return SentValues(
        [
            SentValue(rng.gauss(10, 3), rng.randrange(100), (first + i * step).isoformat(), batch_id)
            for i in range(VALUES_A_CALL)
        ]
    )


def main() -> None:
    """Print CPU seconds by page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1_000_000)
    calls = parser.parse_args().values // VALUES_A_CALL
    with tempfile.TemporaryDirectory() as folder:
        parts = open_folder(Path(folder))
        ctx = parts.context
        user = tokens.authenticate(ctx, f"Bearer {tokens.create(ctx, 'benchmark', is_admin=True)}")
        of, _, _ = deployment(ctx, user)
        fields = {"name": "metric", "units": "EUR", "type": MetricType.AVERAGE, "is_model_specific": False}
        metric = custom_metrics.create(ctx, user, of, fields).id
        ids = [batches.create(ctx, user, of, {"name": f"batch {n}"}).id for n in range(BATCHES)]
        sent = [values(call, calls, ids[call % BATCHES]) for call in range(min(calls, 3))]
        begin = time.process_time()
        for one in sent:
            custom_metric_values.accept(ctx, user, of, metric, one, dry_run=False)
        print(f"{'10,000 values in':36} {(time.process_time() - begin) / len(sent):8.3f} s")
        for call in range(len(sent), calls):
            one = values(call, calls, ids[call % BATCHES])
            custom_metric_values.accept(ctx, user, of, metric, one, dry_run=False)
        week = FigureQuery(start=START, end=START + timedelta(days=7))
        year = FigureQuery(start=START, end=START + timedelta(days=366))
        for kind in (MetricType.AVERAGE, MetricType.GAUGE):
            custom_metrics.update(ctx, user, of, metric, {"type": kind})
            pages: dict[str, Callable[[], object]] = {
                "summary of a week": lambda: custom_metric_figures.summary(ctx, user, of, metric, week),
                "summary of a year": lambda: custom_metric_figures.summary(ctx, user, of, metric, year),
                "a year by day": lambda: custom_metric_figures.over_time(ctx, user, of, metric, year),
                "a year by hour": lambda: custom_metric_figures.over_time(
                    ctx, user, of, metric, FigureQuery(year.start, year.end, bucket_size=BucketSize.HOUR)
                ),
                "one batch": lambda: custom_metric_figures.batch_summary(
                    ctx, user, of, metric, FigureQuery(batch_ids=(ids[0],))
                ),
                "the last 50 batches": lambda: custom_metric_figures.over_batches(ctx, user, of, metric, FigureQuery()),
                "all batches together": lambda: custom_metric_figures.batch_summary(
                    ctx, user, of, metric, FigureQuery()
                ),
            }
            for name, page in pages.items():
                print(f"{f'{kind}: {name}':36} {seconds(page):8.3f} s")
        parts.store.close()


if __name__ == "__main__":
    main()
