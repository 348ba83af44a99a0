"""What each bucket of each rollup holds, as SQL over base rows.

The fold writes these values and the audit compares with them. Every text expects its buckets as
parameters named in `Rollup.parameters` and ends with a CTE `fresh`: one row for each bucket asked
for, zeros where nothing counts any more. Refunds and chargebacks count when booked, a reversed
chargeback the other way; cost is that of units sold less units returned. Source: docs/domain.
"""

from dataclasses import dataclass

# What an adjustment does to money and units: a reversed chargeback takes both back.
_SIGN = "CASE WHEN a.kind = 'chargeback_reversed' THEN -1 ELSE 1 END"
_SOLD = """count(*) AS lines, count(DISTINCT x.order_ref) AS orders, sum(x.quantity) AS units,
        sum(x.total_amount) AS gross, sum(x.unit_cost * x.quantity) AS cost"""
_RETURNED = f"""sum({_SIGN} * a.units_returned) AS units_returned,
        sum({_SIGN} * a.amount) AS refunds,
        sum({_SIGN} * a.units_returned * x.unit_cost) AS cost"""
_VALUES = """coalesce(sold.lines, 0) AS lines, coalesce(sold.orders, 0) AS orders,
        coalesce(sold.units, 0) AS units, coalesce(returned.units_returned, 0) AS units_returned,
        coalesce(sold.gross, 0) AS gross, coalesce(returned.refunds, 0) AS refunds,
        coalesce(sold.cost, 0) - coalesce(returned.cost, 0) AS cost"""
# Shop days as stretches of time: 23 or 25 hours long when clocks change.
_DAYS = """days AS (
    SELECT DISTINCT day, day::timestamp AT TIME ZONE shop_time_zone() AS starts,
        (day + 1)::timestamp AT TIME ZONE shop_time_zone() AS ends
    FROM touched
)"""


# A range for the index, and in the joins below the very expression of the note: where clocks move
# by half an hour, two shop hours overlap as ranges.
_HOURS = """hours AS (
    SELECT hour, hour AS starts, hour + interval '1 hour' AS ends, array_agg(channel) AS channels
    FROM touched
    GROUP BY hour
)"""


def _within(stretches: str, table: str, column: str) -> str:
    """Rows of the touched days or hours, read one after the other by the column's index.

    The planner cannot know how short one is and would read the table; OFFSET keeps it to this.
    """
    return f"""{stretches} AS d
    CROSS JOIN LATERAL (
        SELECT * FROM {table} AS r
        WHERE r.{column} >= d.starts AND r.{column} < d.ends
        OFFSET 0
    )"""


_SALES_OF_HOURS = _within("hours", "transactions", "completed_at")
_ADJUSTMENTS_OF_HOURS = _within("hours", "adjustments", "booked_at")
_SALES_OF_DAYS = _within("days", "transactions", "completed_at")
_DEMAND_OF_DAYS = _within("days", "transactions", "timestamp")
_ADJUSTMENTS_OF_DAYS = _within("days", "adjustments", "booked_at")


@dataclass(frozen=True, slots=True)
class Rollup:
    """One table of buckets.

    keys: its key columns, in the order of the key. values: the columns recomputed, all 0 or NULL
    for a bucket in which nothing counts; such a row is removed. parameters: name of each array
    of `fresh`'s buckets. fresh: the CTEs.
    """

    table: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    parameters: tuple[str, ...]
    fresh: str

    def write_sql(self) -> str:
        """SQL that brings the buckets up to date and returns how many rows changed."""
        keys, values = ", ".join(self.keys), ", ".join(self.values)
        same_key = " AND ".join(f"s.{key} = f.{key}" for key in self.keys)
        fresh_values = ", ".join(f"f.{name}" for name in self.values)
        updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in self.values)
        old = ", ".join(f"{self.table}.{name}" for name in self.values)
        new = ", ".join(f"EXCLUDED.{name}" for name in self.values)
        return f"""
        WITH {self.fresh},
        gone AS (
            DELETE FROM {self.table} AS s USING fresh AS f
            WHERE {same_key} AND {self.empty("f")}
            RETURNING 1
        ),
        written AS (
            INSERT INTO {self.table} ({keys}, {values})
            SELECT {", ".join(f"f.{key}" for key in self.keys)}, {fresh_values}
            FROM fresh AS f WHERE NOT ({self.empty("f")})
            ON CONFLICT ({keys}) DO UPDATE SET {updates}
            WHERE ({old}) IS DISTINCT FROM ({new})
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
        """

    def empty(self, alias: str) -> str:
        """SQL that is true for a row in which nothing counts."""
        return " AND ".join(
            f"{alias}.{name} IS NULL" if name.endswith("_at") else f"{alias}.{name} = 0"
            for name in self.values
        )


SALES_HOURLY = Rollup(
    table="sales_hourly",
    keys=("hour", "channel"),
    values=("lines", "orders", "units", "units_returned", "gross", "refunds", "cost"),
    parameters=("hours", "channels"),
    fresh=f"""touched AS (
    SELECT hour, channel
    FROM unnest(%(hours)s::timestamptz[], %(channels)s::text[]) AS t (hour, channel)
),
{_HOURS},
sold AS (
    SELECT d.hour, x.channel, {_SOLD}
    FROM {_SALES_OF_HOURS} AS x
    WHERE date_trunc('hour', x.completed_at, shop_time_zone()) = d.hour
        AND x.channel = ANY(d.channels)
    GROUP BY d.hour, x.channel
),
returned AS (
    SELECT d.hour, x.channel, {_RETURNED}
    FROM {_ADJUSTMENTS_OF_HOURS} AS a
    JOIN transactions AS x ON x.id = a.transaction_id
    WHERE date_trunc('hour', a.booked_at, shop_time_zone()) = d.hour
        AND x.channel = ANY(d.channels)
    GROUP BY d.hour, x.channel
),
fresh AS (
    SELECT t.hour, t.channel, {_VALUES}
    FROM touched AS t
    LEFT JOIN sold USING (hour, channel)
    LEFT JOIN returned USING (hour, channel)
)""",
)

# Read a day at a time: a day's lines lie together, whatever number of its products changed.
PRODUCT_DAILY = Rollup(
    table="product_daily",
    keys=("product_id", "day"),
    values=("demand_units", "units", "units_returned", "orders", "gross", "refunds", "cost"),
    parameters=("products", "days"),
    fresh=f"""touched AS (
    SELECT product_id, day
    FROM unnest(%(products)s::bigint[], %(days)s::date[]) AS t (product_id, day)
),
{_DAYS},
sold AS (
    SELECT t.product_id, t.day, {_SOLD}
    FROM {_SALES_OF_DAYS} AS x
    JOIN touched AS t ON t.day = d.day AND t.product_id = x.product_id
    GROUP BY t.product_id, t.day
),
wanted AS (
    SELECT t.product_id, t.day, sum(x.quantity) AS demand_units
    FROM {_DEMAND_OF_DAYS} AS x
    JOIN touched AS t ON t.day = d.day AND t.product_id = x.product_id
    WHERE x.status NOT IN ('failed', 'cancelled')
    GROUP BY t.product_id, t.day
),
returned AS (
    SELECT t.product_id, t.day, {_RETURNED}
    FROM {_ADJUSTMENTS_OF_DAYS} AS a
    JOIN transactions AS x ON x.id = a.transaction_id
    JOIN touched AS t ON t.day = d.day AND t.product_id = x.product_id
    GROUP BY t.product_id, t.day
),
fresh AS (
    SELECT t.product_id, t.day, coalesce(wanted.demand_units, 0) AS demand_units, {_VALUES}
    FROM touched AS t
    LEFT JOIN sold USING (product_id, day)
    LEFT JOIN wanted USING (product_id, day)
    LEFT JOIN returned USING (product_id, day)
)""",
)

_CATEGORY_FRESH = f"""{_DAYS},
sold AS (
    SELECT t.day, t.category, {_SOLD}
    FROM {_SALES_OF_DAYS} AS x
    JOIN products AS p ON p.id = x.product_id
    JOIN touched AS t ON t.day = d.day AND t.category = p.category
    GROUP BY t.day, t.category
),
returned AS (
    SELECT t.day, t.category, {_RETURNED}
    FROM {_ADJUSTMENTS_OF_DAYS} AS a
    JOIN transactions AS x ON x.id = a.transaction_id
    JOIN products AS p ON p.id = x.product_id
    JOIN touched AS t ON t.day = d.day AND t.category = p.category
    GROUP BY t.day, t.category
),
fresh AS (
    SELECT t.day, t.category, {_VALUES}
    FROM touched AS t
    LEFT JOIN sold USING (day, category)
    LEFT JOIN returned USING (day, category)
)"""
CATEGORY_DAILY = Rollup(
    table="category_daily",
    keys=("day", "category"),
    values=("lines", "orders", "units", "units_returned", "gross", "refunds", "cost"),
    parameters=("days", "categories"),
    fresh=f"""touched AS (
    SELECT day, category
    FROM unnest(%(days)s::date[], %(categories)s::text[]) AS t (day, category)
),
{_CATEGORY_FRESH}""",
)
# The fold's buckets: the present category of each product noted with its day; and for a product
# that moved, all its days in the category it is in, and every stored day of the one it left (its
# own days do not do: a line may have been given to another product since).
CATEGORY_DAILY_TOUCHED = Rollup(
    table=CATEGORY_DAILY.table,
    keys=CATEGORY_DAILY.keys,
    values=CATEGORY_DAILY.values,
    parameters=("products", "days", "moved", "left"),
    fresh=f"""touched AS (
    SELECT t.day, p.category
    FROM unnest(%(products)s::bigint[], %(days)s::date[]) AS t (product_id, day)
    JOIN products AS p ON p.id = t.product_id
    UNION
    SELECT (x.completed_at AT TIME ZONE shop_time_zone())::date, p.category
    FROM products AS p
    JOIN transactions AS x ON x.product_id = p.id AND x.completed_at IS NOT NULL
    WHERE p.id = ANY(%(moved)s::bigint[])
    UNION
    SELECT (a.booked_at AT TIME ZONE shop_time_zone())::date, p.category
    FROM products AS p
    JOIN transactions AS x ON x.product_id = p.id
    JOIN adjustments AS a ON a.transaction_id = x.id
    WHERE p.id = ANY(%(moved)s::bigint[])
    UNION
    SELECT c.day, c.category FROM category_daily AS c WHERE c.category = ANY(%(left)s::text[])
),
{_CATEGORY_FRESH}""",
)

CUSTOMER_STATS = Rollup(
    table="customer_stats",
    keys=("customer_id",),
    values=("lines", "orders", "units", "gross", "refunds", "first_order_at", "last_order_at"),
    parameters=("customers",),
    fresh=f"""touched AS (
    SELECT customer_id FROM unnest(%(customers)s::bigint[]) AS t (customer_id)
),
sold AS (
    SELECT t.customer_id, {_SOLD}, min(x.completed_at) AS first_order_at,
        max(x.completed_at) AS last_order_at
    FROM touched AS t
    JOIN transactions AS x ON x.customer_id = t.customer_id AND x.completed_at IS NOT NULL
    GROUP BY t.customer_id
),
returned AS (
    SELECT t.customer_id, {_RETURNED}
    FROM touched AS t
    JOIN transactions AS x ON x.customer_id = t.customer_id AND x.completed_at IS NOT NULL
    JOIN adjustments AS a ON a.transaction_id = x.id
    GROUP BY t.customer_id
),
fresh AS (
    SELECT t.customer_id, {_VALUES}, sold.first_order_at, sold.last_order_at
    FROM touched AS t
    LEFT JOIN sold USING (customer_id)
    LEFT JOIN returned USING (customer_id)
)""",
)
