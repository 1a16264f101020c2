"""``assay batch drift``."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.errors import Problem
from assay.cli.models import ModelOption, former_model, former_words
from assay.cli.numbers import NOTHING, count, counted, percent, thousandths
from assay.cli.options import BatchArgument, DeploymentOption, JsonOption
from assay.cli.output import Column, short, show, show_json, show_note, show_table
from assay.cli.session import batch_of, session

if TYPE_CHECKING:
    from assay.client import Batch, DriftRow, FeatureDrift, TargetDrift

PSI_THRESHOLD = 0.15


class Metric(StrEnum):
    """Measures of drift."""

    PSI = "psi"
    KL = "kl_divergence"
    DISSIMILARITY = "dissimilarity"
    HELLINGER = "hellinger"
    JS = "js_divergence"


def drift(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    batch: BatchArgument,
    *,
    metric: Annotated[Metric, typer.Option(help="Measure of drift.")] = Metric.PSI,
    feature: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this feature; may be said several times.")
    ] = None,
    top: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only the N features that drifted most.")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, help=f"Score from which on drift counts. [{PSI_THRESHOLD} for psi]")
    ] = None,
    target: Annotated[bool, typer.Option("--target", help="Only the predictions' drift.")] = False,
    model_id: ModelOption = None,
    deployment: DeploymentOption = None,
    json_: JsonOption = False,
) -> None:
    """Show how far a batch is from the baseline.

    Features that drifted most come first; the predictions' own drift stands above them.
    """
    with session(context) as client:
        found = batch_of(client, deployment, batch)

        def read(model: str | None) -> tuple["FeatureDrift | None", "TargetDrift | None"]:
            features = None if target else client.batches.drift(found, metric=metric.value, model_id=model)
            if json_ and not target:
                return features, None
            return features, client.batches.target_drift(found, metric=metric.value, model_id=model)

        whole, predictions = read(model_id)
        former = None
        if model_id is None and found.predictions_count and not _rows(whole, predictions):
            former = former_model(client, found, _model_of(whole, predictions))
        if former is not None:
            whole, predictions = read(former)
    features = [] if whole is None else _chosen(whole, feature, top)
    if json_:
        show_json(_json(whole, features, predictions))
        return
    limit = PSI_THRESHOLD if threshold is None and metric is Metric.PSI else threshold
    show(f"Drift of batch '{found.name}' from the baseline ({metric.value})")
    if former is not None:
        show_note(former_words(former))
    if predictions is not None:
        show_note(_target_line(predictions, limit))
    if whole is not None:
        _show_features(whole, features, limit, found)
    elif limit is not None:
        show_note(f"Threshold {limit:g}.")


def word_of(row: "DriftRow | TargetDrift", threshold: float | None) -> str:
    """The server's verdict; where it gives none, on which side of the threshold the score lies."""
    if row.status is not None:
        return row.status
    if row.score is None or threshold is None:
        return NOTHING
    return "above" if row.score >= threshold else "below"


def _rows(whole: "FeatureDrift | None", predictions: "TargetDrift | None") -> int:
    held = [row.rows or 0 for row in whole.features] if whole is not None else []
    return max([*held, 0 if predictions is None else predictions.rows or 0])


def _model_of(whole: "FeatureDrift | None", predictions: "TargetDrift | None") -> object:
    answered = whole if whole is not None else predictions
    return None if answered is None else answered.raw.get("modelId")


def _chosen(whole: "FeatureDrift", names: Sequence[str] | None, top: int | None) -> list["DriftRow"]:
    found = sorted(whole.features, key=lambda row: -1.0 if row.score is None else row.score, reverse=True)
    if names:
        unknown = sorted(set(names) - {row.feature for row in found})
        if unknown:
            raise Problem(f"The model has no feature '{unknown[0]}'.")
        found = [row for row in found if row.feature in names]
    return found[:top]


def _json(
    whole: "FeatureDrift | None", features: list["DriftRow"], predictions: "TargetDrift | None"
) -> dict[str, object]:
    if whole is not None:
        return {**whole.raw, "count": len(features), "data": [row.raw for row in features]}
    return {} if predictions is None else predictions.raw


def _target_line(found: "TargetDrift", threshold: float | None) -> str:
    name = f"predictions of '{found.target}'" if found.target else "predictions"
    if found.score is None:
        rows = counted(found.rows or 0, "row")
        baseline = counted(found.baseline_rows, "row") if found.baseline_rows else "none"
        return f"{name}: no score ({rows}; {baseline} in the baseline)"
    bounds = _bounds(found.low, found.high)
    score = thousandths(found.score) + ("" if bounds == NOTHING else f" {bounds}")
    word = word_of(found, threshold)
    line = f"{name}: {score}, n = {count(found.rows)} against {count(found.baseline_rows)}"
    return line if word == NOTHING else f"{line}: {word}"


def _show_features(whole: "FeatureDrift", features: list["DriftRow"], threshold: float | None, batch: "Batch") -> None:
    if not features:
        show_note("No feature is watched.")
        return
    optional = {
        # A column that says the same of every feature, or nothing, is left to the names.
        "ROWS": len({row.rows for row in features}) > 1,
        "IMPORTANCE": any(row.importance is not None for row in features),
        "THRESHOLD": threshold is not None,
    }
    columns = [
        Column("FEATURE", folds=True),
        Column("SCORE", right=True),
        Column("95 % INTERVAL", right=True),
        Column("ROWS", right=True),
        Column("IMPORTANCE", right=True),
        Column("MISSING (BASE)", right=True),
        Column("STATUS" if any(row.status for row in features) else "THRESHOLD"),
    ]
    kept = [place for place, column in enumerate(columns) if optional.get(column.title, True)]
    rows = (_cells(row, threshold) for row in features)
    show_table([columns[place] for place in kept], ([cells[place] for place in kept] for cells in rows))
    hidden = len(whole.features) - len(features)
    show_note(_footer(features[0], threshold, batch, hidden))


def _cells(row: "DriftRow", threshold: float | None) -> list[str]:
    return [
        short(row.feature),
        thousandths(row.score),
        _bounds(row.low, row.high),
        count(row.rows),
        NOTHING if row.importance is None else f"{row.importance:.2f}",
        _missing(row),
        word_of(row, threshold),
    ]


def _missing(row: "DriftRow") -> str:
    if row.missing_rate is None:
        return NOTHING
    return f"{percent(row.missing_rate)} ({percent(row.baseline_missing_rate)})"


def _bounds(low: float | None, high: float | None) -> str:
    return NOTHING if low is None or high is None else f"[{low:.3f}, {high:.3f}]"


def _footer(row: "DriftRow", threshold: float | None, batch: "Batch", hidden: int) -> str:
    rows = counted(row.rows or 0, "row")
    words = [f"{rows} of '{batch.name}' against {count(row.baseline_rows)} of the baseline."]
    if threshold is not None:
        words.append(f"Threshold {threshold:g}.")
    if hidden:
        words.append(f"{counted(hidden, 'more feature')} not shown.")
    return " ".join(words)
