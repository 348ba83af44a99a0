"""Demand classes after Syntetos, Boylan and Croston."""

import numpy as np

from inventory.arrays import FloatArray, StrArray
from inventory.choices import DemandClass
from inventory.forecasting.demand import Demand

# Cut-offs between smooth and intermittent, and between steady and varying sizes.
# Source: Syntetos, Boylan and Croston (2005), J. Oper. Res. Soc. 56, with the CV² of the sizes.
ADI_CUT = 1.32
CV2_CUT = 0.49
# Less history than this says too little; as long without demand, nothing is asked for any more.
NEW_DAYS = 56
OBSOLETE_DAYS = 180


def intervals_and_variation(demand: Demand) -> tuple[FloatArray, FloatArray]:
    """Return ADI and CV² per product, (products,) each.

    ADI = days / days with demand, infinite without any. CV² = population variance / mean² of
    the sizes on days with demand; 0 without any.
    """
    sold = demand.units > 0
    counts = sold.sum(axis=0)
    sizes = np.maximum(counts, 1)
    mean = demand.units.sum(axis=0) / sizes
    # Without a matrix of squares, which would be as large as all demand.
    variance = np.einsum("dp,dp->p", demand.units, demand.units) / sizes - mean**2
    adi = np.full(counts.shape, np.inf)
    np.divide(demand.available_days, counts, out=adi, where=counts > 0)
    cv2 = np.zeros(counts.shape)
    np.divide(np.maximum(variance, 0), mean**2, out=cv2, where=mean > 0)
    return adi, cv2


def demand_classes(demand: Demand) -> StrArray:
    """Return the DemandClass value per product, (products,).

    `new` with less than 56 days of history, `obsolete` without demand in 180 days; else by
    ADI and CV². A matrix shorter than 180 days cannot tell obsolete and does not.
    """
    adi, cv2 = intervals_and_variation(demand)
    frequent, steady = adi < ADI_CUT, cv2 < CV2_CUT
    silent = (demand.newest(OBSOLETE_DAYS) <= 0).all(axis=0)
    return np.select(
        [
            demand.history_days < NEW_DAYS,
            silent & (demand.history_days >= OBSOLETE_DAYS) & (demand.days >= OBSOLETE_DAYS),
            frequent & steady,
            frequent,
            steady,
        ],
        [
            DemandClass.NEW.value,
            DemandClass.OBSOLETE.value,
            DemandClass.SMOOTH.value,
            DemandClass.ERRATIC.value,
            DemandClass.INTERMITTENT.value,
        ],
        default=DemandClass.LUMPY.value,
    )
