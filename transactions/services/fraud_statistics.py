"""The daily refresh of what scoring takes for usual."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from techmart.core.shop import shop_settings
from transactions.choices import ModelState, StatisticKind
from transactions.fraud.baselines import RATE_DAYS, TAIL, UPPER, Risk
from transactions.fraud.calendar import midnight, shop_day
from transactions.fraud.history import (
    Codes,
    DayRange,
    first_sale_at,
    load_category_of,
    load_facts,
    load_fraud_lines,
    load_fraud_orders,
)
from transactions.fraud.scoring import SUSPICIOUS_ABOVE
from transactions.fraud.shop_days import ShopDays, ShopFacts
from transactions.fraud.stored import market_key
from transactions.models import FraudModel
from transactions.services.review_capacity import review_above_of

# One refresh at a time; a second one waits and then finds the work done anew, to the same end.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('fraud_statistics'))"


@dataclass(frozen=True, slots=True)
class _Row:
    kind: StatisticKind
    key: str
    lines: int
    value: float
    spread: float | None = None
    frauds: int | None = None
    window_days: int | None = None


@transaction.atomic
def refresh_fraud_statistics(*, now: datetime) -> int:
    """Make the statistics anew, as of the start of the shop day of `now`; return how many.

    Reads at most the last 90 days of sales, so that its cost does not follow history. Sales are
    scored by the old ones until this commits.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    day = shop_day(now, zone)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    opened_at = first_sale_at()
    opened_day = min(day, shop_day(opened_at, zone)) if opened_at else day
    codes = Codes()
    facts = _facts(DayRange(day, day, zone), codes)
    shop = ShopDays(
        facts, first_day=day, last_day=day, opened_day=opened_day, markets=len(codes.markets)
    )
    shop.move_to(day)
    rows = [
        *_amounts(shop, codes),
        *_quantities(shop, facts, codes),
        *_market_rates(shop, codes),
        *_habits(shop, codes),
        *_risks(shop, codes),
        _review_threshold(day, opened_day, zone),
    ]
    _replace(rows, date.fromordinal(day))
    return len(rows)


def _facts(days: DayRange, codes: Codes) -> ShopFacts:
    known = codes.categories
    category_of = {
        product: known.setdefault(category, len(known))
        for product, category in load_category_of().items()
    }
    frauds = load_fraud_lines(days, load_fraud_orders(days), codes)
    return load_facts(days, codes=codes, category_of=category_of, frauds=frauds)


def _amounts(shop: ShopDays, codes: Codes) -> Iterator[_Row]:
    median, mad, lines = shop.shop_amount()
    if lines:
        yield _Row(StatisticKind.SHOP_AMOUNT, "", lines, median, mad)
    for kind, shares in ((StatisticKind.SHOP_TAIL, TAIL), (StatisticKind.SHOP_UPPER, UPPER)):
        low, high, lines = shop.shop_amounts(shares)
        if lines:
            yield _Row(kind, "", lines, low, high)
    categories = np.arange(len(codes.categories))
    for kind, measured in (
        (StatisticKind.CATEGORY_AMOUNT, shop.category_amount(categories)),
        (StatisticKind.CATEGORY_TAIL, shop.category_amounts(categories, TAIL)),
        (StatisticKind.CATEGORY_UPPER, shop.category_amounts(categories, UPPER)),
    ):
        for category, value, spread, own_lines in zip(codes.categories, *measured, strict=True):
            if own_lines:
                yield _Row(kind, category, int(own_lines), float(value), float(spread))


def _quantities(shop: ShopDays, facts: ShopFacts, codes: Codes) -> Iterator[_Row]:
    q99, lines = shop.shop_quantity()
    if lines:
        yield _Row(StatisticKind.SHOP_QUANTITY, "", lines, q99)
    categories = np.arange(len(codes.categories))
    products = np.unique(facts.quantity.key)
    for kind, keys, measured in (
        (StatisticKind.CATEGORY_QUANTITY, codes.categories, shop.category_quantity(categories)),
        (StatisticKind.PRODUCT_QUANTITY, products.tolist(), shop.product_quantity(products)),
    ):
        for key, own_q99, own_lines in zip(keys, *measured, strict=True):
            if own_lines:
                yield _Row(kind, str(key), int(own_lines), float(own_q99))


def _market_rates(shop: ShopDays, codes: Codes) -> Iterator[_Row]:
    for (country, channel), rate, orders in zip(codes.markets, *shop.market_rates(), strict=True):
        if orders:
            key = market_key(country, channel)
            yield _Row(StatisticKind.MARKET_RATE, key, int(orders), float(rate))


def _habits(shop: ShopDays, codes: Codes) -> Iterator[_Row]:
    shares, lines = shop.hours()
    if lines.any():
        for hour, (share, own_lines) in enumerate(zip(shares, lines, strict=True)):
            yield _Row(StatisticKind.SHOP_HOUR, str(hour), int(own_lines), float(share))
    bases, lines = shop.refund_base(np.arange(len(codes.categories)))
    for category, base, own_lines in zip(codes.categories, bases, lines, strict=True):
        if own_lines:
            yield _Row(StatisticKind.CATEGORY_REFUNDS, category, int(own_lines), float(base))
    share, lines_sold = shop.refunded_share()
    if lines_sold:
        yield _Row(StatisticKind.SHOP_REFUNDS, "", lines_sold, share)


def _risks(shop: ShopDays, codes: Codes) -> Iterator[_Row]:
    risks = shop.risks()
    countries, channels = list(codes.countries), list(codes.channels)
    yield from _risk(StatisticKind.PRODUCT_RISK, risks.product, map(str, risks.product.values))
    yield from _risk(
        StatisticKind.COUNTRY_RISK, risks.country, (countries[i] for i in risks.country.values)
    )
    yield from _risk(
        StatisticKind.CHANNEL_RISK, risks.channel, (channels[i] for i in risks.channel.values)
    )


def _risk(kind: StatisticKind, risk: Risk, keys: Iterable[str]) -> Iterator[_Row]:
    columns = zip(keys, risk.lines, risk.ratio, risk.frauds, risk.window_days, strict=True)
    for key, lines, ratio, frauds, window_days in columns:
        yield _Row(
            kind,
            key,
            int(lines),
            float(ratio),
            frauds=int(frauds),
            window_days=int(window_days),
        )


# Cases are orders; the one past capacity, were the riskiest taken first.
_FIRST_TOO_MANY = """
SELECT max(fraud_score) AS score FROM transactions
WHERE is_suspicious AND fraud_score > %s AND timestamp >= %s AND timestamp < %s
GROUP BY order_ref ORDER BY score DESC OFFSET %s LIMIT 1
"""


def _review_threshold(day: int, opened_day: int, zone: ZoneInfo) -> _Row:
    """Return the least score, 0.5 or above, that kept reviews a day within capacity of late.

    Of late the scores may have been another model's: then the one in place says what it would
    have held.
    """
    observed = min(max(day - opened_day, 1), RATE_DAYS)
    window = [midnight(day - observed, zone), midnight(day, zone)]
    capacity = shop_settings().review_capacity_per_day * observed
    champion = FraudModel.objects.filter(state=ModelState.CHAMPION).first()
    measured = review_above_of(champion)
    if measured is not None:
        return _Row(StatisticKind.REVIEW_THRESHOLD, "", capacity, measured)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_TOO_MANY, [SUSPICIOUS_ABOVE, *window, capacity])
        first_too_many = cursor.fetchone()
    value = first_too_many[0] if first_too_many else SUSPICIOUS_ABOVE
    return _Row(StatisticKind.REVIEW_THRESHOLD, "", capacity, value)


def _replace(rows: Iterable[_Row], as_of: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM fraud_statistics")
        with cursor.copy(
            "COPY fraud_statistics"
            " (kind, key, as_of_date, lines, value, spread, frauds, window_days) FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row(
                    (
                        row.kind.value,
                        row.key,
                        as_of,
                        row.lines,
                        row.value,
                        row.spread,
                        row.frauds,
                        row.window_days,
                    )
                )
