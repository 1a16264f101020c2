"""Logistic regression with a ridge penalty, by L-BFGS.

See docs/methods/domain_classifier.md.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import optimize, special

from assay.stats.arrays import FloatArray

MOST_STEPS = 500
# Per row.
SMALL_GRADIENT = 1e-9


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
        # Steps of Newton would need a matrix of inputs by inputs for each: ten times the work at 400 inputs.
        found = optimize.minimize(
            _loss,
            np.zeros(design.shape[1]),
            (design, classes, ridge),
            method="L-BFGS-B",
            jac=True,
            options={"maxiter": MOST_STEPS, "maxcor": 20, "ftol": 0.0, "gtol": SMALL_GRADIENT * inputs.shape[0]},
        )
        return cls(found.x[1:], float(found.x[0]))

    def scores(self, inputs: FloatArray) -> FloatArray:
        """Log odds of class 1, shape (n,)."""
        return inputs @ self.weights + self.constant


def _loss(beta: FloatArray, design: FloatArray, classes: FloatArray, ridge: FloatArray) -> tuple[float, FloatArray]:
    """Penalised loss and its gradient."""
    scores = design @ beta
    loss = float(np.logaddexp(0.0, scores).sum() - classes @ scores + 0.5 * (ridge * beta * beta).sum())
    gradient: FloatArray = design.T @ (special.expit(scores) - classes) + ridge * beta
    return loss, gradient
