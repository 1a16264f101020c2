"""How many examples the tests over HTTP try: a stated number, and twenty times that with ASSAY_SOAK."""

import os

from hypothesis import HealthCheck, settings

SOAK = bool(os.environ.get("ASSAY_SOAK"))


def examples(number: int) -> settings:
    """Settings of a property test.

    The same examples come in every run, so that CI fails for changes only; a soak looks for new ones. A deadline
    for one example would measure how busy the machine is.
    """
    return settings(
        max_examples=number * 20 if SOAK else number,
        derandomize=not SOAK,
        deadline=None,
        database=None,
        # The examples of one test share its server; each makes what it needs.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
