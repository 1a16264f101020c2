"""Checking what a monitoring job is asked to do, before anything is stored."""

from typing import TYPE_CHECKING, Any

from assay.engines.csv_dialect import checked
from assay.errors import Invalid, UnknownModel
from assay.monitoring import access, datasets
from assay.monitoring.context import Context
from assay.records.datasets import FileForm
from assay.records.deployments import Deployment
from assay.records.job_specs import JobSpec, Retention
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

LOCAL, DATASET, S3, WEB = "localFile", "dataset", "s3", ("http", "url")
INTAKES = (LOCAL, DATASET, S3, *WEB)
_FIELDS = {
    LOCAL: {"multipart", "async"},
    DATASET: {"datasetId", "datasetVersionId"},
    S3: {"url", "endpointUrl", "format"},
    **{kind: {"url", "format"} for kind in WEB},
}
# Room behind the prefix for what makes the name of a batch its own.
SUFFIX_LENGTH = 32
MAX_URL_LENGTH = 2_048


def check(ctx: Context, tx: "Transaction", caller: User, spec: JobSpec) -> str:
    """Refuse what cannot be done; returns the id of the model that the rows are of.

    Raises
    ------
    UnknownDeployment, UnknownModel, UnknownDataset
    Invalid
        When a value is wrong, or the server may not read from the host that is named.
    """
    deployment = access.deployment(tx, caller, spec.deployment_id)
    _check_intake(ctx, tx, caller, spec.intake)
    if spec.output is not None and spec.output.get("type") != LOCAL:
        raise Invalid(
            f"outputSettings.type: found {str(spec.output.get('type'))[:64]!r}, expected localFile: the rows "
            "with their status are downloaded."
        )
    _check_texts(ctx, spec)
    checked(spec.csv)
    if spec.retention is not None:
        _check_retention(spec.retention)
    return model_of(tx, deployment, spec)


def model_of(tx: "Transaction", deployment: Deployment, spec: JobSpec) -> str:
    """The model that the rows are of: named itself, by its package, or the current one.

    Raises
    ------
    UnknownModel
        When the deployment never had it.
    """
    if spec.model_package_id is None:
        return access.deployed_model(tx, deployment, spec.model_id).model_id
    for model in tx.deployments.models(deployment.id):
        if model.model_package_id == spec.model_package_id and spec.model_id in {None, model.model_id}:
            return model.model_id
    raise UnknownModel(spec.model_id or f"of package {spec.model_package_id}", f"deployment {deployment.id}")


def form_of(intake: dict[str, Any]) -> FileForm | None:
    """How a file elsewhere is written, if the job says so."""
    found = intake.get("format")
    return None if found is None else FileForm(found)


def _check_intake(ctx: Context, tx: "Transaction", caller: User, intake: dict[str, Any]) -> None:
    kind = intake.get("type")
    if kind not in INTAKES:
        raise Invalid(f"intakeSettings.type: found {str(kind)[:64]!r}, expected one of {', '.join(INTAKES)}.")
    if intake.get("credentialId") is not None:
        raise Invalid(
            "intakeSettings.credentialId: jobs name no credentials. The server has its own for the stores that its "
            "operator allows (ASSAY_INTAKE_S3_ACCESS_KEY_ID); leave this out."
        )
    for name in intake.keys() - _FIELDS[kind] - {"type", "credentialId"}:
        raise Invalid(f"intakeSettings.{name[:64]}: is not known for {kind}, expected {_listed(_FIELDS[kind])}.")
    if intake.get("format") not in {None, "csv", "parquet"}:
        raise Invalid(f"intakeSettings.format: found {str(intake['format'])[:64]!r}, expected csv or parquet.")
    if kind == DATASET:
        datasets.completed(access.dataset(tx, caller, _text(intake, "datasetId")))
    elif kind == S3:
        endpoint = None if intake.get("endpointUrl") is None else _text(intake, "endpointUrl")
        ctx.remote.object_url(_text(intake, "url"), endpoint)
    elif kind in WEB:
        ctx.remote.check_url(_text(intake, "url"))


def _text(intake: dict[str, Any], name: str) -> str:
    found = intake.get(name)
    if not isinstance(found, str) or not found.strip() or len(found) > MAX_URL_LENGTH:
        raise Invalid(
            f"intakeSettings.{name}: found {str(found)[:64]!r}, expected a text of 1 to {MAX_URL_LENGTH} characters."
        )
    return found


def _check_texts(ctx: Context, spec: JobSpec) -> None:
    most = ctx.limits.max_batch_name_length - SUFFIX_LENGTH
    if spec.batch_prefix is not None and not 0 < len(spec.batch_prefix.strip()) <= most:
        raise Invalid(f"monitoringBatchPrefix: expected a text of 1 to {most} characters that is not blank.")
    if spec.columns.status is not None and not spec.columns.status.strip():
        raise Invalid("monitoredStatusColumn: found a blank text, expected a name.")


def _check_retention(retention: Retention) -> None:
    if retention.policy not in {"samples", "percentage"}:
        raise Invalid(
            f"monitoringAggregation.retentionPolicy: found {retention.policy[:64]!r}, expected samples or percentage."
        )
    most = 100 if retention.policy == "percentage" else float(2**53)
    if not 0 <= retention.value <= most:
        raise Invalid(f"monitoringAggregation.retentionValue: found {retention.value}, expected 0 to {most:.0f}.")


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
