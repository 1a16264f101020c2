"""Logistic regression with a ridge penalty, by Newton's method.

See docs/methods/domain_classifier.md.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import linalg, special

from assay.stats.arrays import FloatArray

MOST_STEPS = 30
SMALL_STEP = 1e-8


@dataclass(frozen=True, eq=False)
class Logistic:
    """Weights of the inputs and the constant term.

    Minimises ``sum log(1 + exp(-s z)) + penalty / 2 * sum weights**2``, with z the score and s = +-1 the class; the
    constant is not penalised. The same function as scikit-learn's with ``C = 1 / penalty``.

    Examples
    --------
    >>> x, y = np.array([[-1.0], [-1.0], [1.0], [1.0]]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> fit = Logistic.of(x, y, penalty=1.0)
    >>> bool(fit.weights[0] > 0.5), round(fit.constant, 9) == 0.0
    (True, True)
    """

    weights: FloatArray
    constant: float

    @classmethod
    def of(cls, inputs: FloatArray, classes: FloatArray, *, penalty: float = 1.0) -> Self:
        """Fit to inputs, shape (n, k), and classes 0 or 1, shape (n,)."""
        design = np.column_stack([np.ones(inputs.shape[0]), inputs])
        ridge = np.full(design.shape[1], penalty)
        ridge[0] = 0.0
        beta = np.zeros(design.shape[1])
        loss = _loss(design, classes, beta, ridge)
        for _ in range(MOST_STEPS):
            step = _newton_step(design, classes, beta, ridge)
            beta, loss, done = _damped(design, classes, beta, step, ridge, loss)
            if done:
                break
        return cls(beta[1:], float(beta[0]))

    def scores(self, inputs: FloatArray) -> FloatArray:
        """Log odds of class 1, shape (n,)."""
        return inputs @ self.weights + self.constant


def _loss(design: FloatArray, classes: FloatArray, beta: FloatArray, ridge: FloatArray) -> float:
    scores = design @ beta
    return float(np.logaddexp(0.0, scores).sum() - classes @ scores + 0.5 * (ridge * beta * beta).sum())


def _newton_step(design: FloatArray, classes: FloatArray, beta: FloatArray, ridge: FloatArray) -> FloatArray:
    chances = special.expit(design @ beta)
    gradient = design.T @ (chances - classes) + ridge * beta
    weighted = design * np.sqrt(chances * (1 - chances))[:, None]
    # A hair on the diagonal: separable classes drive every weight of a row to zero.
    hessian = weighted.T @ weighted + np.diag(ridge + 1e-9)
    step: FloatArray = linalg.solve(hessian, gradient, assume_a="pos")
    return step


def _damped(
    design: FloatArray, classes: FloatArray, beta: FloatArray, step: FloatArray, ridge: FloatArray, loss: float
) -> tuple[FloatArray, float, bool]:
    """The step, halved until the loss falls; done when it no longer matters."""
    for halving in range(MOST_STEPS):
        tried = beta - step * 0.5**halving
        now = _loss(design, classes, tried, ridge)
        if now <= loss:
            return tried, now, bool(np.abs(tried - beta).max() < SMALL_STEP)
    return beta, loss, True
