"""Accuracy of a regression model before any actual is known: from the losses seen on the holdout (DLE).

See docs/methods/estimated_accuracy.md.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from assay.errors import BinsMismatch, Invalid
from assay.stats.accuracy.losses import LossMean
from assay.stats.accuracy.rows import counted
from assay.stats.accuracy.tally import Tally
from assay.stats.arrays import FloatArray, IntArray, read_only, same_content
from assay.stats.container import pack, unpack
from assay.stats.estimate import NO_ROWS, Estimate
from assay.stats.intervals import clipped, mean_interval

MODEL_KIND = "loss model"
KIND = "expected loss"

CELLS = 20
"""Cells of the prediction; a feature cuts each of them into ``FEATURE_CELLS``."""
FEATURE_CELLS = 5
LEAST_ROWS = 30
"""Holdout rows that a cell has at least, on average."""


@dataclass(frozen=True, slots=True, eq=False)
class LossModel:
    """Mean losses of a regression model by predicted value, and by one feature when given, from a holdout.

    Cells of about equal numbers of holdout rows, cut at quantiles of the prediction and, inside each of them, at
    quantiles of the feature. A row's expected loss is the mean of its cell.

    Attributes
    ----------
    edges : float array, shape (n_slices - 1,)
        Of the prediction, ascending. Cells are right-closed; the outer ones are open to infinity.
    feature_edges : float array, shape (n_slices, n_parts - 1)
        Of the feature, for each slice of the prediction; a missing feature falls in the last part. ``n_parts`` is
        1 without a feature.
    rows : float array, shape (n_cells,)
        Effective holdout rows per cell, slice after slice.
    absolute, absolute_variance, squared, squared_variance : float array, shape (n_cells,)
        Mean absolute and squared error of each cell, and their variance among its rows.

    Examples
    --------
    >>> model = LossModel.of(actual=[1.0, 3.0, 10.0, 14.0], predicted=[2.0, 2.0, 12.0, 12.0], cells=2)
    >>> model.edges.tolist(), model.absolute.tolist()
    ([2.0], [1.0, 2.0])

    References
    ----------
    NannyML (2022), How it works: direct loss estimation, which fits a boosted tree where this has cells.
    """

    edges: FloatArray
    feature_edges: FloatArray
    rows: FloatArray
    absolute: FloatArray
    absolute_variance: FloatArray
    squared: FloatArray
    squared_variance: FloatArray

    @classmethod
    def of(
        cls,
        actual: npt.ArrayLike,
        predicted: npt.ArrayLike,
        *,
        feature: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
        cells: int | None = None,
    ) -> Self:
        """Losses by cell.

        Parameters
        ----------
        actual, predicted : float array, shape (n,)
            Of rows the model was not trained on: a holdout, or out-of-fold predictions. Losses on training rows
            are too small.
        feature : float array, shape (n,), optional
            The feature that says most about how large errors are.
        weights : float array, shape (n,), optional
            Weight of each row; one each when left out.
        cells : int, optional
            Slices of the prediction; 20 when left out, and fewer where cells would hold less than 30 rows.

        Raises
        ------
        Invalid
            Without any row to learn from.
        """
        y, p = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
        keep, w, _ = counted(np.isfinite(y) & np.isfinite(p), weights)
        if w.size == 0:
            raise Invalid("A loss model needs rows with an actual and a prediction; there are none.")
        y, p = y[keep], p[keep]
        x = None if feature is None else np.asarray(feature, dtype=np.float64)[keep]
        parts = 1 if x is None else FEATURE_CELLS
        edges = _cuts(p, max(1, min(CELLS, p.size // (LEAST_ROWS * parts))) if cells is None else cells)
        slices = np.searchsorted(edges, p, side="left")
        feature_edges = _feature_edges(slices, edges.size + 1, x, parts)
        return cls(edges, feature_edges, *_losses_by_cell(_cells(slices, feature_edges, x), feature_edges, p - y, w))

    def cells(self, predicted: FloatArray, feature: FloatArray | None) -> IntArray:
        """Cell of each row, shape (n,)."""
        return _cells(np.searchsorted(self.edges, predicted, side="left"), self.feature_edges, feature)

    @property
    def uses_feature(self) -> bool:
        """Whether a feature cuts the cells."""
        return bool(self.feature_edges.shape[1])

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        arrays = {name: getattr(self, name).ravel() for name in _MODEL_ARRAYS}
        return pack(MODEL_KIND, 1, {"parts": self.feature_edges.shape[1]}, arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The model that `to_bytes` stored; raises FormatUnreadable for anything else."""
        stored = unpack(data, kind=MODEL_KIND)
        arrays = dict(stored.arrays)
        shape = (arrays["edges"].size + 1, stored.fields["parts"])
        arrays["feature_edges"] = arrays["feature_edges"].reshape(shape)
        return cls(**arrays)

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


_MODEL_ARRAYS = (
    "edges",
    "feature_edges",
    "rows",
    "absolute",
    "absolute_variance",
    "squared",
    "squared_variance",
)


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedLoss:
    """Rows without actuals, counted in the cells of a loss model.

    Attributes
    ----------
    weight : float array, shape (n_cells,)
        Weight of the rows in each cell; whole numbers when rows have no weights.
    size : Tally
        All rows.
    excluded : int
        Rows left out because the prediction is missing or infinite.

    Examples
    --------
    >>> model = LossModel.of(actual=[1.0, 3.0, 10.0, 14.0], predicted=[2.0, 2.0, 12.0, 12.0], cells=2)
    >>> rows = ExpectedLoss.of([1.5, 11.0, 13.0, 20.0], model=model)
    >>> rows.weight.tolist(), EXPECTED_LOSS_METRICS["MAE"](rows, model).value  # (1 + 2 + 2 + 2) / 4
    ([1.0, 3.0], 1.75)
    """

    weight: FloatArray
    size: Tally
    excluded: int = 0

    @classmethod
    def empty(cls, model: LossModel) -> Self:
        """No rows."""
        return cls(read_only(np.zeros(model.rows.size)), Tally.empty())

    @classmethod
    def of(
        cls,
        predicted: npt.ArrayLike,
        *,
        model: LossModel,
        feature: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> Self:
        """Rows by cell; ``feature`` is the one the model was fitted with, shape (n,).

        Raises
        ------
        Invalid
            When the model was fitted with a feature and none is given.
        """
        if model.uses_feature and feature is None:
            raise Invalid("The loss model was fitted with a feature; give that feature of these rows too.")
        p = np.asarray(predicted, dtype=np.float64)
        keep, w, excluded = counted(np.isfinite(p), weights)
        x = None if feature is None else np.asarray(feature, dtype=np.float64)[keep]
        cells = model.cells(p[keep], x)
        return cls(read_only(np.bincount(cells, weights=w, minlength=model.rows.size)), Tally.of(w), excluded)

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed.

        Raises
        ------
        BinsMismatch
            When the models have different cells.
        """
        if self.weight.size != other.weight.size:
            raise BinsMismatch(
                f"Rows in {self.weight.size} cells of a loss model cannot be merged with rows in {other.weight.size}."
            )
        return type(self)(
            read_only(self.weight + other.weight), self.size.merge(other.size), self.excluded + other.excluded
        )

    @property
    def n(self) -> int:
        """Rows counted."""
        return self.size.rows

    def to_bytes(self) -> bytes:
        """Stored form, version 1."""
        size = [self.size.rows, self.size.weight, self.size.squares]
        return pack(KIND, 1, {"size": size, "excluded": self.excluded}, {"weight": self.weight})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The rows that `to_bytes` stored; raises FormatUnreadable for anything else."""
        stored = unpack(data, kind=KIND)
        return cls(stored.arrays["weight"], Tally(*stored.fields["size"]), stored.fields["excluded"])

    def __eq__(self, other: object) -> bool:
        return same_content(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def mean_absolute_error(rows: ExpectedLoss, model: LossModel) -> Estimate:
    """Expected mean absolute error, in the target's unit."""
    return _mean(rows, model, model.absolute, model.absolute_variance)


def mean_squared_error(rows: ExpectedLoss, model: LossModel) -> Estimate:
    """Expected mean squared error, in the target's unit, squared."""
    return _mean(rows, model, model.squared, model.squared_variance)


def root_mean_squared_error(rows: ExpectedLoss, model: LossModel) -> Estimate:
    """Root of the expected mean squared error, in the target's unit; its interval is that one's, rooted."""
    squared = mean_squared_error(rows, model)
    if squared.value is None:
        return squared
    low, high = (None if end is None else math.sqrt(end) for end in (squared.low, squared.high))
    return replace(squared, value=math.sqrt(squared.value), low=low, high=high)


EXPECTED_LOSS_METRICS: dict[str, Callable[[ExpectedLoss, LossModel], Estimate]] = {
    "MAD": mean_absolute_error,
    "MAE": mean_absolute_error,
    "RMSE": root_mean_squared_error,
}
"""Every metric of a regression model that can be estimated without actuals, by the name it has with them."""


def _mean(rows: ExpectedLoss, model: LossModel, losses: FloatArray, variances: FloatArray) -> Estimate:
    """Mean loss; its interval covers what these rows will show and that the cells' means were learned from rows."""
    if rows.weight.size != model.rows.size:
        raise BinsMismatch("The rows were counted in the cells of another loss model.")
    if rows.n == 0:
        return replace(Estimate.undefined(NO_ROWS), estimated=True)
    share = rows.weight / rows.size.weight
    used = share > 0
    if not model.rows[used].all():
        return replace(Estimate.undefined("some rows lie in cells without any holdout row", rows.n), estimated=True)
    share, variance = share[used], variances[used]
    of_rows = float(share @ variance) / rows.size.effective
    of_model = float(share**2 @ (variance / model.rows[used]))
    value = float(share @ losses[used])
    if not math.isfinite(value):
        return replace(Estimate.undefined("the errors are too large for a double", rows.n), estimated=True)
    error = math.sqrt(of_rows + of_model)
    low, high = clipped(mean_interval(value, error if math.isfinite(error) else None), 0.0, math.inf)
    return Estimate(value, rows.n, low, high, estimated=True)


def _cuts(values: FloatArray, cells: int) -> FloatArray:
    """Edges of cells of about equal numbers of values, ascending; equal ones are taken once."""
    if values.size == 0:
        return np.empty(0)
    cuts = np.unique(np.quantile(values, np.arange(1, cells) / cells, method="inverted_cdf"))
    return read_only(cuts[cuts < values.max()])


def _feature_edges(slices: IntArray, n_slices: int, feature: FloatArray | None, parts: int) -> FloatArray:
    """Edges of the feature in every slice; infinite where it has fewer different values than parts."""
    edges = np.full((n_slices, parts - 1), np.inf)
    if feature is not None:
        for place in range(n_slices):
            known = feature[slices == place]
            cuts = _cuts(known[np.isfinite(known)], parts)
            edges[place, : cuts.size] = cuts
    return read_only(edges)


def _cells(slices: IntArray, feature_edges: FloatArray, feature: FloatArray | None) -> IntArray:
    if feature is None:
        return slices
    # Missing counts as above every edge: a comparison with NaN is false.
    part = feature_edges.shape[1] - (feature[:, None] <= feature_edges[slices]).sum(axis=1)
    cells: IntArray = slices * (feature_edges.shape[1] + 1) + part
    return cells


def _losses_by_cell(
    cells: IntArray, feature_edges: FloatArray, error: FloatArray, w: FloatArray
) -> tuple[FloatArray, ...]:
    n_cells = feature_edges.shape[0] * (feature_edges.shape[1] + 1)
    rows, means, variances = np.zeros(n_cells), np.zeros((2, n_cells)), np.zeros((2, n_cells))
    for cell in np.unique(cells):
        inside = cells == cell
        rows[cell] = Tally.of(w[inside]).effective
        with np.errstate(over="ignore", invalid="ignore"):
            losses = (np.abs(error[inside]), error[inside] ** 2)
        for place, loss in enumerate(LossMean.of(values, w[inside]) for values in losses):
            means[place, cell] = math.inf if loss.mean is None else loss.mean
            # One row says nothing of the variance; its own loss is the only scale there is.
            error_of_mean = loss.standard_error
            variances[place, cell] = means[place, cell] ** 2 if error_of_mean is None else error_of_mean**2 * rows[cell]
    return tuple(read_only(a) for a in (rows, means[0], variances[0], means[1], variances[1]))
