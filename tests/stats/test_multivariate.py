"""Drift of all columns together: against scikit-learn, on planted shifts, and on clean data."""

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from assay.stats.multivariate import domain_classifier, reconstruction_error
from assay.stats.multivariate.domain import area
from assay.stats.multivariate.encoding import encoded
from assay.stats.multivariate.logistic import Logistic
from assay.stats.multivariate.reconstruction import Reconstruction


def table(seed: int, n: int, *, rho: float = 0.8, shift: float = 0.0, columns: int = 6) -> pl.DataFrame:
    """Correlated numbers with some gaps, and a column of levels."""
    g = np.random.default_rng(seed)
    common = g.normal(size=(n, 1))
    x = np.sqrt(rho) * common + np.sqrt(1 - rho) * g.normal(size=(n, columns))
    x[:, 0] += shift
    x[g.random(x.shape) < 0.02] = np.nan
    frame = pl.DataFrame({f"x{i}": x[:, i] for i in range(columns)})
    return frame.with_columns(pl.Series("city", g.choice(["Rome", "Oslo", "Bern"], n, p=[0.5, 0.3, 0.2])))


@pytest.mark.parametrize("penalty", [0.1, 1.0, 30.0])
def test_logistic_regression_agrees_with_scikit_learn(penalty: float) -> None:
    g = np.random.default_rng(0)
    x = g.normal(size=(400, 7))
    y = (g.random(400) < 1 / (1 + np.exp(-x[:, 0] + 0.5 * x[:, 1] - 0.3))).astype(float)
    ours = Logistic.of(x, y, penalty=penalty)
    theirs = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5_000).fit(x, y)
    assert ours.weights == pytest.approx(theirs.coef_[0], abs=1e-5)
    assert ours.constant == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_logistic_regression_ends_on_separable_classes() -> None:
    x = np.array([[-1.0], [-2.0], [1.0], [2.0]])
    fit = Logistic.of(x, np.array([0.0, 0.0, 1.0, 1.0]), penalty=1e-6)
    assert np.isfinite(fit.weights).all()
    assert area(fit.scores(x), np.array([0.0, 0.0, 1.0, 1.0])) == 1.0


def test_the_area_agrees_with_scikit_learn() -> None:
    g = np.random.default_rng(1)
    scores, classes = g.integers(0, 20, 300).astype(float), g.integers(0, 2, 300).astype(float)
    assert area(scores, classes) == pytest.approx(roc_auc_score(classes, scores), abs=1e-12)


@pytest.mark.parametrize("n", [60, 300])
def test_clean_sides_cannot_be_told_apart(n: int) -> None:
    found = [domain_classifier(table(2 * s, 3_000), table(2 * s + 1, n)) for s in range(6)]
    assert np.mean([f.auc for f in found if f]) == pytest.approx(0.5, abs=0.06)
    assert sum(f.p <= 0.01 for f in found if f) <= 1


@pytest.mark.parametrize("n", [300, 1_000])
def test_a_moved_column_leads(n: int) -> None:
    found = domain_classifier(table(1, 3_000), table(2, n, shift=1.0))
    assert found is not None
    assert found.big
    assert found.p <= 0.001
    assert found.leading[0][0] == "x0"
    assert found.permutations == (999 if n < 500 else 0)


@pytest.mark.parametrize("n", [400, 2_000])
def test_lost_correlations_are_seen_though_no_column_moved(n: int) -> None:
    then, now = table(3, 4_000), table(4, n, rho=0.2)
    found, error = domain_classifier(then, now), reconstruction_error(then, now)
    assert found is not None
    assert error is not None
    assert found.big
    assert found.p <= 0.001
    assert error.z > 5


def test_the_same_seed_gives_the_same_answer() -> None:
    then, now = table(5, 2_000), table(6, 200)
    assert domain_classifier(then, now, seed=7) == domain_classifier(then, now, seed=7)


def test_wild_values_gaps_and_times_do_not_break_it() -> None:
    n = 100
    frame = pl.DataFrame(
        {
            "inf": [float("inf"), -1e308, 1e308, float("nan")] * (n // 4),
            "gaps": pl.Series([None] * n, dtype=pl.Float64),
            "same": [1] * n,
            "flag": [True, None] * (n // 2),
            "day": pl.datetime_range(pl.datetime(2026, 1, 1), pl.datetime(2026, 4, 10), "1d", eager=True)[:n],
        }
    )
    assert domain_classifier(frame, frame) is not None
    assert reconstruction_error(frame, frame) is not None
    constant = frame.select("same", "gaps")
    assert domain_classifier(constant, constant).auc == 0.5
    assert reconstruction_error(constant, constant) is None
    assert domain_classifier(frame.head(5), frame) is None
    assert reconstruction_error(frame, frame.head(5)) is None


def test_many_columns_keep_the_inputs_bounded() -> None:
    frame = pl.DataFrame(np.random.default_rng(8).normal(size=(40, 1_200)))
    assert encoded(frame).values.shape == (40, 1_000)


def test_components_and_errors_agree_with_scikit_learn() -> None:
    x = np.random.default_rng(9).normal(size=(500, 8)) @ np.random.default_rng(10).normal(size=(8, 8))
    fit = Reconstruction.of(pl.DataFrame(x))
    scaled = StandardScaler().fit_transform(x)
    theirs = PCA(n_components=0.65, svd_solver="full").fit(scaled)
    assert fit.components.shape[1] == theirs.n_components_
    rebuilt = theirs.inverse_transform(theirs.transform(scaled))
    expected = np.sqrt(((scaled - rebuilt) ** 2).sum(axis=1))
    assert fit.errors(pl.DataFrame(x)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_errors_of_clean_sides_differ_by_chance_only() -> None:
    z = [reconstruction_error(table(2 * s, 1_000), table(2 * s + 1, 300)).z for s in range(40)]
    assert np.std(z) == pytest.approx(1.0, abs=0.35)
    assert np.mean(z) == pytest.approx(0.0, abs=0.5)


def test_levels_of_few_rows_have_no_say() -> None:
    numbers = table(13, 1_000)
    named = numbers.with_columns(pl.Series("customer", [f"c{i}" for i in range(1_000)]))
    fit, told = Reconstruction.of(named), Reconstruction.of(numbers)
    assert [scale for scale in fit.scales if scale.column == "customer"] == []
    assert fit.components == pytest.approx(told.components)
    # Rows that both sides have, among them those that were fitted: never farther off than new ones.
    found = reconstruction_error(named, named)
    assert found is not None
    assert found.z < 1.0


@pytest.mark.parametrize(("rows", "inputs"), [(9, []), (10, ["rare"])])
def test_a_level_counts_from_ten_rows_on(rows: int, inputs: list[str]) -> None:
    levels = pl.Series("level", ["rare"] * rows + [None] * (100 - rows))
    fit = Reconstruction.of(pl.DataFrame([pl.Series("x", range(100)), levels]))
    assert [scale.level for scale in fit.scales if scale.column == "level"] == inputs


def test_errors_merge_over_chunks() -> None:
    fit, rows = Reconstruction.of(table(11, 500)), table(12, 300)
    whole, parts = fit.moments(rows), fit.moments(rows[:100]).merge(fit.moments(rows[100:]))
    assert parts.n == whole.n
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12)
    assert parts.spread == pytest.approx(whole.spread, rel=1e-12)
