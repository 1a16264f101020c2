"""Whether the batch's requests succeeded."""

from assay.monitoring.deployments.batches import requests_health
from assay.monitoring.verdicts.subject import Subject
from assay.records.batches import HealthStatus
from assay.records.verdicts import Reason, Section, SectionName

NAME = SectionName.SERVICE


def service(subject: Subject) -> tuple[Section, tuple[Reason, ...]]:
    """Errors among the reported requests; of no request nothing can be said."""
    batch = subject.batch
    if not batch.requests_count:
        return Section(NAME, HealthStatus.UNKNOWN, "No prediction requests were reported."), ()
    status, words = requests_health(
        batch.requests_count, user_errors=batch.user_errors, server_errors=batch.server_errors
    )
    section = Section(NAME, status, words, looked_at=batch.requests_count)
    if status is HealthStatus.PASSING:
        return section, ()
    evidence = {
        "requests": batch.requests_count,
        "userErrors": batch.user_errors,
        "serverErrors": batch.server_errors,
    }
    code = "server_errors" if batch.server_errors else "user_errors"
    return section, (Reason(NAME, status, code, words.removesuffix("."), evidence=evidence),)
