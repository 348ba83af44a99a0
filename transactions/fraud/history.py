"""What scoring reads from the database: a few indexed queries, whose cost is not history's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from techmart.lib.prepared import prepared_cursor
from transactions.choices import StatisticKind
from transactions.fraud.baselines import LABEL_DELAY_DAYS, RATE_DAYS, RISK_WINDOWS_DAYS, USUAL_DAYS
from transactions.fraud.calendar import midnight, moment_of, shop_day
from transactions.fraud.frame import (
    ANONYMOUS,
    DAY_US,
    NEVER_US,
    Ints,
    PastLines,
    SalesFrame,
    text_column,
)
from transactions.fraud.labels import Label, fraud_spells
from transactions.fraud.shop_days import (
    FOREVER,
    Counted,
    FraudLines,
    RefundLines,
    ShopFacts,
    Visits,
)
from transactions.fraud.signals import ORDERS_TO_KNOW_A_CUSTOMER
from transactions.fraud.timelines import HISTORY_LINES
from transactions.fraud.watch import LIVE_SPELLS, SPELL_PREFIX, ListSpell
from transactions.fraud.windows import COUNTRY_MEMORY_DAYS

# Lines of a call, up to which what scoring reads is asked by prepared statements.
FEW_LINES = 20
# When money given back for a sale was first known of: a late import tells of earlier refunds.
FIRST_REFUND = """
SELECT min(greatest(a.booked_at, a.recorded_at)) FROM adjustments a
WHERE a.transaction_id = t.id AND a.kind = 'refund'
"""
_COLUMNS = f"""
    (extract(epoch FROM t.timestamp) * 1000000)::bigint AS timestamp_us, t.id, t.order_ref,
    t.customer_id, t.product_id, (t.total_amount * 100)::bigint AS cents, t.ship_country,
    (SELECT p.category FROM products p WHERE p.id = t.product_id) AS category,
    (extract(epoch FROM t.declined_at) * 1000000)::bigint AS declined_us,
    CASE WHEN t.refunded_amount > 0 THEN (extract(
        epoch FROM ({FIRST_REFUND} AND a.recorded_at <= %(as_of)s)
    ) * 1000000)::bigint END AS refunded_us
"""
# The last 50 lines before the 24 hours that come before the first line, all lines from then on,
# and the last line shipped to each country asked for. UNION drops a line found twice.
_PAST = f"""
SELECT found.* FROM unnest(%(customers)s::bigint[]) AS asked (customer_id)
CROSS JOIN LATERAL (
    (SELECT {_COLUMNS} FROM transactions t
     WHERE t.customer_id = asked.customer_id AND t.timestamp < %(day_before)s
         AND t.recorded_at <= %(as_of)s
     ORDER BY t.timestamp DESC, t.id DESC LIMIT {HISTORY_LINES})
    UNION ALL
    (SELECT {_COLUMNS} FROM transactions t
     WHERE t.customer_id = asked.customer_id AND t.timestamp >= %(day_before)s
         AND t.timestamp < %(last)s AND t.recorded_at <= %(as_of)s)
) AS found
UNION
SELECT found.* FROM unnest(%(shipped_by)s::bigint[], %(shipped_to)s::text[])
    AS asked (customer_id, country)
CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM transactions t
    WHERE t.customer_id = asked.customer_id AND t.ship_country = asked.country
        AND t.ship_country <> '' AND t.timestamp < %(first)s AND t.recorded_at <= %(as_of)s
    ORDER BY t.timestamp DESC, t.id DESC LIMIT 1
) AS found
"""
_FIRST_LINES = f"""
SELECT DISTINCT ON (t.customer_id, t.order_ref) {_COLUMNS} FROM transactions t
WHERE t.customer_id = ANY(%(customers)s) AND t.timestamp < %(first)s
    AND t.recorded_at <= %(as_of)s
ORDER BY t.customer_id, t.order_ref, t.timestamp, t.id
"""


def load_past(lines: SalesFrame, *, as_of: datetime, recorded: bool = False) -> PastLines:
    """Return the earlier lines that the windows of these lines can reach.

    as_of: what was recorded later is not seen. recorded: the lines are recorded themselves, all
    there are of these customers from the first on; they are not their own past.
    """
    named = lines.customer_id != ANONYMOUS
    customers = np.unique(lines.customer_id[named]).tolist()
    if not customers:
        return _past({})
    pairs = _shipments(lines)
    first, last = int(lines.timestamp_us[0]), int(lines.timestamp_us[-1])
    parameters = {
        "customers": customers,
        "shipped_by": [customer for customer, _ in pairs],
        "shipped_to": [country for _, country in pairs],
        "day_before": moment_of(first - DAY_US),
        "first": moment_of(first),
        "last": moment_of(first if recorded else last),
        "as_of": as_of,
    }
    # Whoever scores many lines asks seldom, and for more customers than one plan is made for.
    read = _rows if len(lines) > FEW_LINES else _prepared_rows
    found = {row[1]: row for row in read(_PAST, parameters)}
    unknown = _orders_unknown(found.values(), pairs, first=first, last=last)
    if unknown:
        asked = {"customers": unknown, "first": moment_of(first), "as_of": as_of}
        rows = _rows(_FIRST_LINES, asked)
        found |= {row[1]: row for row in rows}
    return _past(found)


def _shipments(lines: SalesFrame) -> list[tuple[int, str]]:
    pairs = zip(lines.customer_id.tolist(), lines.ship_country.tolist(), strict=True)
    return sorted({(customer, country) for customer, country in pairs if customer and country})


def _orders_unknown(
    rows: Iterable[tuple[Any, ...]], pairs: Sequence[tuple[int, str]], *, first: int, last: int
) -> list[int]:
    """Customers shipped to a new country whose lines read so far do not tell 3 orders from fewer.

    Large baskets fill the last 50 lines with one or two orders.
    """
    seen: set[tuple[int, str]] = set()
    counts: dict[int, int] = {}
    orders: dict[int, set[str]] = {}
    for timestamp, _, order, customer, _, _, country, *_ in rows:
        if timestamp >= last - COUNTRY_MEMORY_DAYS * DAY_US:
            seen.add((customer, country))
        if timestamp < first:
            counts[customer] = counts.get(customer, 0) + 1
            orders.setdefault(customer, set()).add(order)
    return sorted(
        {
            customer
            for customer, country in pairs
            if (customer, country) not in seen
            and counts.get(customer, 0) >= HISTORY_LINES
            # One of them may be the order that is being scored.
            and len(orders[customer]) <= ORDERS_TO_KNOW_A_CUSTOMER
        }
    )


def _past(found: dict[int, tuple[Any, ...]]) -> PastLines:
    rows = sorted(found.values(), key=lambda row: row[:2])
    columns = list(zip(*rows, strict=True)) if rows else [()] * 10
    timestamp, _, order, customer, product, cents, country, category, *moments = columns
    declined, refunded = (
        np.array([NEVER_US if at is None else at for at in column], np.int64) for column in moments
    )
    return PastLines(
        timestamp_us=np.array(timestamp, np.int64),
        order_ref=text_column(order),
        customer_id=np.array(customer, np.int64),
        product_id=np.array(product, np.int64),
        amount_cents=np.array(cents, np.int64),
        ship_country=text_column(country),
        category=text_column(category),
        declined_us=declined,
        refunded_us=refunded,
    )


@dataclass(frozen=True, slots=True)
class Statistic:
    """A row of fraud_statistics, without its key."""

    lines: int
    value: float
    spread: float | None
    frauds: int | None
    window_days: int | None


# With it the key of the model that scores, which every sale needs as well.
CHAMPION = ("champion", "")
_STATISTICS = """
SELECT 'champion', '', 0, m.id, NULL, NULL, NULL FROM fraud_models m WHERE m.state = 'champion'
UNION ALL
SELECT s.kind, s.key, s.lines, s.value, s.spread, s.frauds, s.window_days
FROM fraud_statistics s
JOIN unnest(%s::text[], %s::text[]) AS asked (kind, key)
    ON s.kind = asked.kind AND s.key = asked.key
"""


def load_statistics(
    asked: Iterable[tuple[StatisticKind, str]],
    watched: Iterable[tuple[str, str]] = (),
) -> tuple[dict[tuple[str, str], Statistic], list[ListSpell]]:
    """Return the stored statistics there are of these; under CHAMPION the champion's key.

    watched: kinds of lists and values that may stand in a watch list; with them what does, and
    the limits that are known. One query.
    """
    pairs = sorted({(kind.value, key) for kind, key in asked})
    values = sorted(set(watched))
    rows = _prepared_rows(
        f"{_STATISTICS} UNION ALL {LIVE_SPELLS}",
        [
            [k for k, _ in pairs],
            [v for _, v in pairs],
            [k for k, _ in values],
            [v for _, v in values],
        ],
    )
    statistics: dict[tuple[str, str], Statistic] = {}
    spells: list[ListSpell] = []
    for kind, key, lines, value, spread, frauds, window_days in rows:
        if kind.startswith(SPELL_PREFIX):
            spells.append(ListSpell.of_row(kind, key, lines, frauds))
        else:
            statistics[kind, key] = Statistic(lines, value, spread, frauds, window_days)
    return statistics, spells


class Codes:
    """Small numbers for texts, the same wherever they come from."""

    def __init__(self) -> None:
        self.categories: dict[str, int] = {}
        self.markets: dict[tuple[str, str], int] = {}
        self.countries: dict[str, int] = {}
        self.channels: dict[str, int] = {}
        self.orders: dict[str, int] = {}

    def country(self, country: str) -> int:
        """Return a country's code; −1 for the unknown one."""
        return self.countries.setdefault(country, len(self.countries)) if country else -1


_COUNTRY = "COALESCE(NULLIF(t.ship_country, ''), t.ip_country)"
# Days as date.toordinal() counts them.
_DAY = "((t.timestamp AT TIME ZONE %(zone)s)::date - date '0001-01-01' + 1)"
_IN_DAYS = "t.timestamp >= %(begin)s AND t.timestamp < %(end)s"


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days that baselines are asked for: first_day ≤ D ≤ last_day. Facts come from before them."""

    first_day: int
    last_day: int
    zone: ZoneInfo

    def parameters(self, days_back: int) -> dict[str, Any]:
        """Return SQL parameters for facts of days before last_day, from so far back."""
        return {
            "zone": self.zone.key,
            "begin": midnight(self.first_day - days_back, self.zone),
            "end": midnight(self.last_day, self.zone),
            "eve": self.last_day - 1,
        }

    @property
    def day_sql(self) -> str:
        """Return the day of a line; when one day is asked for, which day before it is all one."""
        return _DAY if self.last_day > self.first_day else "%(eve)s::int"


def load_category_of() -> dict[int, str]:
    """Return every product's category."""
    return dict(_rows("SELECT id, category FROM products", []))


def load_accounts(lines: SalesFrame) -> Ints:
    """Return when the account of each line's customer was made, NEVER_US for the anonymous."""
    customers = np.unique(lines.customer_id[lines.customer_id != ANONYMOUS]).tolist()
    sql = """
        SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint FROM customers
        WHERE id = ANY(%s)
    """
    made = dict(_rows(sql, [customers])) if customers else {}
    return np.array([made.get(c, NEVER_US) for c in lines.customer_id.tolist()], np.int64)


def load_quantities(days: DayRange) -> Counted:
    """Return lines by day, product and quantity."""
    sql = f"""
        SELECT {days.day_sql} AS day, t.product_id, t.quantity, count(*)
        FROM transactions t WHERE {_IN_DAYS} GROUP BY day, t.product_id, t.quantity
    """
    return _counted(_rows(sql, days.parameters(USUAL_DAYS)))


def load_amounts(days: DayRange, codes: Codes) -> Counted:
    """Return lines by day, category and amount in cents."""
    sql = f"""
        SELECT {days.day_sql} AS day, p.category, (t.total_amount * 100)::bigint AS cents, count(*)
        FROM transactions t JOIN products p ON p.id = t.product_id
        WHERE {_IN_DAYS} GROUP BY day, p.category, cents
    """
    known = codes.categories
    return _counted(
        (day, known.setdefault(category, len(known)), cents, lines)
        for day, category, cents, lines in _rows(sql, days.parameters(USUAL_DAYS))
    )


def load_hours(days: DayRange) -> Counted:
    """Return lines by day and hour of the shop's day."""
    sql = f"""
        SELECT {days.day_sql} AS day,
            extract(hour FROM t.timestamp AT TIME ZONE %(zone)s)::int AS hour, 0, count(*)
        FROM transactions t WHERE {_IN_DAYS} GROUP BY day, hour
    """
    return _counted(_rows(sql, days.parameters(USUAL_DAYS)))


def load_refunds(days: DayRange, codes: Codes) -> RefundLines:
    """Return the lines that were refunded, with the day on which that was first known."""
    sql = f"""
        SELECT {_DAY} AS day, p.category,
            (({FIRST_REFUND}) AT TIME ZONE %(zone)s)::date - date '0001-01-01' + 1 AS refund_day
        FROM transactions t JOIN products p ON p.id = t.product_id
        WHERE {_IN_DAYS} AND t.refunded_amount > 0
    """
    known = codes.categories
    rows = [
        (day, known.setdefault(category, len(known)), back)
        for day, category, back in _rows(sql, days.parameters(USUAL_DAYS))
        if back is not None
    ]
    return RefundLines(*_columns(rows, 3))


def load_visits(days: DayRange, codes: Codes) -> Visits:
    """Return which customers ordered in which market on which day."""
    sql = f"""
        SELECT DISTINCT {days.day_sql} AS day, {_COUNTRY}, t.channel, t.customer_id, t.order_ref
        FROM transactions t WHERE {_IN_DAYS} AND t.customer_id IS NOT NULL
    """
    markets, orders = codes.markets, codes.orders
    rows = [
        (
            day,
            markets.setdefault((country, channel), len(markets)),
            customer,
            orders.setdefault(order, len(orders)),
        )
        for day, country, channel, customer, order in _rows(sql, days.parameters(RATE_DAYS))
    ]
    return Visits(*_columns(rows, 4))


def load_lines_by_channel_and_country(days: DayRange, codes: Codes) -> tuple[Counted, Counted]:
    """Return lines by day and channel, and by day and country."""
    sql = f"""
        SELECT {_DAY} AS day, t.channel, {_COUNTRY} AS country, count(*)
        FROM transactions t WHERE {_IN_DAYS} GROUP BY day, t.channel, country
    """
    rows = _rows(sql, days.parameters(_RISK_DAYS))
    channels = codes.channels
    channel = [(d, channels.setdefault(c, len(channels)), 0, n) for d, c, _, n in rows]
    country = [(d, codes.country(c), 0, n) for d, _, c, n in rows if c]
    return _counted(channel), _counted(country)


def load_lines_by_product(days: DayRange, products: Sequence[int]) -> Counted:
    """Return lines by day of the products asked for."""
    sql = f"""
        SELECT {_DAY} AS day, t.product_id, 0, count(*)
        FROM transactions t WHERE {_IN_DAYS} AND t.product_id = ANY(%(products)s)
        GROUP BY day, t.product_id
    """
    return _counted(_rows(sql, days.parameters(_RISK_DAYS) | {"products": list(products)}))


@dataclass(frozen=True, slots=True)
class FraudOrders:
    """Spells in which orders were held to be fraud, as (known_day, until_day) by order."""

    spells: dict[str, list[tuple[int, int]]]

    def lines(self, rows: Iterable[tuple[int, int, int, int, str]]) -> FraudLines:
        """Return the fraud lines among rows of day, product, country, channel and order."""
        found = [
            (day, product, country, channel, known, until)
            for day, product, country, channel, order in rows
            for known, until in self.spells.get(order, ())
        ]
        return FraudLines(*_columns(found, 6))


def load_fraud_orders(days: DayRange) -> FraudOrders:
    """Return what is known of orders of the risk windows: a label comes after its sale."""
    sql = """
        SELECT order_ref, is_fraud, source, known_at FROM fraud_labels
        WHERE known_at >= %(begin)s AND known_at < %(end)s ORDER BY known_at, id
    """
    labels = (Label(*row) for row in _rows(sql, days.parameters(_RISK_DAYS)))
    spells: dict[str, list[tuple[int, int]]] = {}
    for spell in fraud_spells(labels):
        until = shop_day(spell.until, days.zone) if spell.until else FOREVER
        spells.setdefault(spell.order_ref, []).append((shop_day(spell.known_at, days.zone), until))
    return FraudOrders(spells)


def load_fraud_lines(days: DayRange, orders: FraudOrders, codes: Codes) -> FraudLines:
    """Return the recorded lines of orders that were held to be fraud."""
    sql = f"""
        SELECT {_DAY} AS day, t.product_id, {_COUNTRY}, t.channel, t.order_ref
        FROM transactions t WHERE t.order_ref = ANY(%(orders)s) AND {_IN_DAYS}
    """
    rows = _rows(sql, days.parameters(_RISK_DAYS) | {"orders": list(orders.spells)})
    channels = codes.channels
    return orders.lines(
        (d, product, codes.country(country), channels.setdefault(channel, len(channels)), order)
        for d, product, country, channel, order in rows
    )


def load_facts(
    days: DayRange, *, codes: Codes, category_of: dict[int, int], frauds: FraudLines
) -> ShopFacts:
    """Return what was recorded, counted by day. frauds: the lines that products are judged by."""
    amount = load_amounts(days, codes)
    channel, country = load_lines_by_channel_and_country(days, codes)
    return ShopFacts(
        quantity=load_quantities(days),
        amount=amount,
        visits=load_visits(days, codes),
        product=load_lines_by_product(days, np.unique(frauds.product).tolist()),
        channel=channel,
        country=country,
        hour=load_hours(days),
        frauds=frauds,
        refunds=load_refunds(days, codes),
        category_of=category_of,
    )


def first_sale_at() -> datetime | None:
    """Return when the earliest recorded sale happened."""
    rows = _rows("SELECT timestamp FROM transactions ORDER BY timestamp, id LIMIT 1", [])
    return rows[0][0] if rows else None


_RISK_DAYS = LABEL_DELAY_DAYS + RISK_WINDOWS_DAYS[-1]


def _rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _prepared_rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _columns(rows: Iterable[tuple[int, ...]], width: int) -> Iterable[np.ndarray[Any, Any]]:
    table = np.array(list(rows), np.int64).reshape(-1, width)
    return np.ascontiguousarray(table.T)


def _counted(rows: Iterable[tuple[int, ...]]) -> Counted:
    return Counted(*_columns(rows, 4))
