"""A small version of benchmarks/actuals.py: that it runs, and that every actual finds its prediction."""

import re

from benchmarks.actuals import measured


def test_the_benchmark_of_actuals_measures_each_delivery() -> None:
    lines = measured(500, [40, 900], 3)
    found = [re.match(r" *([\d,]+) actuals of +([\d,]+) predictions in +(\d+) batches: taken", line) for line in lines]
    # No more actuals are sent than there are predictions for.
    assert [match and match.groups() for match in found] == [("40", "500", "1"), ("500", "500", "1")]
