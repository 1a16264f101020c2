"""The models of the demo: small ones, the same at every run."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.inspection import permutation_importance
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from assay.server.demo.departures import FEATURES, NAMES, NUMBERS
from assay.server.demo.subjects import LATE, Subject

FloatArray = npt.NDArray[np.float64]

ROUNDS = 60
IMPORTANCE_ROWS = 3000
IMPORTANCE_REPEATS = 3


class Model:
    """A model of one subject, fitted to the flights whose outcome is known.

    Parameters
    ----------
    subject : Subject
    training : DataFrame
        Flights that it learns from.
    seed : int
    """

    def __init__(self, subject: Subject, training: pl.DataFrame, seed: int) -> None:
        self._subject = subject
        self._seed = seed
        self._levels = {name: training[name].unique().sort() for name in NAMES}
        kind = HistGradientBoostingClassifier if subject.target.class_names else HistGradientBoostingRegressor
        self._estimator = kind(
            max_iter=ROUNDS,
            max_leaf_nodes=15,
            min_samples_leaf=100,
            early_stopping=False,
            categorical_features=[name in NAMES for name in FEATURES],
            random_state=seed,
        )
        matrix, outcomes = self._known(training)
        with _one_thread():
            self._estimator.fit(matrix, outcomes)

    def predictions(self, flights: pl.DataFrame) -> pl.Series:
        """The probability of a late arrival, or the expected delay in minutes, by flight."""
        matrix = self._matrix(flights)
        with _one_thread():
            if self._subject.target.class_names:
                place = list(self._estimator.classes_).index(LATE)
                found = self._estimator.predict_proba(matrix)[:, place]
            else:
                found = self._estimator.predict(matrix)
        return pl.Series(self._subject.prediction_column, found)

    def importance(self, holdout: pl.DataFrame) -> dict[str, float]:
        """How much worse the predictions become when one feature's values are shuffled, by feature."""
        matrix, outcomes = self._known(holdout.head(IMPORTANCE_ROWS))
        worse = "neg_log_loss" if self._subject.target.class_names else "neg_root_mean_squared_error"
        with _one_thread():
            found = permutation_importance(
                self._estimator,
                matrix,
                outcomes,
                scoring=worse,
                n_repeats=IMPORTANCE_REPEATS,
                random_state=self._seed,
            )
        return {name: float(mean) for name, mean in zip(FEATURES, found.importances_mean, strict=True)}

    def _known(self, flights: pl.DataFrame) -> tuple[FloatArray, npt.NDArray[Any]]:
        outcomes = self._subject.outcomes(flights)
        known = outcomes.is_not_null()
        return self._matrix(flights.filter(known)), outcomes.filter(known).to_numpy()

    def _matrix(self, flights: pl.DataFrame) -> FloatArray:
        # A level that the training flights never had is missing to the model.
        places = [
            flights[name].replace_strict(levels, range(levels.len()), default=None, return_dtype=pl.Float64)
            for name, levels in self._levels.items()
        ]
        return flights.select(*NUMBERS).cast(pl.Float64).with_columns(places).to_numpy()


def _one_thread() -> threadpool_limits:
    # Threads that wait for a shared core by spinning make this ten times slower, and one makes it repeatable.
    return threadpool_limits(limits=1)
