"""How reliably a supplier delivers, and how sure that is. Domain 3.6."""

from dataclasses import dataclass

# Before any delivery: 8 of 10 on time and in full.
PRIOR_SHARE, PRIOR_RECEIPTS = 0.8, 10
# A receipt of so many days ago counts half as much.
HALF_LIFE_DAYS = 180
_TAIL = 0.05


@dataclass(frozen=True, slots=True)
class Reliability:
    """Share of deliveries on time and in full with its 90 % interval, 0 to 1 each."""

    share: float
    low: float
    high: float


def reliability_share(good_weight: float, weight: float) -> float:
    """Return (8 + Σ wᵢ·OTIFᵢ)/(10 + Σ wᵢ), 0 to 1.

    weight, good_weight: Σ wᵢ over all receipts and over those on time and in full, with
    wᵢ = 0.5^(age in days/180).
    """
    return (PRIOR_SHARE * PRIOR_RECEIPTS + good_weight) / (PRIOR_RECEIPTS + weight)


def reliability(good_weight: float, weight: float) -> Reliability:
    """Return the share with the 90 % interval of the Beta distribution that it is the mean of.

    Arguments as of reliability_share.
    """
    # Loaded here: servers start without it.
    from scipy.special import betaincinv

    good = PRIOR_SHARE * PRIOR_RECEIPTS + good_weight
    bad = (1 - PRIOR_SHARE) * PRIOR_RECEIPTS + weight - good_weight
    return Reliability(
        share=reliability_share(good_weight, weight),
        low=float(betaincinv(good, bad, _TAIL)),
        high=float(betaincinv(good, bad, 1 - _TAIL)),
    )
