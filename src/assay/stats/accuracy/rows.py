"""Which rows count: those with a weight above zero and with numbers that can be used."""

import numpy as np
import numpy.typing as npt

from assay.stats.arrays import BoolArray, FloatArray


def counted(usable: BoolArray, weights: npt.ArrayLike | None) -> tuple[BoolArray, FloatArray, int]:
    """The rows that count, their weights, and how many rows of positive weight had to be left out.

    Parameters
    ----------
    usable : bool array, shape (n,)
        Rows whose numbers are all there and finite.
    weights : float array, shape (n,), optional
        Weight of each row; one each when left out. A row whose weight is zero does not exist.

    Returns
    -------
    (bool array of shape (n,), float array of shape (n_counted,), int)

    Examples
    --------
    >>> keep, weighing, excluded = counted(np.array([True, False, True]), np.array([2.0, 1.0, 0.0]))
    >>> keep.tolist(), weighing.tolist(), excluded
    ([True, False, False], [2.0], 1)
    """
    if weights is None:
        kept = int(np.count_nonzero(usable))
        return usable, np.ones(kept), usable.size - kept
    weighing = np.asarray(weights, dtype=np.float64)
    exists = weighing > 0
    keep = exists & usable
    return keep, weighing[keep], int(np.count_nonzero(exists & ~usable))
