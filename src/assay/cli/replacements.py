"""``assay deployment replace-model`` and ``history``: the model of a deployment, and which ones it had."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.activity import Activity
from assay.cli.errors import Usage
from assay.cli.numbers import minute
from assay.cli.options import DeploymentArgument, JsonOption
from assay.cli.output import Column, short, show, show_json, show_page, show_table
from assay.cli.session import deployment_of, session


class Reason(StrEnum):
    """Why a model is replaced."""

    ACCURACY = "ACCURACY"
    DATA_DRIFT = "DATA_DRIFT"
    ERRORS = "ERRORS"
    SCHEDULED_REFRESH = "SCHEDULED_REFRESH"
    SCORING_SPEED = "SCORING_SPEED"
    DEPRECATION = "DEPRECATION"
    OTHER = "OTHER"


def replace_model(
    context: typer.Context,
    deployment: DeploymentArgument = None,
    *,
    package: Annotated[str | None, typer.Option(metavar="ID", help="A model package that the server has.")] = None,
    training: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Training data of a new model that predicts the same.")
    ] = None,
    holdout: Annotated[Path | None, typer.Option(metavar="FILE", help="Its holdout data with predictions.")] = None,
    importance: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help='Importance of its features: {"feature": number, ...}.'),
    ] = None,
    reason: Annotated[Reason, typer.Option(case_sensitive=False, help="Why.")] = Reason.OTHER,
    json_: JsonOption = False,
) -> None:
    """Put another model into service; rows of the former one keep their figures."""
    if (package is None) == (training is None):
        raise Usage("Say which model: --package ID, or --training FILE (and --holdout FILE) of a new one.")
    if package is not None and (holdout is not None or importance is not None):
        raise Usage("--holdout and --importance belong to the data of a new model, and --package names one.")
    from assay.client import NewModel

    weights = None if importance is None else read_importance(importance)
    with (
        session(context) as client,
        Activity("Sending the data", afterwards="Making the baseline") as activity,
    ):
        owner = deployment_of(client, deployment)
        made = client.deployments.replace_model(
            owner,
            package or NewModel(str(training), holdout, feature_importance=weights),
            reason=reason.value,
            progress=activity.sent,
        )
    if json_:
        show_json(made.raw)
        return
    show(f"Deployment '{made.label}' has model {made.model_id} now.")
    show(f"The former one, {owner.model_id}, keeps its figures.")


def history(context: typer.Context, deployment: DeploymentArgument = None, json_: JsonOption = False) -> None:
    """List the models that a deployment has and had, the present one first."""
    with session(context) as client:
        periods = list(client.deployments.model_history(deployment_of(client, deployment)))
    if json_:
        show_page([one.raw for one in periods], len(periods))
        return
    show_table(
        [Column("MODEL"), Column("FROM"), Column("UNTIL"), Column("WHY", folds=True), Column("PACKAGE", folds=True)],
        (
            [
                one.model_id,
                minute(one.deployed_at),
                "now" if one.replaced_at is None else minute(one.replaced_at),
                (one.reason or "first").lower().replace("_", " "),
                short(one.model_package_name),
            ]
            for one in periods
        ),
    )


def read_importance(path: Path) -> dict[str, float]:
    """Importance of features by name, from a JSON file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Usage(f"Cannot read '{path}' as JSON: {problem}") from problem
    if not isinstance(found, dict) or not all(_is_number(one) for one in found.values()):
        raise Usage(f"'{path}' does not hold importances. Expected {{\"feature\": number, ...}}.")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
