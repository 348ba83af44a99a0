from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration

# All views are filled when they are made, so that none is ever unreadable, and read tables whose
# size does not grow with history, or base rows of two days.

CREATE_DASHBOARD_OVERVIEW = """
CREATE MATERIALIZED VIEW dashboard_overview_mv
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50) AS
WITH bounds AS (
    SELECT now() - interval '24 hours' AS middle
),
sold AS (
    SELECT count(*) FILTER (WHERE t.completed_at >= b.middle) AS lines,
        count(*) FILTER (WHERE t.completed_at < b.middle) AS previous_lines,
        count(DISTINCT t.order_ref) FILTER (WHERE t.completed_at >= b.middle) AS orders,
        count(DISTINCT t.order_ref) FILTER (WHERE t.completed_at < b.middle) AS previous_orders,
        count(DISTINCT t.customer_id) FILTER (WHERE t.completed_at >= b.middle) AS customers,
        count(DISTINCT t.customer_id) FILTER (WHERE t.completed_at < b.middle)
            AS previous_customers,
        coalesce(sum(t.total_amount) FILTER (WHERE t.completed_at >= b.middle), 0) AS gross,
        coalesce(sum(t.total_amount) FILTER (WHERE t.completed_at < b.middle), 0)
            AS previous_gross
    FROM transactions AS t
    CROSS JOIN bounds AS b
    WHERE t.completed_at >= now() - interval '48 hours' AND t.completed_at < now()
),
returned AS (
    SELECT coalesce(sum(a.money) FILTER (WHERE a.booked_at >= b.middle), 0) AS refunds,
        coalesce(sum(a.money) FILTER (WHERE a.booked_at < b.middle), 0) AS previous_refunds
    FROM (
        SELECT booked_at,
            CASE WHEN kind = 'chargeback_reversed' THEN -amount ELSE amount END AS money
        FROM adjustments
        WHERE booked_at >= now() - interval '48 hours' AND booked_at < now()
    ) AS a
    CROSS JOIN bounds AS b
),
suspected AS (
    SELECT count(*) FILTER (WHERE t.timestamp >= b.middle) AS lines,
        count(*) FILTER (WHERE t.timestamp < b.middle) AS previous_lines
    FROM transactions AS t
    CROSS JOIN bounds AS b
    WHERE t.is_suspicious
        AND t.timestamp >= now() - interval '48 hours' AND t.timestamp < now()
),
before AS (
    SELECT r.low, r.out
    FROM level_readings AS r
    WHERE r.hour > now() - interval '25 hours' AND r.hour <= now() - interval '24 hours'
    ORDER BY r.hour DESC
    LIMIT 1
)
SELECT 1::smallint AS id,
    now() AS as_of,
    sold.gross - returned.refunds AS sales_24h,
    sold.gross AS gross_24h,
    returned.refunds AS refunds_24h,
    sold.lines AS transactions_24h,
    sold.orders AS orders_24h,
    sold.customers AS active_customers_24h,
    round(sold.gross / nullif(sold.orders, 0), 2) AS average_order_24h,
    suspected.lines AS suspicious_24h,
    (SELECT count(*) FROM products
     WHERE active AND reorder_threshold >= stock_quantity + on_order_quantity) AS low_stock,
    (SELECT count(*) FROM products WHERE active AND stock_quantity <= 0) AS out_of_stock,
    sold.previous_gross - returned.previous_refunds AS previous_sales,
    sold.previous_gross,
    returned.previous_refunds,
    sold.previous_lines AS previous_transactions,
    sold.previous_orders,
    sold.previous_customers AS previous_active_customers,
    round(sold.previous_gross / nullif(sold.previous_orders, 0), 2) AS previous_average_order,
    suspected.previous_lines AS previous_suspicious,
    (SELECT low FROM before) AS previous_low_stock,
    (SELECT out FROM before) AS previous_out_of_stock
FROM sold, returned, suspected;
CREATE UNIQUE INDEX dashboard_overview_mv_key ON dashboard_overview_mv (id);
"""
DROP_DASHBOARD_OVERVIEW = "DROP MATERIALIZED VIEW dashboard_overview_mv"

CREATE_HOURLY_SALES = """
CREATE MATERIALIZED VIEW hourly_sales_mv
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500) AS
SELECT s.hour,
    (s.hour AT TIME ZONE shop_time_zone())::date AS shop_day,
    extract(hour FROM s.hour AT TIME ZONE shop_time_zone())::smallint AS shop_hour,
    shop_time_zone() AS time_zone,
    sum(s.lines) AS lines,
    sum(s.orders) AS orders,
    sum(s.units) AS units,
    sum(s.units_returned) AS units_returned,
    sum(s.gross) AS gross,
    sum(s.refunds) AS refunds,
    sum(s.gross - s.refunds) AS net
FROM sales_hourly AS s
WHERE s.hour >= date_trunc('hour', now()) - interval '35 days'
GROUP BY s.hour;
CREATE UNIQUE INDEX hourly_sales_mv_key ON hourly_sales_mv (hour);
"""
DROP_HOURLY_SALES = "DROP MATERIALIZED VIEW hourly_sales_mv"

# The first 200 of each window come from the index; no other total is read.
CREATE_TOP_PRODUCTS = """
CREATE MATERIALIZED VIEW top_products_mv
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000) AS
SELECT w."window",
    top.product_id,
    row_number() OVER (PARTITION BY w."window" ORDER BY top.gross DESC, top.product_id) AS rank,
    top.units,
    top.units_returned,
    top.orders,
    top.gross,
    top.refunds,
    top.gross - top.refunds AS net,
    top.gross - top.refunds - top.cost AS margin
FROM (VALUES (0::smallint), (7::smallint), (30::smallint), (90::smallint), (365::smallint))
    AS w ("window")
CROSS JOIN LATERAL (
    SELECT t.*
    FROM product_totals AS t
    WHERE t."window" = w."window" AND t.gross > 0
    ORDER BY t.gross DESC, t.product_id
    LIMIT 200
) AS top;
CREATE UNIQUE INDEX top_products_mv_key ON top_products_mv ("window", product_id);
CREATE INDEX top_products_mv_rank ON top_products_mv ("window", rank);
"""
DROP_TOP_PRODUCTS = "DROP MATERIALIZED VIEW top_products_mv"

CREATE_CATEGORY_DAILY_SALES = """
CREATE MATERIALIZED VIEW category_daily_sales_mv
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000) AS
SELECT c.day,
    c.category,
    c.lines,
    c.orders,
    c.units,
    c.units_returned,
    c.gross,
    c.refunds,
    c.gross - c.refunds AS net,
    c.gross - c.refunds - c.cost AS margin,
    (c.refunds / nullif(c.gross, 0))::float AS refund_rate
FROM category_daily AS c
WHERE c.day > (now() AT TIME ZONE shop_time_zone())::date - 400;
CREATE UNIQUE INDEX category_daily_sales_mv_key ON category_daily_sales_mv (day, category);
"""
DROP_CATEGORY_DAILY_SALES = "DROP MATERIALIZED VIEW category_daily_sales_mv"

# lost_revenue_a_day: what the open suggestion expects; without one, the last 30 days' demand at
# today's price for a product that is out, 0 for others.
CREATE_INVENTORY_HEALTH = """
CREATE MATERIALIZED VIEW inventory_health_mv
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000) AS
SELECT p.category,
    s.state,
    p.abc_class,
    count(*) AS products,
    sum(p.stock_quantity) AS units,
    sum(p.stock_quantity * p.unit_cost) AS value,
    round(sum(coalesce(
        r.lost_revenue_per_day,
        CASE WHEN s.state = 'out' THEN p.price * month.demand_units / 30 END,
        0
    )), 2) AS lost_revenue_a_day
FROM products AS p
LEFT JOIN product_totals AS ever ON ever.product_id = p.id AND ever."window" = 0
LEFT JOIN product_totals AS month ON month.product_id = p.id AND month."window" = 30
LEFT JOIN reorder_suggestions AS r ON r.product_id = p.id
    AND r.state IN ('proposed', 'accepted', 'waiting_mov', 'blocked')
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN p.stock_quantity <= 0 THEN 'out'
        WHEN p.reorder_threshold >= p.stock_quantity + p.on_order_quantity THEN 'low'
        WHEN p.order_up_to > 0
            AND p.stock_quantity + p.on_order_quantity > 1.25 * p.order_up_to THEN 'over'
        WHEN coalesce(
            ever.last_sold_on, (p.created_at AT TIME ZONE shop_time_zone())::date
        ) < (now() AT TIME ZONE shop_time_zone())::date - 180 THEN 'dead'
        ELSE 'ok'
    END AS state
) AS s
WHERE p.active
GROUP BY p.category, s.state, p.abc_class;
CREATE UNIQUE INDEX inventory_health_mv_key ON inventory_health_mv (category, state, abc_class);
"""
DROP_INVENTORY_HEALTH = "DROP MATERIALIZED VIEW inventory_health_mv"

CREATE_CUSTOMER_SEGMENTS = """
CREATE MATERIALIZED VIEW customer_segments_mv
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200) AS
SELECT p.segment,
    p.cohort_month,
    count(*) AS customers,
    sum(p.orders) AS orders,
    sum(p.net_sales) AS net_sales,
    avg(CASE WHEN p.orders >= 2 THEN 1 ELSE 0 END)::float AS repeat_rate
FROM customer_purchase_patterns AS p
GROUP BY p.segment, p.cohort_month;
CREATE UNIQUE INDEX customer_segments_mv_key ON customer_segments_mv (segment, cohort_month);
"""
DROP_CUSTOMER_SEGMENTS = "DROP MATERIALIZED VIEW customer_segments_mv"


def money(verbose_name=None, *, places=2, digits=18, null=False):
    return models.DecimalField(
        verbose_name=verbose_name, decimal_places=places, max_digits=digits, null=null
    )


def composite_key(*names):
    return models.CompositePrimaryKey(
        *names, blank=True, editable=False, primary_key=True, serialize=False
    )


SEGMENTS = [
    ("new", "New"),
    ("champions", "Champions"),
    ("loyal", "Loyal"),
    ("potential", "Potential"),
    ("promising", "Promising"),
    ("attention", "Needs attention"),
    ("about_to_sleep", "About to sleep"),
    ("cannot_lose", "Cannot lose"),
    ("at_risk", "At risk"),
    ("lost", "Lost"),
    ("hibernating", "Hibernating"),
]
STOCK_STATES = [
    ("out", "Out of stock"),
    ("low", "Low"),
    ("over", "Too much"),
    ("dead", "Not selling"),
    ("ok", "In stock"),
]


class Migration(AtOnceMigration):
    """Make the six materialized views, each with the key that a concurrent refresh needs."""

    replaces = [("analytics", "0004_create_views")]

    dependencies = [
        ("analytics", "0002_note_touched_buckets"),
        ("inventory", "0004_suggestions_and_replays"),
    ]

    operations = [
        migrations.RunSQL(CREATE_DASHBOARD_OVERVIEW, DROP_DASHBOARD_OVERVIEW),
        migrations.RunSQL(CREATE_HOURLY_SALES, DROP_HOURLY_SALES),
        migrations.RunSQL(CREATE_TOP_PRODUCTS, DROP_TOP_PRODUCTS),
        migrations.RunSQL(CREATE_CATEGORY_DAILY_SALES, DROP_CATEGORY_DAILY_SALES),
        migrations.RunSQL(CREATE_INVENTORY_HEALTH, DROP_INVENTORY_HEALTH),
        migrations.RunSQL(CREATE_CUSTOMER_SEGMENTS, DROP_CUSTOMER_SEGMENTS),
        migrations.CreateModel(
            name="DashboardOverview",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("as_of", models.DateTimeField()),
                ("sales_24h", money("net sales")),
                ("gross_24h", money()),
                ("refunds_24h", money()),
                ("transactions_24h", models.BigIntegerField(verbose_name="completed lines")),
                ("orders_24h", models.BigIntegerField()),
                ("active_customers_24h", models.BigIntegerField()),
                ("average_order_24h", money(null=True)),
                ("suspicious_24h", models.BigIntegerField()),
                ("low_stock", models.BigIntegerField()),
                ("out_of_stock", models.BigIntegerField()),
                ("previous_sales", money()),
                ("previous_gross", money()),
                ("previous_refunds", money()),
                ("previous_transactions", models.BigIntegerField()),
                ("previous_orders", models.BigIntegerField()),
                ("previous_active_customers", models.BigIntegerField()),
                ("previous_average_order", money(null=True)),
                ("previous_suspicious", models.BigIntegerField()),
                ("previous_low_stock", models.IntegerField(null=True)),
                ("previous_out_of_stock", models.IntegerField(null=True)),
            ],
            options={"db_table": "dashboard_overview_mv", "managed": False},
        ),
        migrations.CreateModel(
            name="HourlySales",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
                ("shop_day", models.DateField()),
                ("shop_hour", models.SmallIntegerField()),
                ("time_zone", models.TextField()),
                ("lines", models.BigIntegerField()),
                ("orders", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("units_returned", models.BigIntegerField()),
                ("gross", money()),
                ("refunds", money()),
                ("net", money()),
            ],
            options={"db_table": "hourly_sales_mv", "managed": False},
        ),
        migrations.CreateModel(
            name="TopProduct",
            fields=[
                ("pk", composite_key("window", "product_id")),
                ("window", models.SmallIntegerField()),
                ("product_id", models.BigIntegerField()),
                ("rank", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("units_returned", models.BigIntegerField()),
                ("orders", models.BigIntegerField()),
                ("gross", money()),
                ("refunds", money()),
                ("net", money()),
                ("margin", money(places=4, digits=20)),
            ],
            options={"db_table": "top_products_mv", "managed": False},
        ),
        migrations.CreateModel(
            name="CategoryDailySales",
            fields=[
                ("pk", composite_key("day", "category")),
                ("day", models.DateField()),
                ("category", models.CharField(max_length=100)),
                ("lines", models.IntegerField()),
                ("orders", models.IntegerField()),
                ("units", models.IntegerField()),
                ("units_returned", models.IntegerField()),
                ("gross", money(digits=16)),
                ("refunds", money(digits=16)),
                ("net", money(digits=16)),
                ("margin", money(places=4)),
                ("refund_rate", models.FloatField(null=True)),
            ],
            options={"db_table": "category_daily_sales_mv", "managed": False},
        ),
        migrations.CreateModel(
            name="InventoryHealth",
            fields=[
                ("pk", composite_key("category", "state", "abc_class")),
                ("category", models.CharField(max_length=100)),
                ("state", models.CharField(choices=STOCK_STATES, max_length=4)),
                ("abc_class", models.CharField(max_length=1)),
                ("products", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
                ("value", money(places=4, digits=20)),
                ("lost_revenue_a_day", money(digits=20)),
            ],
            options={"db_table": "inventory_health_mv", "managed": False},
        ),
        migrations.CreateModel(
            name="CustomerSegments",
            fields=[
                ("pk", composite_key("segment", "cohort_month")),
                ("segment", models.CharField(choices=SEGMENTS, max_length=16)),
                ("cohort_month", models.DateField()),
                ("customers", models.BigIntegerField()),
                ("orders", models.BigIntegerField()),
                ("net_sales", money()),
                ("repeat_rate", models.FloatField()),
            ],
            options={"db_table": "customer_segments_mv", "managed": False},
        ),
    ]
