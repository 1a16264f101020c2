"""Model packages: registered model versions."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.errors import Gone, Invalid
from assay.monitoring import access, datasets
from assay.monitoring.context import Context
from assay.monitoring.environments import EXTERNAL_FORMAT
from assay.records.datasets import Dataset
from assay.records.ids import is_id, new_id
from assay.records.models import Feature, FeatureKind, ModelPackage, PackageQuery, Target, TargetType
from assay.records.pages import Page, PageRequest, cut
from assay.records.users import User
from assay.stats.decision.importance import scaled_importance

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NewModelPackage:
    """What a caller says of a model that is to be registered."""

    name: str | None
    model_id: str | None
    target: Target
    description: dict[str, Any]
    training_dataset_id: str | None = None
    holdout_dataset_id: str | None = None
    importance: dict[str, float] = field(default_factory=dict)


def create(ctx: Context, caller: User, new: NewModelPackage) -> ModelPackage:
    """Register a model; its features are the training data's columns but the target and the prediction."""
    _check_target(new.target)
    if new.model_id is not None and not is_id(new.model_id):
        raise Invalid(f"modelId: found {new.model_id[:64]!r}, expected 24 lower-case hexadecimal digits.")
    now = ctx.clock()
    with ctx.store.transaction() as tx:
        training = _dataset(tx, caller, new.training_dataset_id)
        holdout = _dataset(tx, caller, new.holdout_dataset_id)
        _require_column(training, new.target.name, "target", "training")
        _require_column(holdout, new.target.name, "target", "holdout")
        if new.target.prediction_column is not None:
            _require_column(holdout, new.target.prediction_column, "prediction", "holdout")
        package = ModelPackage(
            id=new_id(now),
            owner_id=caller.id,
            name=new.name or new.description.get("modelName") or f"{new.target.name} model",
            model_id=new.model_id or new_id(now),
            target=new.target,
            description=new.description,
            training_dataset_id=new.training_dataset_id,
            holdout_dataset_id=new.holdout_dataset_id,
            features=_features(new, training),
            created_at=now,
            archived_at=None,
        )
        tx.model_packages.create(package)
    return package


def _check_target(target: Target) -> None:
    if not target.name.strip():
        raise Invalid("target.name: found a blank name, expected the name of the target column.")
    if not 0.0 <= target.threshold <= 1.0:
        raise Invalid(f"target.predictionThreshold: found {target.threshold}, expected a number in [0, 1].")
    names = target.class_names
    if len(set(names)) != len(names):
        raise Invalid(f"target.classNames: found {', '.join(names)}, expected distinct names.")
    if target.type is TargetType.REGRESSION:
        if names:
            raise Invalid("target.classNames: a regression target has no classes.")
    elif target.type is TargetType.BINARY and len(names) != 2:
        raise Invalid(
            f"target.classNames: found {len(names)} names, expected two for a binary target, the positive class first."
        )
    elif target.type is TargetType.MULTICLASS and len(names) < 3:
        raise Invalid(f"target.classNames: found {len(names)} names, expected three or more for a multiclass target.")


def _dataset(tx: Any, caller: User, dataset_id: str | None) -> Dataset | None:
    return None if dataset_id is None else datasets.completed(access.dataset(tx, caller, dataset_id))


def _require_column(dataset: Dataset | None, name: str, meaning: str, role: str) -> None:
    if dataset is not None and name not in dataset.columns:
        some = ", ".join(list(dataset.columns)[:12])
        raise Invalid(f"The {role} data set '{dataset.name}' has no {meaning} column '{name}'. It has: {some}.")


def _features(new: NewModelPackage, training: Dataset | None) -> tuple[Feature, ...]:
    columns = {} if training is None else dict(training.columns)
    columns.pop(new.target.name, None)
    if new.target.prediction_column is not None:
        columns.pop(new.target.prediction_column, None)
    unknown = sorted(set(new.importance) - set(columns))
    if unknown:
        raise Invalid(f"featureImportance: the training data has no feature {', '.join(unknown[:12])}.")
    shares = scaled_importance(new.importance)
    return tuple(Feature(name, FeatureKind(kind), shares.get(name)) for name, kind in columns.items())


def get(ctx: Context, caller: User, package_id: str) -> ModelPackage:
    """One model package; archived ones can still be read."""
    with ctx.store.snapshot() as tx:
        return access.model_package(tx, caller, package_id)


@dataclass(frozen=True, slots=True)
class PackageView:
    """A model package with what its page shows beside it."""

    package: ModelPackage
    deployments: int
    training: Dataset | None
    holdout: Dataset | None
    creator: str


def seen(ctx: Context, caller: User, package_id: str) -> PackageView:
    """One model package as its page shows it."""
    with ctx.store.snapshot() as tx:
        return _view(tx, access.model_package(tx, caller, package_id))


def _view(tx: "Transaction", package: ModelPackage) -> PackageView:
    return PackageView(
        package=package,
        deployments=tx.model_packages.deployments_of(package.id),
        training=tx.datasets.find(package.training_dataset_id or ""),
        holdout=tx.datasets.find(package.holdout_dataset_id or ""),
        creator=tx.users.get(package.owner_id).name,
    )


@dataclass(frozen=True, slots=True)
class PackagesWanted:
    """Which model packages are wanted; None means no such filter."""

    search: str | None = None
    model_id: str | None = None
    similar_to: str | None = None
    threshold: float | None = None
    environment_id: str | None = None


def page(ctx: Context, caller: User, request: PageRequest, wanted: PackagesWanted) -> Page[PackageView]:
    """Model packages that the caller sees, that are not archived and that pass the filters."""
    with ctx.store.snapshot() as tx:
        similar = None if wanted.similar_to is None else access.model_package(tx, caller, wanted.similar_to)
        if wanted.environment_id is not None:
            formats = access.environment(tx, caller, wanted.environment_id).model_formats
            if EXTERNAL_FORMAT not in formats:
                return cut([], request)
        query = PackageQuery(wanted.search, wanted.model_id, similar, wanted.threshold)
        found = tx.model_packages.list(access.owner_filter(caller), query, request)
        return Page([_view(tx, package) for package in found.items], found.total, found.offset, found.limit)


def archive(ctx: Context, caller: User, package_id: str) -> None:
    """Take a package out of lists; deployments that use it go on."""
    with ctx.store.transaction() as tx:
        package = access.model_package(tx, caller, package_id)
        if package.archived_at is not None:
            raise Gone(f"Model package {package_id} is archived.")
        tx.model_packages.archive(package_id, ctx.clock())


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """Which features are wanted, and in which order."""

    search: str | None = None
    order_by: str = "name"
    segmentable_only: bool = False


def chosen_features(all_: tuple[Feature, ...], query: FeatureQuery, request: PageRequest) -> Page[Feature]:
    """Part of a model's features."""
    found = [f for f in all_ if (query.search or "").lower() in f.name.lower()]
    if query.segmentable_only:
        found = [f for f in found if f.kind in {FeatureKind.CATEGORICAL, FeatureKind.BINARY}]
    if query.order_by.removeprefix("-") == "importance":
        found.sort(key=lambda f: (f.importance is None, f.importance or 0.0, f.name))
    else:
        found.sort(key=lambda f: f.name)
    if query.order_by.startswith("-"):
        found.reverse()
    return cut(found, request)
