"""Totals of products by window of shop days: they move by the differences of single days."""

from datetime import date

from django.db import connection

from analytics.rollups.definitions import PRODUCT_DAILY
from inventory.choices import TotalsWindow

_VALUES = PRODUCT_DAILY.values
TOTALS_VALUES = (*_VALUES, "first_sold_on", "last_sold_on")
_LISTED = ", ".join(_VALUES)
_WINDOWS = ", ".join(f"({window}::smallint)" for window in TotalsWindow.values)
_ADD = ", ".join(f"{name} = product_totals.{name} + EXCLUDED.{name}" for name in _VALUES)

# One statement, so one look at the base rows: the days are brought up to date, and what each of
# them gained or lost goes to the windows it lies in. Window 0 is the whole history.
_FOLD_DAYS = f"""
WITH {PRODUCT_DAILY.fresh},
changed AS (
    SELECT f.product_id, f.day, {", ".join(f"f.{name}" for name in _VALUES)},
        {", ".join(f"f.{name} - coalesce(s.{name}, 0) AS {name}_gained" for name in _VALUES)}
    FROM fresh AS f
    LEFT JOIN product_daily AS s ON s.product_id = f.product_id AND s.day = f.day
    WHERE {" OR ".join(f"f.{name} <> coalesce(s.{name}, 0)" for name in _VALUES)}
),
gone AS (
    DELETE FROM product_daily AS s USING changed AS f
    WHERE s.product_id = f.product_id AND s.day = f.day AND {PRODUCT_DAILY.empty("f")}
),
written AS (
    INSERT INTO product_daily (product_id, day, {_LISTED})
    SELECT f.product_id, f.day, {", ".join(f"f.{name}" for name in _VALUES)}
    FROM changed AS f WHERE NOT ({PRODUCT_DAILY.empty("f")})
    ON CONFLICT (product_id, day) DO UPDATE
    SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _VALUES)}
),
moved AS (
    INSERT INTO product_totals (product_id, "window", {_LISTED})
    SELECT c.product_id, w."window", {", ".join(f"sum(c.{name}_gained)" for name in _VALUES)}
    FROM changed AS c
    JOIN (VALUES {_WINDOWS}) AS w ("window")
        ON w."window" = 0
        OR (c.day > %(window_day)s::date - w."window" AND c.day <= %(window_day)s::date)
    GROUP BY c.product_id, w."window"
    ON CONFLICT (product_id, "window") DO UPDATE SET {_ADD}
)
SELECT count(*) FROM changed
"""

# Days of [from, to] added or taken, for one window.
_SLIDE = f"""
INSERT INTO product_totals (product_id, "window", {_LISTED})
SELECT product_id, %(window)s, {", ".join(f"sum(sign * {name})" for name in _VALUES)}
FROM (
    SELECT -1 AS sign, d.* FROM product_daily AS d
    WHERE d.day > %(old_day)s::date - %(window)s
        AND d.day <= least(%(old_day)s::date, %(new_day)s::date - %(window)s)
    UNION ALL
    SELECT 1 AS sign, d.* FROM product_daily AS d
    WHERE d.day > greatest(%(old_day)s::date, %(new_day)s::date - %(window)s)
        AND d.day <= %(new_day)s::date
) AS moved
GROUP BY product_id
ON CONFLICT (product_id, "window") DO UPDATE SET {_ADD}
"""

_IS_EMPTY = " AND ".join(f"{name} = 0" for name in _VALUES)
_DROP_EMPTY = f"DELETE FROM product_totals WHERE {_IS_EMPTY} AND product_id = ANY(%s)"
_DROP_EMPTY_OF_WINDOWS = f'DELETE FROM product_totals WHERE {_IS_EMPTY} AND "window" > 0'

# The first and last day with a unit sold: two looks into the key of product_daily a product.
_SOLD_DAYS = """
UPDATE product_totals AS t
SET first_sold_on = sold.first_day, last_sold_on = sold.last_day
FROM (
    SELECT p.product_id,
        (SELECT d.day FROM product_daily AS d
         WHERE d.product_id = p.product_id AND d.units > 0 ORDER BY d.day LIMIT 1) AS first_day,
        (SELECT d.day FROM product_daily AS d
         WHERE d.product_id = p.product_id AND d.units > 0 ORDER BY d.day DESC LIMIT 1)
            AS last_day
    FROM unnest(%s::bigint[]) AS p (product_id)
) AS sold
WHERE t.product_id = sold.product_id AND t."window" = 0
    AND (t.first_sold_on, t.last_sold_on) IS DISTINCT FROM (sold.first_day, sold.last_day)
"""

# The totals as their days say, for the audit: one row a product and window.
FRESH_TOTALS = f"""
SELECT d.product_id, w."window", {", ".join(f"sum(d.{name}) AS {name}" for name in _VALUES)},
    min(d.day) FILTER (WHERE d.units > 0 AND w."window" = 0) AS first_sold_on,
    max(d.day) FILTER (WHERE d.units > 0 AND w."window" = 0) AS last_sold_on
FROM product_daily AS d
JOIN (VALUES {_WINDOWS}) AS w ("window")
    ON w."window" = 0
    OR (d.day > %(window_day)s::date - w."window" AND d.day <= %(window_day)s::date)
WHERE %(share)s = 1 OR d.product_id %% %(share)s = %(turn)s
GROUP BY d.product_id, w."window"
"""
_REPAIR = f"""
WITH fresh AS ({FRESH_TOTALS})
INSERT INTO product_totals (product_id, "window", {_LISTED}, first_sold_on, last_sold_on)
SELECT product_id, "window", {_LISTED}, first_sold_on, last_sold_on FROM fresh
"""


def fold_product_days(product_days: list[tuple[int, date]], *, window_day: date) -> int:
    """Bring product_daily up to date, carry what changed into product_totals.

    window_day: the shop day that the windows end with. Returns how many days changed.
    """
    if not product_days:
        return 0
    products = sorted({product for product, _ in product_days})
    with connection.cursor() as cursor:
        cursor.execute(
            _FOLD_DAYS,
            {
                "products": [product for product, _ in product_days],
                "days": [day for _, day in product_days],
                "window_day": window_day,
            },
        )
        changed: int = cursor.fetchone()[0]
        if changed:
            cursor.execute(_SOLD_DAYS, [products])
            cursor.execute(_DROP_EMPTY, [products])
    return changed


def slide(*, old_day: date, new_day: date) -> None:
    """Move every window's end from one shop day to a later one, adding and taking whole days."""
    with connection.cursor() as cursor:
        for window in TotalsWindow.values:
            if window:
                cursor.execute(_SLIDE, {"window": window, "old_day": old_day, "new_day": new_day})
        cursor.execute(_DROP_EMPTY_OF_WINDOWS)


def rebuild_totals(*, window_day: date, share: int = 1, turn: int = 0) -> None:
    """Make the totals anew from their days: of all products, or those with id mod share = turn."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM product_totals WHERE %(share)s = 1 OR product_id %% %(share)s = %(turn)s",
            {"share": share, "turn": turn},
        )
        cursor.execute(_REPAIR, {"window_day": window_day, "share": share, "turn": turn})
