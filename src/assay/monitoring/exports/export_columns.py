"""Columns of exported rows: their names, their types, and how they are made of the stored ones."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from assay.monitoring.rows import prediction_columns
from assay.monitoring.rows.row_parts import ASSOCIATION_ID, AT, FEATURE
from assay.records.actuals import Outcome
from assay.records.models import Feature, FeatureKind, Target, TargetType
from assay.records.uploads import Upload

PREDICTED_AT = "prediction_timestamp"
MODEL = "model_id"
BATCH = "batch_id"
BATCH_NAME = "batch_name"
PREDICTION = "prediction"
ACTUAL = "actual"
ACTUAL_AT = "actual_timestamp"
ACTUAL_RECEIVED = "actual_received_timestamp"
ACTED_ON = "was_acted_on"

MOMENT = pl.Datetime("us", "UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = ((m.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND for m in (datetime.min, datetime.max))  # noqa: DTZ901


@dataclass(frozen=True)
class ExportColumns:
    """Which columns the rows of a model are exported with.

    ``features`` are those that rows are kept with; none for an export of actuals.
    """

    target: Target
    features: tuple[Feature, ...] = ()
    with_actuals: bool = False

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and types, in their order."""
        return {
            PREDICTED_AT: MOMENT,
            MODEL: pl.String(),
            BATCH: pl.String(),
            BATCH_NAME: pl.String(),
            ASSOCIATION_ID: pl.String(),
            **{name: dtype for name, _, dtype in self._predicted},
            **(self.outcome_schema if self.with_actuals else {}),
            **{name: _type_of(feature) for name, feature in self._named_features.items()},
        }

    @property
    def kinds(self) -> dict[str, FeatureKind]:
        """Kind of each column, as a data set tells it."""
        features = self._named_features
        return {
            name: features[name].kind if name in features else _kind_of(dtype) for name, dtype in self.schema.items()
        }

    @property
    def outcome_schema(self) -> dict[str, pl.DataType]:
        """Names and types of the columns of an outcome."""
        actual = pl.Float64() if self.target.type is TargetType.REGRESSION else pl.String()
        return {ACTUAL: actual, ACTUAL_AT: MOMENT, ACTUAL_RECEIVED: MOMENT, ACTED_ON: pl.Boolean()}

    @property
    def stored(self) -> list[str]:
        """The stored columns that are read."""
        features = [FEATURE + feature.name for feature in self.features]
        return [AT, ASSOCIATION_ID, *(stored for _, stored, _ in self._predicted), *features]

    @property
    def _predicted(self) -> list[tuple[str, str, pl.DataType]]:
        """Exported name, stored name and type of what is predicted: the value, or the class and the probabilities."""
        scores = prediction_columns.score_columns(self.target)
        if self.target.type is TargetType.REGRESSION:
            return [(PREDICTION, scores[0], pl.Float64())]
        label = (PREDICTION, prediction_columns.LABEL, pl.String())
        return [label, *((name, name, pl.Float64()) for name in scores)]

    @property
    def _named_features(self) -> dict[str, Feature]:
        """Features by the name of their column: their own, or with a prefix where that is taken by one of ours."""
        ours = {PREDICTED_AT, MODEL, BATCH, BATCH_NAME, ASSOCIATION_ID, *self.outcome_schema}
        ours |= {name for name, _, _ in self._predicted}
        taken = ours | {feature.name for feature in self.features}
        named = {}
        for feature in self.features:
            name = feature.name
            while name in ours or (name != feature.name and name in taken):
                name = FEATURE + name
            taken.add(name)
            named[name] = feature
        return named

    def rows(self, part: pl.DataFrame, upload: Upload, batch_name: str | None, outcomes: list[Outcome]) -> pl.DataFrame:
        """Rows of a part as they are exported, in their order; those without an outcome have none.

        Parameters
        ----------
        part : DataFrame
            Columns of `stored`; those that it lacks are missing in every row.
        outcomes : list of Outcome
            At most one for each association id.
        """
        known = part.select(
            pl.col(AT).cast(MOMENT).alias(PREDICTED_AT),
            pl.lit(upload.model_id).alias(MODEL),
            pl.lit(upload.batch_id, dtype=pl.String).alias(BATCH),
            pl.lit(batch_name, dtype=pl.String).alias(BATCH_NAME),
            _present(part, ASSOCIATION_ID, pl.String()),
            *(_present(part, stored, dtype).alias(name) for name, stored, dtype in self._predicted),
            *(_feature(part, feature).alias(name) for name, feature in self._named_features.items()),
        )
        if self.with_actuals:
            known = known.join(self.outcomes(outcomes), on=ASSOCIATION_ID, how="left", maintain_order="left")
        return known.select(list(self.schema))

    def outcomes(self, found: list[Outcome]) -> pl.DataFrame:
        """Association ids with their outcomes."""
        regression = self.target.type is TargetType.REGRESSION
        rows = [
            (o.association_id, o.number if regression else o.label, o.at, o.received_at, o.was_acted_on) for o in found
        ]
        return pl.DataFrame(rows, schema={ASSOCIATION_ID: pl.String(), **self.outcome_schema}, orient="row")

    def without_prediction(self, found: list[Outcome]) -> pl.DataFrame:
        """Outcomes that no prediction has, as rows whose other columns are missing."""
        outcomes = self.outcomes(found)
        return outcomes.select(
            pl.col(name) if name in outcomes.columns else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in self.schema.items()
        )


def _present(part: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr:
    return pl.col(name).cast(dtype) if name in part.columns else pl.lit(None, dtype=dtype).alias(name)


def _stored_type(feature: Feature) -> pl.DataType:
    is_number = feature.kind in {FeatureKind.NUMERIC, FeatureKind.DATE}
    return pl.Float64() if is_number else pl.String()


def _type_of(feature: Feature) -> pl.DataType:
    return MOMENT if feature.kind is FeatureKind.DATE else _stored_type(feature)


def _feature(part: pl.DataFrame, feature: Feature) -> pl.Expr:
    """A feature's values; dates are kept as seconds since 1970."""
    values = _present(part, FEATURE + feature.name, _stored_type(feature))
    if feature.kind is not FeatureKind.DATE:
        return values
    # Of years beyond 2255 a float's seconds are coarser than a microsecond, so that the last ones could round up.
    return (values * 1e6).round().cast(pl.Int64).clip(_FIRST, _LAST).cast(MOMENT)


def _kind_of(dtype: pl.DataType) -> FeatureKind:
    if dtype.is_numeric():
        return FeatureKind.NUMERIC
    if dtype == pl.Boolean:
        return FeatureKind.BINARY
    return FeatureKind.DATE if isinstance(dtype, pl.Datetime) else FeatureKind.CATEGORICAL
