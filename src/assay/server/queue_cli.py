"""The operator's commands for the job queue."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.server.cli import DataDir, opened

if TYPE_CHECKING:
    from assay.records.jobs import Job

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(
    help="Jobs of a server: what waits, what failed, and another try.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command("list")
def list_(
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed, with the reason.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    json_: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the jobs that wait or run, or those that failed."""
    from assay.records.jobs import JobState
    from assay.records.pages import PageRequest

    states = (JobState.FAILED,) if failed else (JobState.QUEUED, JobState.RUNNING)
    with opened(data_dir) as parts, parts.store.snapshot() as tx:
        page = tx.jobs.of_states(states, PageRequest(limit=limit))
    if json_:
        typer.echo(json.dumps([_document(job) for job in page.items], indent=2))
        return
    for job in page.items:
        when = job.finished_at or job.run_after
        tries = f"attempt {job.attempt}/{job.max_attempts}"
        typer.echo(f"{job.id}  {job.kind:<20}  {job.state:<8} {tries}  {when:%Y-%m-%d %H:%M} UTC")
        if job.error is not None:
            typer.echo(f"    {job.error}")
    if page.total > len(page.items):
        typer.echo(f"... and {page.total - len(page.items):,} more.")


@app.command()
def retry(
    job_id: Annotated[str, typer.Argument(help="The job, as the list shows it.")],
    force: Annotated[bool, typer.Option("--force", help="Also one that was refused for what it asked.")] = False,
    json_: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Have a job that was given up tried again."""
    from assay.monitoring.queueing import MAX_ATTEMPTS
    from assay.records.jobs import JobState

    with opened(data_dir) as parts, parts.store.transaction() as tx:
        job = tx.jobs.find(job_id)
        if job is None or job.state is not JobState.FAILED:
            raise _wrong(f"There is no failed job {job_id}. 'assay queue list --failed' shows them.")
        if job.attempt < job.max_attempts and not force:
            raise _wrong(
                f"Job {job_id} was refused at its first try: {job.error} It would be refused again, unless what it is "
                "about has changed; --force tries it."
            )
        tx.jobs.revive(job_id, parts.context.clock(), MAX_ATTEMPTS)
        queued = tx.jobs.get(job_id)
    typer.echo(json.dumps(_document(queued), indent=2) if json_ else f"Job {job_id} ({job.kind}) is queued again.")


def _document(job: "Job") -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "attempt": job.attempt,
        "maxAttempts": job.max_attempts,
        "runAfter": job.run_after.isoformat(),
        "finishedAt": None if job.finished_at is None else job.finished_at.isoformat(),
        "error": job.error,
    }


def _wrong(message: str) -> typer.Exit:
    typer.echo(f"Error: {message}", err=True)
    return typer.Exit(1)
