"""Baselines: bins and profiles frozen from a model's training data, and the holdout's accuracy."""

from collections.abc import Iterator, Sequence

import polars as pl

from assay.engines.casting import cast
from assay.engines.freezing import bins_of
from assay.errors import Invalid, UnknownDataset
from assay.monitoring.context import Context
from assay.monitoring.rows import prediction_columns
from assay.monitoring.rows.class_labels import ClassLabels
from assay.monitoring.rows.scored_rows import accuracy_of, nothing, pooled
from assay.records.datasets import Dataset
from assay.records.ids import new_id
from assay.records.jobs import Job
from assay.records.models import Baseline, Feature, FeatureKind, ModelPackage
from assay.stats.accuracy import Accuracy
from assay.stats.profile import Column, Profile, bins_to_bytes
from assay.stats.profile.bins import Bins

PREPARE_BASELINE = "prepare_baseline"

# Freezing bins needs a column's values in one piece; this bounds how many columns are held at a time.
VALUES_IN_MEMORY = 64 * 2**20


def prepare(ctx: Context, job: Job) -> None:
    """Freeze the baseline of a deployed model, or use the one that its package already has."""
    deployment_id, model_id = job.args["deployment_id"], job.args["model_id"]
    baseline_id, fresh = ready_or_fresh(ctx, job.args["model_package_id"])
    with ctx.store.transaction() as tx:
        if fresh is not None:
            tx.baselines.create(fresh)
        tx.deployments.set_baseline(deployment_id, model_id, baseline_id)
        tx.jobs.complete(job, ctx.clock())


def ready_or_fresh(ctx: Context, package_id: str) -> tuple[str, Baseline | None]:
    """Id of a package's baseline, and the baseline itself if it was made just now and is yet to be stored."""
    with ctx.store.snapshot() as tx:
        package = tx.model_packages.find(package_id)
        if package is None:
            raise Invalid(f"Model package {package_id} is no longer there.")
        ready = tx.baselines.newest_of(package.id)
        if ready is not None:
            return ready, None
        training = _dataset(tx.datasets.find(package.training_dataset_id or ""), package.training_dataset_id)
        holdout = _dataset(tx.datasets.find(package.holdout_dataset_id or ""), package.holdout_dataset_id)
    fresh = freeze(ctx, package, training, holdout)
    return fresh.id, fresh


def _dataset(found: Dataset | None, wanted: str | None) -> Dataset | None:
    if wanted is not None and (found is None or found.deleted_at is not None):
        raise UnknownDataset(wanted)
    return found


def freeze(ctx: Context, package: ModelPackage, training: Dataset | None, holdout: Dataset | None) -> Baseline:
    """Bins, profiles and accuracy of a model's own data."""
    bins: dict[str, Bins] = {}
    profile = Profile.empty({})
    if training is not None:
        _check_outcomes(ctx, package, training)
        bins, profile = _features(ctx, package, training)
    predictions, accuracy = prediction_columns.empty(package.target), None
    if holdout is not None:
        predictions, accuracy = _holdout(ctx, package, holdout)
    prediction_bins = prediction_columns.bins(package.target, predictions)
    known = predictions.height > 0
    now = ctx.clock()
    return Baseline(
        id=new_id(now),
        model_package_id=package.id,
        rows=0 if training is None else training.row_count or 0,
        holdout_rows=predictions.height,
        feature_bins=bins_to_bytes(bins),
        feature_profile=profile.to_bytes(),
        prediction_bins=bins_to_bytes(prediction_bins),
        prediction_profile=Profile.of(predictions, prediction_bins).to_bytes() if known else None,
        accuracy=None if accuracy is None else accuracy.to_bytes(),
        created_at=now,
    )


def _features(ctx: Context, package: ModelPackage, training: Dataset) -> tuple[dict[str, Bins], Profile]:
    bins: dict[str, Bins] = {}
    columns: dict[str, Column] = {}
    for some in _in_blocks(package.features, training.row_count or 0):
        frame = pl.concat(
            [cast(chunk, some)[0] for chunk in _chunks(ctx, training, [f.name for f in some])], rechunk=True
        )
        frozen = {f.name: bins_of(frame[f.name], f.kind) for f in some}
        bins |= frozen
        columns |= dict(Profile.of(frame, frozen).columns)
    return bins, Profile(training.row_count or 0, {name: columns[name] for name in sorted(columns)})


def _in_blocks(features: Sequence[Feature], rows: int) -> Iterator[list[Feature]]:
    width = max(1, VALUES_IN_MEMORY // max(rows, 1))
    short = [f for f in features if f.kind is not FeatureKind.TEXT]
    for start in range(0, len(short), width):
        yield short[start : start + width]
    # A text may be as large as a whole row of the other columns.
    yield from ([f] for f in features if f.kind is FeatureKind.TEXT)


def _holdout(ctx: Context, package: ModelPackage, holdout: Dataset) -> tuple[pl.DataFrame, Accuracy | None]:
    """The holdout's predictions and their accuracy; no rows where the holdout has no prediction column."""
    target = package.target
    names = tuple(holdout.columns)
    try:
        columns = prediction_columns.columns_of_file(target, names, [], [])
    except Invalid:
        return prediction_columns.empty(target), None
    frames: list[pl.DataFrame] = []
    accuracy = nothing(target)
    seen = 0
    for chunk in _chunks(ctx, holdout, [target.name, *columns]):
        predictions = prediction_columns.from_file(target, chunk, columns, seen + 1)
        outcomes = _outcomes(package, chunk[target.name], "holdout", seen + 1)
        accuracy = pooled(accuracy, accuracy_of(target, predictions, outcomes))
        frames.append(predictions)
        seen += chunk.height
    return pl.concat([prediction_columns.empty(target), *frames], rechunk=True), accuracy


def _check_outcomes(ctx: Context, package: ModelPackage, training: Dataset) -> None:
    """Refuse training data whose outcomes are not those of the target: then the two do not belong together."""
    seen = 0
    for chunk in _chunks(ctx, training, [package.target.name]):
        _outcomes(package, chunk[package.target.name], "training", seen + 1)
        seen += chunk.height


def _outcomes(package: ModelPackage, values: pl.Series, role: str, first_row: int) -> pl.Series:
    target = package.target
    if not target.class_names:
        return cast(values.to_frame(), [Feature(target.name, FeatureKind.NUMERIC)])[0][target.name]
    named, unknown = ClassLabels(target.class_names).of_column(values)
    if unknown.any():
        row = unknown.arg_true()[0]
        raise Invalid(
            f"The {role} data, row {first_row + row}, column '{target.name}': found class "
            f"{str(values[row])[:64]!r}, expected one of {', '.join(target.class_names)}."
        )
    return named


def _chunks(ctx: Context, dataset: Dataset, columns: list[str]) -> Iterator[pl.DataFrame]:
    with ctx.store.blobs.local_copy(dataset.blob_key) as path:
        yield from ctx.engine.chunks(path, dataset.form, rows=ctx.limits.chunk_rows, columns=columns)
