"""The ``assay`` command: the user's commands, the library's and the operator's, each imported when it is run."""

from assay.cli.program import Lazy, program

COMMANDS = {
    "deployment": Lazy("Models in service whose data is watched.", "assay.cli.deployments"),
    "batch": Lazy("Sets of predictions compared as a unit.", "assay.cli.batches"),
    "actuals": Lazy("Outcomes that were observed later.", "assay.cli.actuals"),
    "job": Lazy("Rows that the server counts as a whole, in a batch of their own.", "assay.cli.jobs"),
    "metric": Lazy("Figures of your own, by batch and by time.", "assay.cli.metrics"),
    "compare": Lazy("Compare two tables, without a server.", "assay.library.cli", "compare"),
    "serve": Lazy("Run the server: the API, and the workers that run its jobs.", "assay.server.cli", "serve"),
    "worker": Lazy("Run the jobs of a server and answer no calls.", "assay.server.cli", "worker"),
    "token": Lazy("Make, list and revoke tokens.", "assay.server.cli", "token"),
    "migrate": Lazy("Bring the database to this version's schema.", "assay.server.cli", "migrate"),
    "backup": Lazy("Copy a server's folder while it is in use.", "assay.server.care", "backup"),
    "doctor": Lazy("Look whether a server's folder is well.", "assay.server.care", "doctor"),
    "queue": Lazy("Jobs of a server: what waits, what failed, and another try.", "assay.server.queue_cli"),
    "restore": Lazy("Make a server's folder from a backup.", "assay.server.care", "restore"),
    "demo": Lazy(
        "Watch a year of real flights: two models, twelve monthly batches each, and what to see in them.",
        "assay.server.cli",
        "demo",
    ),
}

app = program(COMMANDS)


def main() -> None:
    """Run the ``assay`` command and end the process."""
    app()


if __name__ == "__main__":
    main()
