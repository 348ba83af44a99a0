"""Fraud signals F1 to F4, F8 to F12 and F17: arrays in, arrays out.

A signal is 0 (nothing to see) to 1, worked out as of the sale: from rows with an earlier
timestamp and labels known before it. One line of code works for one sale and for a million.
`docs/domain/fraud.md` holds the formulas with their sources; slopes and caps are this project's
own (judgement, 2026-11).
"""

import numpy as np

from transactions.fraud.frame import Flags, Floats, Ints
from transactions.fraud.poisson import poisson_tail

# F1: weight of the category against n own amounts is AMOUNT_PRIOR / (n + AMOUNT_PRIOR).
AMOUNT_PRIOR = 5.0
# Scales a median absolute deviation to the standard deviation of a normal distribution.
MAD_TO_SD = 1.4826
LEAST_SPREAD = 0.25
# F3: windows in days, and the least orders a day anyone is taken to place.
VELOCITY_WINDOWS_DAYS = (10 / 1440, 1 / 24, 1.0)
LEAST_RATE_A_DAY = 0.02
RATE_PRIOR = 5.0
# F8.
TWIN_SURE_SECONDS = 120.0
TWIN_LIKELY_SECONDS = 600.0
# F11.
QUANTITY_PRIOR = 20.0
# F12.
DORMANT_DAYS = 90.0
# F17.
ORDERS_TO_KNOW_A_CUSTOMER = 3
COUNTRY_MISMATCH = 0.5


def shrunk(own: Floats, n: Ints, prior: Floats, weight: float) -> Floats:
    """Return (n·own + weight·prior) / (n + weight): few observations lean on the prior.

    own may be NaN where n is 0, prior NaN where there is none: then own stands alone.
    """
    pooled = (n * np.where(n > 0, own, 0.0) + weight * prior) / (n + weight)
    return np.where(np.isnan(prior), own, pooled)


def amount_deviation(
    log_amount: Floats,
    *,
    own_median: Floats,
    own_mad: Floats,
    own_lines: Ints,
    category_median: Floats,
    category_mad: Floats,
) -> Floats:
    """Return z = (ln(1+a) − m) / max(1.4826·MAD, 0.25) of F1, in standard deviations.

    m and MAD are of ln(1 + amount) over the customer's last 50 lines (own_lines of them, NaN
    where 0), shrunk to the category with weight 5 / (n + 5). Without a category they need five
    lines; z is 0 where nothing is known.
    """
    median = shrunk(own_median, own_lines, category_median, AMOUNT_PRIOR)
    mad = shrunk(own_mad, own_lines, category_mad, AMOUNT_PRIOR)
    known = ~np.isnan(category_median) | (own_lines >= AMOUNT_PRIOR)
    z = (log_amount - median) / np.maximum(MAD_TO_SD * mad, LEAST_SPREAD)
    return np.where(known, z, 0.0)


def amount_signal(z: Floats) -> Floats:
    """F1, amount against own history: clip((z − 2)/4, 0, 1)."""
    return np.clip((z - 2) / 4, 0.0, 1.0)


def dear_signal(amount: Floats, *, q95: Floats, q999: Floats) -> Floats:
    """F2, amount against its category: 0 at q95, 1 at q99.9, linear in ln a.

    q95, q999: quantiles of the category's amounts a line, NaN when unknown.
    """
    known = (amount > 0) & (q95 > 0) & (q999 > q95)
    low, high = np.log(np.where(known, q95, 1.0)), np.log(np.where(known, q999, np.e))
    share = (np.log(np.where(known, amount, 1.0)) - low) / (high - low)
    return np.where(known, np.clip(share, 0.0, 1.0), 0.0)


def day_value_signal(day_cents: Ints, own_day_cents: Ints) -> Floats:
    """F4, value within 24 h: clip((ratio − 1)/3, 0, 1).

    day_cents: of the 24 hours that end with the sale, it included. own_day_cents: the largest sum
    of a day among the customer's last 50 lines before them, which of so few days is their q99;
    0 when there are too few to say.
    """
    ratio = day_cents / np.maximum(own_day_cents, 1)
    return np.where(own_day_cents > 0, np.clip((ratio - 1) / 3, 0.0, 1.0), 0.0)


def shared_signal(customers: Ints) -> Floats:
    """F9, shared device: 0 up to two customers within 24 h, else clip((k − 2)/5, 0, 1)."""
    return np.clip((customers - 2) / 5, 0.0, 1.0)


def dormant_signal(gap_days: Floats, *, amount: Floats, own_median: Floats) -> Floats:
    """F12, dormant then large: clip(gap/365, 0, 1) after more than 90 days for over 2× the median.

    gap_days: since the customer's line before, NaN for none. own_median: of ln(1 + amount) over
    his last 50 lines, NaN for none.
    """
    large = np.log1p(amount) > np.log1p(2 * np.expm1(own_median))
    dormant = (gap_days > DORMANT_DAYS) & large
    return np.where(dormant, np.clip(np.nan_to_num(gap_days) / 365, 0.0, 1.0), 0.0)


def customer_rate_a_day(*, orders: Ints, days: Floats, market_rate_a_day: Floats) -> Floats:
    """Return the orders a day to expect of each customer, λ of F3; at least 0.02.

    orders: his orders in the sample before the last 24 h; days: from the first of them to the
    end of the sample. The first order starts the clock, so orders − 1 fell into `days`. Shrunk
    to the market (NaN: unknown) with weight 5 / (orders − 1 + 5).
    """
    gaps = np.maximum(orders - 1, 0)
    own = gaps / np.maximum(days, 1 / 1440)
    market = np.where(np.isnan(market_rate_a_day), LEAST_RATE_A_DAY, market_rate_a_day)
    return np.maximum(shrunk(own, gaps, market, RATE_PRIOR), LEAST_RATE_A_DAY)


def velocity_chances(orders: Ints, rate_a_day: Floats) -> Floats:
    """Return P(Poisson(λ·w) ≥ k) for each window, shape (n, 3), as F3 needs it.

    orders: (n, 3) earlier orders k within 10 min, 1 h, 24 h; a basket is one order.
    """
    return poisson_tail(orders, rate_a_day[:, None] * np.array(VELOCITY_WINDOWS_DAYS))


def velocity_signal(chances: Floats) -> Floats:
    """F3, too many orders: clip(−log10 p / 6, 0, 1), the largest over the windows."""
    least = np.maximum(chances.min(axis=1), 1e-300)
    # + 0.0 turns the −0.0 of a chance of 1 into 0.
    signal: Floats = np.clip(-np.log10(least) / 6, 0.0, 1.0) + 0.0
    return signal


def twin_signal(seconds: Floats) -> Floats:
    """F8, near duplicate: 1 within 120 s, 0.5 within 10 min of the same purchase.

    seconds: since the same customer bought the same product for the same amount under another
    reference; inf when he never did.
    """
    sure = np.where(seconds <= TWIN_SURE_SECONDS, 1.0, 0.5)
    return np.where(seconds <= TWIN_LIKELY_SECONDS, sure, 0.0)


def risk_signal(ratio: Floats) -> Floats:
    """F10, risk of product, country, channel: clip((ratio − 1)/9, 0, 1).

    ratio: smoothed fraud rate of the worst of them over the shop's rate; 1 when nothing is known.
    """
    return np.clip((ratio - 1) / 9, 0.0, 1.0)


def quantity_signal(quantity: Ints, q99: Floats) -> Floats:
    """F11, quantity: clip((q/q99 − 1)/4, 0, 1).

    q99: the 99 % quantile of the product's quantities a line, NaN when unknown.
    """
    known = np.where(np.isnan(q99), np.inf, q99)
    return np.clip((quantity / known - 1) / 4, 0.0, 1.0)


def country_signal(*, given: Flags, seen: Flags, orders: Ints) -> Floats:
    """F17, country mismatch: 0.5 for a country not seen in 365 days by who has 3 orders or more.

    given: a country to ship to is known; orders: the customer's earlier orders.
    """
    mismatch = given & ~seen & (orders >= ORDERS_TO_KNOW_A_CUSTOMER)
    return np.where(mismatch, COUNTRY_MISMATCH, 0.0)


def ratio_to_genuine(cents: Ints, genuine_lines: Ints, genuine_cents: Ints) -> Floats:
    """Return an amount over the mean of the customer's known genuine ones and itself.

    a·(n + 1)/(Σ + a), 0 to n + 1. The amount counts once among the n, so that without history
    nothing is unusual (1) and little history cannot say much. 0 for an amount of 0.
    """
    whole = genuine_cents + cents
    return np.where(cents > 0, cents * (genuine_lines + 1) / np.maximum(whole, 1), 0.0)


def run_signals(*, age_days: Floats, unexplained: Floats, frauds: Ints) -> tuple[Floats, Floats]:
    """Return, for a device's run of one fraud, how unexplained it is, and the age of a longer run.

    Share of 0.05 to 1, and days since the first fraud; NaN where there is no such run.
    """
    return np.where(frauds == 1, unexplained, np.nan), np.where(frauds > 1, age_days, np.nan)


def unexplained_share(log_odds: Floats) -> Floats:
    """Return the share of a fraud's odds that would be there without its amount, e^−c.

    log_odds: c ≥ 0, what the amount adds to the score's log-odds. 1 when it adds nothing.
    """
    share: Floats = np.exp(-log_odds)
    return share
