"""Segments: rows told apart by the value of a categorical feature, or of an attribute that the caller sends."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from assay.errors import Invalid
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.monitoring.rows.row_parts import FEATURE, SEGMENT
from assay.monitoring.rows.slicing import ByBucket
from assay.records.deployments import Deployment
from assay.records.models import FeatureKind, ModelPackage
from assay.records.slices import Segment
from assay.records.users import User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

CATEGORICAL = frozenset({FeatureKind.CATEGORICAL, FeatureKind.BINARY})
MOST_VALUE_BYTES = 256


def cut_of(ctx: Context, tx: "Transaction", deployment: Deployment) -> ByBucket:
    """How rows that a deployment takes in are cut, with the values of its attributes so far."""
    attributes = deployment.settings.segmented_by
    values = tx.segments.values(deployment.id) if attributes else {}
    known = {name: set(values.get(name, ())) for name in attributes}
    return ByBucket(deployment.settings.bucket_size, known, ctx.limits.max_segment_values)


def asked(deployment: Deployment, attribute: str | None, value: str | None) -> Segment | None:
    """The segment of a query; None when no value is asked for.

    Raises
    ------
    Invalid
        When the deployment is not segmented by the attribute, or a value comes without one.
    """
    if not attribute:
        if value is not None:
            raise Invalid("segmentValue: found a value without 'segmentAttribute'.")
        return None
    enabled = deployment.settings.segmented_by
    if attribute not in enabled:
        known = ", ".join(enabled) or "none"
        raise Invalid(
            f"segmentAttribute: the deployment is not segmented by {attribute[:64]!r}. It is segmented by: {known}. "
            "Settings name the attributes (segmentAnalysis)."
        )
    return None if value is None else Segment(attribute, value)


def check_attributes(ctx: Context, package: ModelPackage, attributes: Sequence[str]) -> None:
    """Refuse attributes that rows cannot be segmented by.

    Raises
    ------
    Invalid
        When there are too many, one is blank or named twice, or one is a feature without categories.
    """
    if len(attributes) > ctx.limits.max_segment_attributes:
        most = ctx.limits.max_segment_attributes
        raise Invalid(f"segmentAnalysis.attributes: found {len(attributes)}, expected at most {most}.")
    for name in attributes:
        feature = package.feature(name)
        if not name.strip() or attributes.count(name) > 1:
            raise Invalid(
                f"segmentAnalysis.attributes: found {name[:64]!r}, expected different names that are not blank."
            )
        if feature is not None and feature.kind not in CATEGORICAL:
            raise Invalid(
                f"segmentAnalysis.attributes: the feature {name[:64]!r} is {feature.kind}, expected a categorical one, "
                "or a name that is no feature and that callers send with their rows."
            )


def of_rows(attributes: Iterable[str], features: pl.DataFrame, sent: pl.DataFrame) -> pl.DataFrame:
    """Segment values of rows: what the caller sent for an attribute, else the feature of that name."""
    columns = [
        frame[name].cast(pl.String)
        for name in attributes
        for frame in (sent if name in sent.columns else features,)
        if name in frame.columns
    ]
    return pl.DataFrame([_short(column) for column in columns])


def _short(values: pl.Series) -> pl.Series:
    """Values that are too long to be anybody's segment, or are empty, are missing."""
    return values.set((values == "") | (values.str.len_bytes() > MOST_VALUE_BYTES), None)


def columns_of(attributes: Iterable[str]) -> list[str]:
    """Where kept rows may hold the attributes."""
    return [prefix + name for name in attributes for prefix in (SEGMENT, FEATURE)]


def segments_of(frame: pl.DataFrame, attributes: Iterable[str]) -> pl.DataFrame:
    """Segment values of kept rows; all missing for an attribute that they do not hold."""
    found = {name: next((c for c in columns_of([name]) if c in frame.columns), None) for name in attributes}
    nothing = pl.Series([None] * frame.height, dtype=pl.String)
    return pl.DataFrame(
        [_short(nothing if c is None else frame[c].cast(pl.String)).alias(name) for name, c in found.items()]
    )


def values(ctx: Context, caller: User, deployment_id: str) -> dict[str, list[str]]:
    """The attributes that a deployment is segmented by, each with its values so far."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        found = tx.segments.values(deployment_id)
    return {name: found.get(name, []) for name in deployment.settings.segmented_by}


def values_of(ctx: Context, caller: User, deployment_id: str, attribute: str) -> list[str]:
    """Values so far of one attribute; refused when the deployment is not segmented by it."""
    with ctx.store.snapshot() as tx:
        deployment = access.deployment(tx, caller, deployment_id)
        asked(deployment, attribute, None)
        return tx.segments.values(deployment_id).get(attribute, [])
