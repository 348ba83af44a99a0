"""The six refreshes: against ten times the history, and against plain queries over base rows."""

from collections.abc import Callable
from typing import Any

import psycopg

from benchmarks.measuring import Figure, by_turns, milliseconds

VIEWS = (
    "dashboard_overview_mv",
    "hourly_sales_mv",
    "top_products_mv",
    "category_daily_sales_mv",
    "inventory_health_mv",
    "customer_segments_mv",
)
ROWS_OF_TARGET = 10_000_000
_SIGNED = "CASE WHEN a.kind = 'chargeback_reversed' THEN -a.amount ELSE a.amount END"
# What each view says, asked of the rows of sales themselves: the whole history where it says
# something of the whole history.
PLAIN = {
    "hourly_sales_mv": f"""
        SELECT hour, sum(lines), sum(orders), sum(units), sum(gross), sum(refunds) FROM (
            SELECT date_trunc('hour', t.completed_at) AS hour, count(*) AS lines,
                count(DISTINCT t.order_ref) AS orders, sum(t.quantity) AS units,
                sum(t.total_amount) AS gross, 0 AS refunds
            FROM transactions t WHERE t.completed_at >= now() - interval '35 days' GROUP BY 1
            UNION ALL
            SELECT date_trunc('hour', a.booked_at), 0, 0, 0, 0, sum({_SIGNED})
            FROM adjustments a WHERE a.booked_at >= now() - interval '35 days' GROUP BY 1
        ) parts GROUP BY hour""",
    "top_products_mv": """
        SELECT * FROM (
            SELECT w.days, t.product_id, sum(t.quantity) AS units,
                count(DISTINCT t.order_ref) AS orders, sum(t.total_amount) AS gross,
                sum(t.total_amount - t.unit_cost * t.quantity) AS margin,
                row_number() OVER (PARTITION BY w.days ORDER BY sum(t.total_amount) DESC) AS rank
            FROM transactions t
            JOIN (VALUES (7), (30), (90), (365), (100000)) AS w (days)
                ON t.completed_at > now() - make_interval(days => w.days)
            GROUP BY 1, 2
        ) ranked WHERE rank <= 200""",
    "category_daily_sales_mv": f"""
        SELECT day, category, sum(lines), sum(orders), sum(units), sum(gross), sum(refunds) FROM (
            SELECT (t.completed_at AT TIME ZONE shop_time_zone())::date AS day, p.category,
                count(*) AS lines, count(DISTINCT t.order_ref) AS orders,
                sum(t.quantity) AS units, sum(t.total_amount) AS gross, 0 AS refunds
            FROM transactions t JOIN products p ON p.id = t.product_id
            WHERE t.completed_at > now() - interval '400 days' GROUP BY 1, 2
            UNION ALL
            SELECT (a.booked_at AT TIME ZONE shop_time_zone())::date, p.category, 0, 0, 0, 0,
                sum({_SIGNED})
            FROM adjustments a JOIN transactions t ON t.id = a.transaction_id
            JOIN products p ON p.id = t.product_id
            WHERE a.booked_at > now() - interval '400 days' GROUP BY 1, 2
        ) parts GROUP BY day, category""",
    "inventory_health_mv": """
        SELECT p.category, p.abc_class, s.last_sold IS NULL AS never, count(*),
            sum(p.stock_quantity), sum(p.stock_quantity * p.unit_cost),
            sum(CASE WHEN p.stock_quantity <= 0 THEN p.price * s.month_units / 30 END)
        FROM products p LEFT JOIN (
            SELECT t.product_id, max(t.completed_at) AS last_sold,
                sum(t.quantity) FILTER (WHERE t.timestamp > now() - interval '30 days')
                    AS month_units
            FROM transactions t WHERE t.status NOT IN ('failed', 'cancelled') GROUP BY 1
        ) s ON s.product_id = p.id
        WHERE p.active GROUP BY 1, 2, 3""",
    # Orders, value and first purchase of each customer: the scores on top of it are not counted.
    "customer_segments_mv": """
        SELECT date_trunc('month', first_at), count(*), sum(orders), sum(gross) FROM (
            SELECT t.customer_id, min(t.completed_at) AS first_at,
                count(DISTINCT t.order_ref) FILTER (
                    WHERE t.completed_at > now() - interval '365 days') AS orders,
                sum(t.total_amount) FILTER (
                    WHERE t.completed_at > now() - interval '365 days') AS gross
            FROM transactions t
            WHERE t.customer_id IS NOT NULL AND t.completed_at IS NOT NULL GROUP BY 1
        ) customers GROUP BY 1""",
}


def _runner(connection: psycopg.Connection[Any], sql: str) -> Callable[[], None]:
    def run() -> None:
        connection.execute(sql)

    return run


def measure_refreshes(*, short_url: str, long_url: str, rounds: int) -> list[Figure]:
    """Refresh all six views of both shops by turns, and run the plain queries on the longer."""
    with (
        psycopg.connect(short_url, autocommit=True) as short,
        psycopg.connect(long_url, autocommit=True) as long,
    ):
        [overview] = long.execute(
            "SELECT definition FROM pg_matviews WHERE matviewname = 'dashboard_overview_mv'"
        ).fetchone() or [""]
        plain = {**PLAIN, "dashboard_overview_mv": overview}
        took: dict[str, float] = {"short": 0, "long": 0, "plain": 0}
        details = []
        for view in VIEWS:
            refresh = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}"
            medians = by_turns(
                {
                    "short": _runner(short, refresh),
                    "long": _runner(long, refresh),
                    "plain": _runner(long, plain[view]),
                },
                rounds=rounds,
            )
            details.append(
                f"{view.removesuffix('_mv')} {milliseconds(medians['short'])}, "
                f"{milliseconds(medians['long'])}, plain {milliseconds(medians['plain'])} "
                f"({medians['long'] / medians['plain']:.3g})"
            )
            for name, seconds in medians.items():
                took[name] += seconds
        [rows] = long.execute("SELECT count(*) FROM transactions").fetchone() or [0]
    return [
        Figure(
            name="six refreshes at 10x history",
            limit="at 1x, same daily traffic",
            ratio=took["long"] / took["short"],
            target=1.2,
            detail="; ".join(details),
        ),
        Figure(
            name=f"six refreshes at {rows:,} rows",
            limit="the plain definitions over base rows",
            ratio=took["long"] / took["plain"],
            target=1 / 20,
            detail=f"{milliseconds(took['long'])} against {milliseconds(took['plain'])}"
            + ("" if rows >= ROWS_OF_TARGET else f"; the target is for {ROWS_OF_TARGET:,} rows"),
        ),
    ]
