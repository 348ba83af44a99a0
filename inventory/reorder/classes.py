"""ABC by what products earn, XYZ by how well they can be forecast."""

import numpy as np

from inventory.arrays import BoolArray, FloatArray, StrArray
from inventory.choices import AbcClass, XyzClass

# Cumulative share of yearly gross margin. Domain 9.
A_SHARE, B_SHARE = 0.80, 0.95
# WAPE over the protection interval. Domain 9.
X_WAPE, Y_WAPE = 0.25, 0.6
# A product leaves its class only when it is this far beyond the line.
HYSTERESIS = 0.10


def abc_classes(margin: FloatArray, current: StrArray | None = None) -> StrArray:
    """Return the AbcClass value per product from its gross margin of 365 days, money.

    By falling margin, A until 80 % of the total is reached, B until 95 %; the item that crosses
    a line belongs to the upper class. What earns nothing is C. current: classes as they are,
    when there are any: a line is further away for a product on its near side, by 10 % of the
    share that lies beyond it (80 becomes 82 and 78, 95 becomes 95.5 and 94.5).
    """
    earned = np.maximum(0.0, margin)
    order = np.argsort(-earned, kind="stable")
    before = np.zeros_like(earned)
    before[order] = np.cumsum(earned[order]) - earned[order]
    share_before = before / max(float(earned.sum()), np.finfo(float).tiny)
    is_a = None if current is None else current == AbcClass.A.value
    is_ab = None if current is None else current != AbcClass.C.value
    return np.select(
        [
            earned <= 0,
            share_before < _share_line(A_SHARE, is_a),
            share_before < _share_line(B_SHARE, is_ab),
        ],
        [AbcClass.C.value, AbcClass.A.value, AbcClass.B.value],
        default=AbcClass.C.value,
    )


def xyz_classes(wape: FloatArray, current: StrArray) -> StrArray:
    """Return the XyzClass value per product from its WAPE, 0 or more.

    X up to 0.25, Y up to 0.6, Z above or where WAPE is not known. current: classes as they are;
    a line counts as 10 % further away for a product on its near side.
    """
    better_than_y = wape <= _line(X_WAPE, current == XyzClass.X)
    better_than_z = wape <= _line(Y_WAPE, current != XyzClass.Z)
    return np.select(
        [np.isnan(wape), better_than_y, better_than_z],
        [XyzClass.Z.value, XyzClass.X.value, XyzClass.Y.value],
        default=XyzClass.Z.value,
    )


def _share_line(share: float, is_above: BoolArray | None) -> FloatArray | float:
    if is_above is None:
        return share
    slack = HYSTERESIS * (1 - share)
    return np.where(is_above, share + slack, share - slack)


def _line(wape: float, is_inside: BoolArray) -> FloatArray:
    return np.where(is_inside, wape * (1 + HYSTERESIS), wape * (1 - HYSTERESIS))
