"""Names for the arrays that calculations take and give; the docstrings say what the axes are."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
StrArray = NDArray[np.str_]


def sums_by(groups: IntArray, values: FloatArray, *, size: int) -> FloatArray:
    """Return the sum of `values` in each group 0 … size − 1, (size,)."""
    return np.bincount(groups, weights=values, minlength=size).astype(np.float64)
