"""What a period is: how long its season, and over how many periods demand is remembered."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Frequency:
    """Days, weeks or months; every length is in periods.

    season: periods of a cycle. horizon, lead: how far is forecast, and the length that is
    summed, unless asked otherwise. origin_step, origins: the past moments a forecast is judged
    at. memories: half-lives of the smoothed levels; infinite is the mean of all. trends: half-life
    and damping of each trend. spread_memory: half-life of what is known of the spread.
    local: half width of the level that a period is compared with. learning: history that a
    product needs at an origin before it is learned from. new: history below which a product is
    compared with its category. cycles: fewest and most cycles a season is learned from.
    longest: periods looked back on at most.

    The lengths are judgement (2026-11); what each is worth is learned from the series, see
    blending. docs/domain/forecasting.md has the comparison.
    """

    code: str
    season: int
    horizon: int
    lead: int
    origin_step: int
    memories: tuple[float, ...]
    trends: tuple[tuple[float, float], ...]
    spread_memory: float
    local: int
    learning: int
    new: int
    cycles: tuple[int, int]
    longest: int
    origins: int = 8


DAILY = Frequency(
    code="D",
    season=7,
    horizon=28,
    lead=8,
    origin_step=7,
    memories=(4, 7, 14, 28, 56, 112, np.inf),
    trends=((28, 0.95), (56, 0.97), (112, 0.98)),
    spread_memory=112,
    local=56,
    learning=28,
    new=56,
    cycles=(3, 26),
    longest=1096,
)
WEEKLY = Frequency(
    code="W",
    season=52,
    horizon=4,
    lead=2,
    origin_step=1,
    memories=(1, 2, 4, 8, 16, 32, np.inf),
    trends=((8, 0.9), (16, 0.9), (32, 0.95)),
    spread_memory=28,
    local=13,
    learning=8,
    new=8,
    cycles=(2, 5),
    longest=313,
)
MONTHLY = Frequency(
    code="M",
    season=12,
    horizon=3,
    lead=2,
    origin_step=1,
    memories=(1, 2, 4, 8, 16, np.inf),
    trends=((4, 0.8), (8, 0.9), (16, 0.9)),
    spread_memory=14,
    local=8,
    learning=6,
    new=4,
    cycles=(2, 6),
    longest=180,
)
FREQUENCIES = {frequency.code: frequency for frequency in (DAILY, WEEKLY, MONTHLY)}
