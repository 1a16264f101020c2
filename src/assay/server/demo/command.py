"""How the command begins and ends. Nothing here takes long to import."""

import sys
from functools import partial
from importlib import import_module

from assay.server.demo.options import Options
from assay.server.demo.problems import DemoProblem
from assay.server.demo.progress import Progress
from assay.server.demo.steps import Step, carry_out

DONE, PROBLEM, INTERRUPTED = 0, 1, 130


def run(options: Options) -> int:
    """Run the demo and return the exit status."""
    try:
        with Progress() as progress:
            carry_out([Step("Starting", "the server", partial(import_module, "assay.server.demo.running"))], progress)
            return _run(options, progress)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. With --data-dir the demo goes on where it was.\n")
        return INTERRUPTED


def _run(options: Options, progress: Progress) -> int:
    from assay.client import AssayClientError  # noqa: PLC0415 - takes long
    from assay.server.demo import running  # noqa: PLC0415 - takes long

    try:
        running.run(options, progress)
    except (DemoProblem, AssayClientError) as problem:
        sys.stderr.write(f"Error: {problem}\n")
        return PROBLEM
    return DONE
