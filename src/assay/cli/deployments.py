"""``assay deployment``: create, list, show, settings, replace-model, history, erase, delete."""

from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.activity import Activity
from assay.cli.audit import deployment_log
from assay.cli.erasures import erase
from assay.cli.errors import Usage
from assay.cli.keeping import KeepOption, days, days_of
from assay.cli.numbers import counted, figure, minute
from assay.cli.options import DeploymentArgument, JsonOption, LimitOption, SearchOption, YesOption
from assay.cli.output import (
    Column,
    confirm,
    short,
    show,
    show_facts,
    show_json,
    show_note,
    show_page,
    show_table,
)
from assay.cli.program import group
from assay.cli.replacements import history, read_importance, replace_model
from assay.cli.session import deployment_of, session

if TYPE_CHECKING:
    from assay.client import Deployment, Settings, Target

app = group("Models in service whose data is watched.")


class TargetType(StrEnum):
    """What a model predicts."""

    BINARY = "Binary"
    REGRESSION = "Regression"
    MULTICLASS = "Multiclass"


@app.command()
def create(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    *,
    training: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Training data, the features' baseline: CSV, Parquet or Arrow stream."),
    ],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column that holds the outcome.")],
    holdout: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Holdout data with predictions, the baseline of predictions and accuracy."),
    ] = None,
    type_: Annotated[
        TargetType | None, typer.Option("--type", case_sensitive=False, help="What the model predicts.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Class names; of two, the positive one first.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Score from which on a row counts as positive. [0.5]")
    ] = None,
    prediction_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the positive class's probability, or the predicted value."),
    ] = None,
    association_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that ties a prediction to its actual.")
    ] = None,
    label: Annotated[str | None, typer.Option(metavar="TEXT", help="Name. [the target's and the file's]")] = None,
    importance: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help='Importance of features: {"feature": number, ...}.'),
    ] = None,
    batches: Annotated[bool, typer.Option(help="Watch predictions batch by batch.")] = True,
    json_: JsonOption = False,
) -> None:
    """Make a deployment from its training and holdout data."""
    wanted = _target(target, type_, classes, threshold, prediction_column)
    weights = None if importance is None else read_importance(importance)
    with (
        session(context) as client,
        Activity("Sending the data", afterwards="Making the baseline") as activity,
    ):
        made = client.deployments.create(
            label or f"{target} ({training.stem})",
            wanted,
            training=training,
            holdout=holdout,
            association_id=association_id,
            feature_importance=weights,
            batches=batches,
            progress=activity.sent,
        )
    if json_:
        show_json(made.raw)
        return
    show(f"Deployment '{made.label}' is ready.")
    show_facts(_facts(made))
    if batches:
        show(f"Next: assay batch create NAME -d {made.id}")


@app.command("list")
def list_(
    context: typer.Context, search: SearchOption = None, limit: LimitOption = 50, json_: JsonOption = False
) -> None:
    """List the deployments."""
    with session(context) as client:
        pages = client.deployments.list(search=search, page_size=min(limit, 100))
        found = list(islice(pages, limit))
        total = pages.total_count
    if json_:
        show_page([one.raw for one in found], total)
        return
    if not found:
        show_note("No deployment." if search is None else f"No deployment with '{search}' in its label.")
        return
    show_table(
        [Column("LABEL", folds=True), Column("ID"), Column("TYPE"), Column("TARGET", folds=True)],
        ([short(one.label), one.id, one.target_type, short(one.target_name)] for one in found),
    )
    show_note(_how_many(len(found), total, "deployment"))


@app.command("show")
def show_one(context: typer.Context, deployment: DeploymentArgument = None, json_: JsonOption = False) -> None:
    """Show one deployment."""
    with session(context) as client:
        found = deployment_of(client, deployment)
    if json_:
        show_json(found.raw)
        return
    show(found.label)
    show_facts(_facts(found))


@app.command()
def settings(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: typer.Context,
    deployment: DeploymentArgument = None,
    batches: Annotated[bool | None, typer.Option("--batches/--no-batches", help="Watch batch by batch.")] = None,
    feature_drift: Annotated[
        bool | None, typer.Option("--feature-drift/--no-feature-drift", help="Watch the features' drift.")
    ] = None,
    target_drift: Annotated[
        bool | None, typer.Option("--target-drift/--no-target-drift", help="Watch the predictions' drift.")
    ] = None,
    association_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that ties a prediction to its actual.")
    ] = None,
    keep_rows_days: KeepOption = None,
    keep_actuals_days: KeepOption = None,
    keep_files_days: KeepOption = None,
    alpha: Annotated[
        float | None, typer.Option(metavar="CHANCE", help="Of a batch like the baseline to be anything but passing.")
    ] = None,
    big_psi: Annotated[float | None, typer.Option(metavar="PSI", help="From which a change matters.")] = None,
    big_rate: Annotated[
        float | None, typer.Option(metavar="SHARE", help="From which a change of a rate, as of missing, matters.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Show what a deployment tracks and keeps and how it judges, or change what is named."""
    changes: dict[str, Any] = {
        name: {"enabled": wish}
        for name, wish in (
            ("batchMonitoring", batches),
            ("featureDrift", feature_drift),
            ("targetDrift", target_drift),
        )
        if wish is not None
    }
    if association_id is not None:
        changes["associationId"] = {"columnNames": [association_id]}
    kept = (("rowsDays", keep_rows_days), ("actualsDays", keep_actuals_days), ("filesDays", keep_files_days))
    retention = {name: days_of(text) for name, text in kept if text is not None}
    if retention:
        changes["retention"] = retention
    rule = {"alpha": alpha, "bigPsi": big_psi, "bigRate": big_rate}
    if any(value is not None for value in rule.values()):
        changes["verdict"] = {name: value for name, value in rule.items() if value is not None}
    with session(context) as client:
        owner = deployment_of(client, deployment)
        known = client.deployments
        found = known.update_settings(owner, changes) if changes else known.settings(owner)
    if json_:
        show_json(found.raw)
        return
    show(f"Settings of '{owner.label}'")
    show_facts(_settings_facts(found))


app.command("replace-model")(replace_model)
app.command()(history)
app.command()(erase)
app.command("log")(deployment_log)


@app.command()
def delete(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="Id or label.")],
    yes: YesOption = False,
    json_: JsonOption = False,
) -> None:
    """Delete a deployment with all its batches."""
    with session(context) as client:
        found = deployment_of(client, deployment)
        confirm(f"Delete deployment '{found.label}' ({found.id}) with all its batches?", yes=yes)
        client.deployments.delete(found)
    if json_:
        show_json({"id": found.id})
    else:
        show(f"Deleted deployment '{found.label}'.")


def _target(
    name: str,
    kind: TargetType | None,
    classes: str | None,
    threshold: float | None,
    prediction_column: str | None,
) -> "Target":
    from assay.client import Target

    names = tuple(one.strip() for one in classes.split(",")) if classes else ()
    if kind is None:
        if len(names) < 2:
            raise Usage("Say what the model predicts: --type Regression, or --classes POSITIVE,NEGATIVE.")
        kind = TargetType.BINARY if len(names) == 2 else TargetType.MULTICLASS
    if kind is TargetType.REGRESSION and (names or threshold is not None):
        raise Usage("--classes and --threshold belong to classification, and --type says Regression.")
    return Target(name, kind.value, names, threshold, prediction_column)


def _facts(found: "Deployment") -> list[tuple[str, str]]:
    facts = [
        ("id", found.id),
        ("target", f"{found.target_name} ({found.target_type})"),
        ("model", found.model_id),
    ]
    if found.description:
        facts.append(("description", found.description))
    if found.created_at:
        facts.append(("created", f"{minute(found.created_at)} UTC"))
    health = (
        ("service health", found.service_health),
        ("drift", found.drift_health),
        ("accuracy", found.accuracy_health),
    )
    return facts + [(name, word) for name, word in health if word]


def _settings_facts(found: "Settings") -> list[tuple[str, str]]:
    association = ", ".join(found.association_id_columns) or "none"
    return [
        ("batches", _on(found.batch_monitoring)),
        ("feature drift", _on(found.feature_drift)),
        ("target drift", _on(found.target_drift)),
        ("association id", association + (" (required)" if found.association_id_required else "")),
        ("rows are kept", days(found.rows_days)),
        ("actuals are kept", days(found.actuals_days)),
        ("files are kept", days(found.files_days)),
        ("alpha", figure(found.alpha)),
        ("big PSI", figure(found.big_psi)),
        ("big rate", figure(found.big_rate)),
    ]


def _on(switch: bool) -> str:
    return "on" if switch else "off"


def _how_many(shown: int, total: int | None, one: str, many: str | None = None) -> str:
    if total is None or total <= shown:
        return f"{counted(shown, one, many)}."
    return f"{shown:,} of {counted(total, one, many)}; --limit shows more."
