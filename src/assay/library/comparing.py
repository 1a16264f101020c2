"""Comparing two tables: read, cast, judge, say why."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from assay.errors import Invalid
from assay.library.accuracy import AccuracyFound, accuracy_found
from assay.library.arguments import importance_of, name_of, number_of
from assay.library.columns import Columns
from assay.library.compared import Compared, Options
from assay.library.comparison import Comparison
from assay.library.findings import FeatureComparison
from assay.library.tables import label_of, table
from assay.library.verdicts import verdict_of
from assay.library.weighing import Weights
from assay.stats.decision.importance import scaled_importance
from assay.stats.repeats import Repeats

ORDER = {"drifted": 0, "detectable": 1, "no evidence": 2, "unknown": 3}


def compare(  # noqa: PLR0913  # what a comparison can be asked; all but the tables may be left out
    baseline: Any,
    current: Any,
    *,
    target: str | None = None,
    prediction: str | None = None,
    weight: str | None = None,
    importance: Mapping[str, float] | None = None,
    alpha: float = 0.01,
    big_psi: float = 0.10,
    multivariate: bool = True,
) -> Comparison:
    """Compare two tables without a server. See docs/library.md.

    Parameters
    ----------
    baseline, current : pandas, Polars or Arrow table, or path
        Paths name CSV, Parquet or Arrow files. Columns of one name are compared, in the kind that the baseline's
        values have.
    target, prediction : str or None
        Columns with the outcome and with what the model said. Each is judged on its own, not as a feature; with both in
        both tables, accuracy is compared too.
    weight : str or None
        Column that says how much each row counts, known up to a factor; a table without it has equal weights. See
        docs/methods/weights.md.
    importance : mapping of str to float, or None
        Of features, any scale; the largest becomes 1. Drift of a feature from 0.5 on fails, below it warns. A feature
        whose importance is not given counts as important.
    alpha : float
        Chance that a batch without drift carries any mark, in (0, 1).
    big_psi : float
        Bias-corrected PSI from which a change is big.
    multivariate : bool
        Whether all columns are looked at together too; takes most of the time.

    Returns
    -------
    Comparison

    Raises
    ------
    Invalid
        When a table or a name cannot be used.
    FileUnreadable
        When a file cannot be read.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"x": [float(i % 50) for i in range(1000)]})
    >>> compare(rows, rows).verdict.status
    'passing'
    >>> compare(rows, rows * 10, multivariate=False).features[0].causes[0].code.value
    'unit_or_scale_change'
    """
    then, now = table(baseline, "baseline"), table(current, "current")
    target, prediction, weight = name_of(target), name_of(prediction), name_of(weight)
    alpha, big_psi = number_of(alpha, "alpha"), number_of(big_psi, "big_psi")
    options = Options(target, prediction, weight, scaled_importance(importance_of(importance)), alpha, big_psi)
    _check(options, then, now)
    weights = Weights.of(then, weight, "baseline"), Weights.of(now, weight, "current")
    then, now = (side.drop(weight, strict=False) if weight else side for side in (then, now))
    columns = Columns.of(then, now, weights)
    features = [name for name in columns.kinds if name not in options.families]
    compared = Compared.of(columns, now, features, options)
    accuracy = _accuracy((then, now), columns, weights, options)
    found = compared.all()
    domain, reconstruction = compared.joint() if multivariate else (None, None)
    listed = tuple(sorted((found[name] for name in features), key=_place))
    outcome, said = (found.get(name or "") for name in (target, prediction))
    outcomes = tuple(one for one in (outcome, said) if one is not None)
    return Comparison(
        verdict=verdict_of(compared.judged.status, (*outcomes, *listed), accuracy.changes, rows=now.height),
        features=listed,
        labels=(label_of(baseline, "baseline"), label_of(current, "current")),
        rows=now.height,
        baseline_rows=then.height,
        worth=None if weight is None else (weights[0].count, weights[1].count),
        target=outcome,
        prediction=said,
        accuracy=accuracy.changes,
        domain=domain,
        reconstruction=reconstruction,
        notes=(
            *columns.notes,
            *accuracy.notes,
            *compared.identifiers(),
            *_oddities(compared.repeats),
            *_weighted(weight, multivariate=multivariate),
        ),
        alpha=alpha,
        big_psi=big_psi,
    )


def _accuracy(
    tables: tuple[pl.DataFrame, pl.DataFrame], columns: Columns, weights: tuple[Weights, Weights], options: Options
) -> AccuracyFound:
    target, prediction = options.target, options.prediction
    if target is None or prediction is None:
        return AccuracyFound()
    absent = [
        f"{side} has no {role} '{name}'"
        for side, table in zip(("the baseline", "current"), tables, strict=True)
        for role, name in (("target", target), ("prediction", prediction))
        if name not in table.columns
    ]
    if absent:
        return AccuracyFound(notes=(f"Accuracy is not compared: {absent[0]}.",))
    return accuracy_found(columns, weights, (target, prediction), options.alpha)


def _place(feature: FeatureComparison) -> tuple[int, float, str]:
    """Drifted first, then by importance times size; where importance is not known, it is 1 or, for dates, 0."""
    weight = float(feature.important) if feature.importance is None else feature.importance
    size = max(feature.psi or 0.0, 1e-9)
    return ORDER[feature.status], -weight * size - 1e-6 * size, feature.name


def _check(options: Options, then: pl.DataFrame, now: pl.DataFrame) -> None:
    if not 0.0 < options.alpha < 1.0:
        raise Invalid(f"alpha is {options.alpha}, expected a number between 0 and 1.")
    for role, name in (("target", options.target), ("prediction", options.prediction)):
        if name is not None and name not in then.columns and name not in now.columns:
            raise Invalid(f"The {role} '{name}' is in neither table. The baseline has {_some(then.columns)}.")
    if options.weight is not None and options.weight not in {*then.columns, *now.columns}:
        raise Invalid(f"The weight '{options.weight}' is in neither table. The baseline has {_some(then.columns)}.")
    if options.target is not None and options.target == options.prediction:
        raise Invalid(f"Target and prediction are both '{options.target}', expected two columns.")
    if options.weight is not None and options.weight in options.families:
        raise Invalid(f"'{options.weight}' is named as weight and as {options.families[options.weight]}.")
    unknown = sorted(set(options.importance) - set(then.columns))
    if unknown:
        raise Invalid(f"importance names '{unknown[0]}', which the baseline has not. It has {_some(then.columns)}.")
    if not (set(then.columns) & set(now.columns)) - {options.weight}:
        raise Invalid(f"The tables have no column in common: {_some(then.columns)} and {_some(now.columns)}.")


def _some(names: list[str]) -> str:
    return (", ".join(names[:8]) or "no columns") + (", ..." if len(names) > 8 else "")


def _oddities(repeats: Repeats) -> list[str]:
    if repeats.current_share - repeats.baseline_share < 0.01:
        return []
    now, then = 100 * repeats.current_share, 100 * repeats.baseline_share
    return [f"{now:.1f} % of the rows are copies of another row ({then:.1f} % in as many rows of the baseline)"]


def _weighted(weight: str | None, *, multivariate: bool) -> list[str]:
    if weight is None:
        return []
    left = " All columns together are looked at without weights only." if multivariate else ""
    return [
        f"Weighted by '{weight}': p-values are approximate, and shares are exact to one row of those it is worth.{left}"
    ]
