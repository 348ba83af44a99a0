"""Fraud signals F1 to F19: arrays in, arrays out.

A signal is 0 (nothing to see) to 1, worked out as of the sale: from rows with an earlier
timestamp and labels known before it. One line of code works for one sale and for a million.
`docs/domain/fraud.md` holds the formulas with their sources; slopes and caps are this project's
own (judgement, 2026-11).
"""

from itertools import pairwise

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
# F5: how long an account is new, and the shares of a category's lines whose amounts are kept.
NEW_ACCOUNT_DAYS = 7.0
UPPER_SHARES = (0.8, 0.9, 0.95, 0.999)
# F6 and F7.
HOURS = 24
HABIT_PRIOR_ORDERS = 20.0
ORDERS_TO_KNOW_A_TASTE = 5
# F11.
QUANTITY_PRIOR = 20.0
# F12.
DORMANT_DAYS = 90.0
# F13: of a limit, where "just under" begins.
JUST_UNDER = 0.95
# F14: z of a two-sided interval of 95 %.
Z_95 = 1.959963984540054
# F15: paid over list price below which it is an override.
OVERRIDE_BELOW = 0.6
# F16.
DISPOSABLE_DOMAIN = 0.7
ACCOUNTS_OF_A_BURST = 4
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


def new_account_signal(age_days: Floats, amount: Floats, upper: Floats) -> Floats:
    """F5, new account and high value: clip(percentile − 0.8, 0, 0.2)/0.2 below 7 days of age.

    age_days: of the account, NaN when unknown. upper: (n, 4) amounts that 80, 90, 95 and 99.9 %
    of the category's lines do not exceed, NaN when unknown; between them the percentile is linear
    in ln(1 + a), above the last it is 1.
    """
    known = ~np.isnan(upper).any(axis=1) & (age_days >= 0) & (age_days < NEW_ACCOUNT_DAYS)
    knots = np.log1p(np.where(known[:, None], upper, 0.0))
    log_amount = np.log1p(amount)
    share = np.where(log_amount >= knots[:, 0], UPPER_SHARES[0], 0.0)
    for step, (begin, end) in enumerate(pairwise(UPPER_SHARES)):
        width = knots[:, step + 1] - knots[:, step]
        way = (log_amount - knots[:, step]) / np.where(width > 0, width, 1.0)
        above = (log_amount >= knots[:, step]) & (width > 0)
        share = np.where(above, begin + (end - begin) * np.minimum(way, 1.0), share)
    share = np.where(log_amount > knots[:, -1], 1.0, share)
    signal = np.clip(share - UPPER_SHARES[0], 0.0, 0.2) / 0.2
    return np.where(known, np.minimum(signal, 1.0), 0.0)


def hour_share(hits: Ints, orders: Ints, shop_share: Floats) -> Floats:
    """Return p̂ of F6, the chance of an order at its hour of the shop's day; NaN when unknown.

    hits: of the customer's earlier `orders`, those of this hour, smoothed by Laplace to
    (hits + 1)/(n + 24) and mixed with the shop's share by weight n/(n + 20).
    """
    own = (hits + 1) / (orders + HOURS)
    mixed = shrunk(own, orders, shop_share, HABIT_PRIOR_ORDERS)
    return np.where(np.isnan(shop_share), np.nan, mixed)


def hour_signal(share: Floats) -> Floats:
    """F6, unusual hour: clip((−ln p̂ − ln 24)/2, 0, 1); share: p̂, NaN when unknown."""
    known = np.where(np.isnan(share), 1.0, share)
    signal: Floats = np.clip((-np.log(known) - np.log(HOURS)) / 2, 0.0, 1.0)
    return signal


def taste_signal(bought: Ints, orders: Ints) -> Floats:
    """F7, new category: 1 − (times bought + 0.5)/(orders + 1), after 5 orders or more.

    bought: of the customer's earlier `orders`, those with something of the category.
    """
    share = 1 - (bought + 0.5) / (orders + 1)
    return np.where(orders >= ORDERS_TO_KNOW_A_TASTE, np.clip(share, 0.0, 1.0), 0.0)


def shared_signal(customers: Ints) -> Floats:
    """F9, shared attribute: 0 up to two customers within 24 h, else clip((k − 2)/5, 0, 1)."""
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


def limit_signal(lines: Ints) -> Floats:
    """F13, just under a limit: 1 for three lines or more within 7 days, 0.5 for two.

    lines: of the customer in [0.95·T, T) of one known limit T, the sale's own counted in; 0 when
    the sale itself is not there.
    """
    return np.where(lines >= 3, 1.0, np.where(lines == 2, 0.5, 0.0))


def wilson_lower(hits: Ints, of: Ints) -> Floats:
    """Return the lower end of Wilson's 95 % interval of a share; 0 of nothing (Wilson, 1927)."""
    n = np.maximum(of, 1)
    share, z2 = hits / n, Z_95**2
    spread = Z_95 * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    lower = (share + z2 / (2 * n) - spread) / (1 + z2 / n)
    return np.where(of > 0, np.maximum(lower, 0.0), 0.0)


def refund_signal(refunded: Ints, orders: Ints, base: Floats) -> Floats:
    """F14, refund abuse: clip(2·(Wilson's lower bound − base), 0, 1).

    refunded: of the customer's `orders` of 180 days, those with money given back by now. base:
    refunded share of the category's lines, NaN for unknown, which is 0.
    """
    return np.clip(2 * (wilson_lower(refunded, orders) - np.nan_to_num(base)), 0.0, 1.0)


def override_signal(paid_share: Floats, *, by_staff: Flags) -> Floats:
    """F15, price override: clip((0.6 − paid/list)/0.4, 0, 1) of sales that staff made.

    paid_share: what was paid over the list price of the units, NaN when unknown.
    """
    known = np.where(by_staff & ~np.isnan(paid_share), paid_share, OVERRIDE_BELOW)
    return np.clip((OVERRIDE_BELOW - known) / (1 - OVERRIDE_BELOW), 0.0, 1.0)


def email_signal(*, disposable: Flags, digits_heavy: Flags, accounts: Ints) -> Floats:
    """F16, e-mail pattern: 1 for mostly digits or 4 like accounts in 24 h, 0.7 for a throw-away.

    disposable: the domain gives addresses away; digits_heavy: more than half of what stands
    before the @ are digits; accounts: customers with like addresses, the sale's own counted in.
    """
    pattern = digits_heavy | (accounts >= ACCOUNTS_OF_A_BURST)
    return np.where(pattern, 1.0, np.where(disposable, DISPOSABLE_DOMAIN, 0.0))


def country_signal(
    *, given: Flags, seen: Flags, orders: Ints, watched: Flags | None = None
) -> Floats:
    """F17, country mismatch: 0.5 for a country not seen in 365 days by who has 3 orders or more.

    1 for a watched one. given: a country to ship to is known; orders: the customer's earlier
    orders; watched: it stands in a watch list, None without such lists.
    """
    mismatch = given & ~seen & (orders >= ORDERS_TO_KNOW_A_CUSTOMER)
    signal = np.where(mismatch, COUNTRY_MISMATCH, 0.0)
    return signal if watched is None else np.where(watched, 1.0, signal)


def tries_signal(tries: Ints) -> Floats:
    """F18, failed tries: clip((k − 1)/4, 0, 1) of k declined payments within the hour before.

    tries: by the same customer, card or device, whichever had most.
    """
    return np.clip((tries - 1) / 4, 0.0, 1.0)


def watch_signal(watched: Flags) -> Floats:
    """F19, watch lists: 1 for a sale with something that stands in one, else 0."""
    return np.where(watched, 1.0, 0.0)


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
