"""What the sized shop has beside its sales: each table large enough for an index to matter."""

from datetime import UTC, datetime

from django.db import connection

from benchmarks.synthetic import BASE, CREATE_PICK, ShopSize

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
SIZE = ShopSize(days=365, lines_per_day=110, products=5000, customers=2000, suppliers=2000)

_USERS = """
INSERT INTO users (id, password, is_superuser, email, name, is_staff, is_active, date_joined,
    time_zone, density, theme, single_key_shortcuts)
SELECT i, '', i = 1, 'u' || i || '@example.test', '', true, true, %(now)s, '', 'comfortable',
    'system', true
FROM generate_series(1, 60) AS i
"""
_MOVEMENTS = """
INSERT INTO stock_movements (id, product_id, kind, quantity, occurred_at, recorded_at,
    source_type, source_id, reason, balance_after, inferred)
SELECT i, 1 + pg_temp.pick(i, 20, 5000),
    CASE WHEN i %% 500 = 0 THEN 'write_off' WHEN i %% 20 = 0 THEN 'receipt' ELSE 'sale' END,
    CASE WHEN i %% 20 = 0 AND i %% 500 <> 0 THEN 10 ELSE -1 END, at, at, 'transaction', i, '',
    100, false
FROM (
    SELECT i, %(now)s::timestamptz - (30000 - i) * interval '1050 seconds' AS at
    FROM generate_series(1, 30000) AS i
) AS m
"""
_COUNTS = """
INSERT INTO stock_counts (id, product_id, counted_units, booked_units, counted_at, recorded_at,
    reason)
SELECT i, 1 + pg_temp.pick(i, 21, 5000), 5, 5, %(now)s - i * interval '1 hour',
    %(now)s - i * interval '1 hour', ''
FROM generate_series(1, 8000) AS i
"""
_ORDERS = """
INSERT INTO purchase_orders (id, number, supplier_id, state, ordered_at, promised_date, note,
    version, created_at)
SELECT i, 'PO' || i, 1 + pg_temp.pick(i, 22, 400),
    CASE WHEN i %% 40 = 0 THEN 'sent' ELSE 'received' END, at, (at + interval '7 days')::date,
    '', 1, at
FROM (
    SELECT i, %(now)s::timestamptz - (12000 - i) * interval '3 hours' AS at
    FROM generate_series(1, 12000) AS i
) AS o;
INSERT INTO purchase_order_lines (id, order_id, product_id, quantity, received_quantity, unit_cost)
SELECT o.id * 3 + n, o.id, 1 + mod(pg_temp.pick(o.id, 23, 5000) + n, 5000), 10,
    CASE o.state WHEN 'sent' THEN 0 ELSE 10 END, 1
FROM purchase_orders AS o CROSS JOIN generate_series(0, 2) AS n;
INSERT INTO receipts (id, line_id, quantity, unit_cost, received_at, recorded_at)
SELECT l.id, l.id, 10, 1, o.ordered_at + interval '7 days', o.ordered_at + interval '7 days'
FROM purchase_order_lines AS l JOIN purchase_orders AS o ON o.id = l.order_id
WHERE l.received_quantity > 0
"""
_COUNTS_AND_RETURNS = """
INSERT INTO supplier_returns (id, product_id, supplier_id, quantity, unit_cost, reason, returned_at)
SELECT i, 1 + mod(i, 5000), 1 + pg_temp.pick(i, 24, 400), 1, 1, 'broken',
    %(now)s::timestamptz - (20000 - i) * interval '1 hour'
FROM generate_series(1, 20000) AS i;
INSERT INTO count_sheets (id, abc_class, state, created_at, closed_at)
SELECT i, 'A', CASE WHEN i > 390 THEN 'open' ELSE 'done' END, at,
    CASE WHEN i > 390 THEN NULL ELSE at END
FROM (
    SELECT i, %(now)s::timestamptz - (400 - i) * interval '1 day' AS at
    FROM generate_series(1, 400) AS i
) AS s;
INSERT INTO count_lines (id, sheet_id, product_id, state, counted_units, booked_units, reason)
SELECT s.id * 50 + n, s.id, 1 + mod(s.id * 50 + n, 5000),
    CASE s.state WHEN 'open' THEN 'to_count' ELSE 'posted' END, 5, 5, ''
FROM count_sheets AS s CROSS JOIN generate_series(0, 49) AS n
"""
_REPLAYS = """
INSERT INTO replay_runs (id, category, abc_class, named_products, product_ids, first_day, last_day,
    policies, seed, draws, backorder_share, status, days_done, days_total, courses, error,
    requested_by_id, requested_at)
SELECT i, '', '', false, '{1}', '2025-01-01', '2025-12-31', '[]', 1, 5, 0, 'done', 730, 730, '[]',
    '', 1 + i %% 60, %(now)s - (6001 - i) * interval '1 hour'
FROM generate_series(1, 6000) AS i
"""
_FORECASTS = """
INSERT INTO forecast_runs (id, kind, status, as_of, started_at, finished_at, products_total,
    products_done, category, product_ids, triggered_by, error)
SELECT i, CASE WHEN i %% 3 = 0 THEN 'suggestions' ELSE 'predictions' END, 'done', at, at, at,
    5000, 5000, '', '{}', 'schedule', ''
FROM (
    SELECT i, %(now)s::timestamptz - (4001 - i) * interval '6 hours' AS at
    FROM generate_series(1, 4000) AS i
) AS r;
INSERT INTO inventory_predictions (id, product_id, run_id, model, predicted, daily_mean, daily_sd,
    protection_days, quantiles, confidence, skill, coverage, history_days, censored_days,
    computed_at, proposed, days, reason, origins)
SELECT i, i, 4000, 'mean', 10, 1, 1, 10, '{}', pg_temp.share(i, 24), 0.5, 0.5, 56, 0, %(now)s,
    10, '{}', '', 8
FROM generate_series(1, 5000) AS i;
INSERT INTO forecast_overrides (product_id, first_day, last_day, kind, value, reason, created_at)
SELECT 1 + mod(i, 5000), day, day + 6, 'factor', 2, 'sale', day
FROM (SELECT i, %(now)s::date - i / 40 AS day FROM generate_series(1, 20000) AS i) AS o;
INSERT INTO forecast_accuracy (product_id, first_day, model, abc_class, demand_class, confidence,
    predicted, low, high, naive, actual, censored)
SELECT 1 + mod(i, 5000), %(now)s::date - i / 100, 'blend', 'A', 'smooth', 0.5, 10, 5, 15, 9, 11,
    false
FROM generate_series(1, 30000) AS i;
INSERT INTO reorder_suggestions (id, product_id, run_id, state, quantity, unit_cost, arithmetic,
    expected_lost_margin, lost_revenue_per_day, p_stockout, confidence, reruns, reason, created_at,
    updated_at)
SELECT i, 1 + mod(i, 5000), 1 + (i - 1) / 5,
    CASE WHEN i > 19900 THEN 'proposed' ELSE 'superseded' END, 10, 1, '{}',
    pg_temp.pick(i, 25, 5000), 1, 0.5, 0.5, 0, '', %(now)s - (20001 - i) * interval '20 minutes',
    %(now)s
FROM generate_series(1, 20000) AS i
"""
_ROLLUPS = """
INSERT INTO product_daily (product_id, day, demand_units, units, units_returned, orders, gross,
    refunds, cost)
SELECT product_id, timestamp::date, sum(quantity), sum(quantity), 0, count(*), sum(total_amount),
    0, 0
FROM transactions GROUP BY 1, 2;
INSERT INTO product_totals (product_id, "window", demand_units, units, units_returned, orders,
    gross, refunds, cost, first_sold_on, last_sold_on)
SELECT i, w, 1, 1, 0, 1, 1 + pg_temp.pick(i, 26, 100000), 0, 0, NULL, NULL
FROM generate_series(1, 5000) AS i CROSS JOIN unnest(ARRAY[0, 7, 30, 90, 365]) AS w;
INSERT INTO customer_stats (customer_id, lines, orders, units, gross, refunds, first_order_at,
    last_order_at)
SELECT customer_id, count(*), count(DISTINCT order_ref), sum(quantity), sum(total_amount), 0,
    min(completed_at), max(completed_at)
FROM transactions WHERE customer_id IS NOT NULL AND completed_at IS NOT NULL GROUP BY 1;
INSERT INTO customer_purchase_patterns (customer_id, as_of, recency_days, orders, net_sales,
    average_amount, frequency, log_value_sd, log_value_median, log_value_mad, hour_counts,
    weekday_counts, top_categories, r_score, f_score, m_score, segment, loyalty, tier,
    first_order_at, last_order_at, cohort_month, repeat_days, repeat_span_days, observed_days,
    expected_value_90d)
SELECT customer_id, %(now)s, 1, orders, gross, 1, 1, 1, 1, 1,
    array_fill(1, ARRAY[24]), array_fill(1, ARRAY[7]), '[]', 1, 1, 1,
    (ARRAY['new', 'loyal', 'lost', 'champions', 'at_risk', 'promising', 'attention', 'potential'])
        [1 + mod(customer_id, 8)],
    50, 'silver', first_order_at, last_order_at,
    date_trunc('month', %(now)s - mod(customer_id, 40) * interval '30 days')::date,
    1, 1, 1, mod(customer_id, 977)
FROM customer_stats;
REFRESH MATERIALIZED VIEW top_products_mv
"""
_SALES = """
INSERT INTO transaction_events (id, transaction_id, from_status, to_status, reason, at, request_id)
SELECT id, id, '', status, '', timestamp, '' FROM transactions;
INSERT INTO adjustments (id, transaction_id, kind, amount, units_returned, units_restocked,
    booked_at, recorded_at, reference, reason)
SELECT id + 1000000, id, 'refund', 0.01, 0, 0, completed_at, completed_at, 'S' || id, ''
FROM transactions WHERE status = 'completed' AND id %% 9 = 0;
INSERT INTO fraud_labels (id, order_ref, is_fraud, source, known_at, recorded_at)
SELECT i, 'O' || i, true, 'analyst', at, at
FROM (
    SELECT i, %(now)s::timestamptz - (6000 - i) * interval '12 hours' AS at
    FROM generate_series(1, 6000) AS i
) AS l;
INSERT INTO device_facts (id, transaction_id, device, sale_at, is_fraud, unexplained, known_at)
SELECT i, i, 'd-' || i %% 20, at, i %% 7 = 0, 1, at
FROM (
    SELECT i, %(now)s::timestamptz - (6000 - i) * interval '12 hours' AS at
    FROM generate_series(1, 6000) AS i
) AS f;
INSERT INTO fraud_rules (id, name, owner_id, reason, action, state, versions_made, created_at,
    changed_at)
SELECT i, 'Rule ' || i, 1, '', 'review', 'draft', 1, %(now)s, %(now)s
FROM generate_series(1, 200) AS i;
INSERT INTO fraud_rule_versions (id, rule_id, number, expression, sentence, note, author_id,
    created_at)
SELECT i, i, 1, '{}', '', '', 1, %(now)s FROM generate_series(1, 200) AS i;
INSERT INTO rule_backtests (id, version_id, since_date, until_date, status, sales_total,
    sales_done, result, error, requested_at)
SELECT i, 1 + i %% 200, '2026-01-01', '2026-02-01', 'done', 1, 1, '{}', '', %(now)s
FROM generate_series(1, 8000) AS i;
INSERT INTO rule_hits (version_id, transaction_id, action, shadow, at)
SELECT 1 + pg_temp.pick(id, 41, 200), id, 'review', false, timestamp FROM transactions;
INSERT INTO import_runs (id, kind, source, fingerprint, status, lines_total, lines_done, counts,
    state, started_at, error)
SELECT i, CASE WHEN i = 1 THEN 'demo' ELSE 'sales' END, 'file', '', 'done', 0, 0, '{}', '{}',
    %(now)s - i * interval '1 hour', ''
FROM generate_series(1, 3000) AS i
"""
# 3,000 live ones, a few of which are due; the others were resolved over the last months.
_ALERTS = """
INSERT INTO alerts (id, kind, severity, state, dedupe_key, subject_kind, subject_id, title,
    message, path, facts, audience, occurrences, changed_at, reopened, first_seen_at, last_seen_at,
    assigned_to_id, acknowledged_until, snooze_rule, snoozed_until, clearing_since, resolved_at,
    resolution, reason)
SELECT i, CASE WHEN i %% 150 = 0 THEN 'fraud.block' ELSE 'stock.low' END,
    (ARRAY['info', 'low', 'medium', 'high', 'critical'])[1 + pg_temp.pick(i, 27, 5)],
    state, 'key:' || CASE state WHEN 'resolved' THEN i %% 5000 ELSE i END, 'product',
    1 + i %% 5000, 'Low', '', '', '{}', '', 1, '{}', 0, at, at,
    CASE WHEN state = 'open' AND i %% 5 = 0 THEN 1 + pg_temp.pick(i, 28, 60) END,
    CASE state WHEN 'acknowledged' THEN %(now)s + (i - 24990) * interval '1 hour' END,
    CASE state WHEN 'snoozed' THEN 'time' ELSE '' END,
    CASE state WHEN 'snoozed' THEN %(now)s + (i - 25190) * interval '1 hour' END,
    CASE WHEN i %% 100 = 7 AND state = 'open' THEN %(now)s - interval '1 hour' END,
    CASE state WHEN 'resolved' THEN at END, CASE state WHEN 'resolved' THEN 'auto' ELSE '' END, ''
FROM (
    SELECT i, %(now)s::timestamptz - (28000 - i) * interval '5 minutes' AS at,
        CASE WHEN i <= 25000 AND i > 24980 THEN 'flapping'
            WHEN i BETWEEN 24780 AND 24980 THEN 'acknowledged'
            WHEN i > 25180 AND i <= 25380 THEN 'snoozed'
            WHEN i > 25000 THEN 'open' ELSE 'resolved' END AS state
    FROM generate_series(1, 28000) AS i
) AS a;
INSERT INTO event_streams (topic, head, trimmed_through, epoch, announced_head)
SELECT topic, 10000, 0, gen_random_uuid(), 10000
FROM unnest(ARRAY['alerts', 'dashboard', 'stock', 'transactions']) AS topic;
INSERT INTO alert_events (id, topic, seq, kind, alert_id, subject_kind, audience, payload, at)
SELECT i, (ARRAY['alerts', 'dashboard', 'stock', 'transactions'])[1 + i %% 4],
    CASE WHEN i <= 40000 THEN 1 + (i - 1) / 4 END, 'opened',
    CASE i %% 4 WHEN 0 THEN 1 + pg_temp.pick(i, 29, 28000) END, '', '', '{}',
    %(now)s - (41200 - i) * interval '90 seconds'
FROM generate_series(1, 41200) AS i;
SELECT setval(pg_get_serial_sequence('alerts', 'id'), 1000000),
    setval(pg_get_serial_sequence('alert_events', 'id'), 1000000),
    setval(pg_get_serial_sequence('audit_entries', 'id'), 1000000)
"""
_CORE = """
INSERT INTO audit_entries (id, at, action, subject_kind, subject_id, before, after, reason,
    request_id)
SELECT i, %(now)s - i * interval '1 minute', 'product.change', 'product', 1 + i %% 5000, '{}',
    '{}', '', ''
FROM generate_series(1, 20000) AS i;
INSERT INTO outbox (id, kind, payload, created_at, not_before, attempts, last_error, sent_at)
SELECT i, 'test', '{}', at, at, 0, '', CASE WHEN i <= 20000 THEN at END
FROM (
    SELECT i, %(now)s::timestamptz - (20030 - i) * interval '10 seconds' AS at
    FROM generate_series(1, 20020) AS i
) AS o;
INSERT INTO refresh_runs (id, view, status, started_at, finished_at, as_of, rollup_version,
    "concurrently", triggered_by, error)
SELECT i, (ARRAY['dashboard_overview_mv', 'hourly_sales_mv', 'top_products_mv',
        'category_daily_sales_mv', 'inventory_health_mv', 'customer_segments_mv'])[1 + i %% 6],
    CASE WHEN i %% 50 = 0 THEN 'skipped' ELSE 'done' END, at, at, at, 1, true, 'schedule', ''
FROM (
    SELECT i, %(now)s::timestamptz - (20000 - i) * interval '10 seconds' AS at
    FROM generate_series(1, 20000) AS i
) AS r
"""
_REVIEWS = """
UPDATE transactions SET device = 'd-' || mod(id, 700), card_hash = md5('card' || mod(id, 900)),
    ship_address_hash = md5('home' || mod(id, 800)),
    bill_address_hash = md5('bank' || mod(id, 800)),
    email_stem = 'name' || mod(id, 900) || '@host' || mod(id, 60) || '.test'
WHERE mod(id, 4) = 0;
INSERT INTO review_decisions (id, transaction_id, batch, verdict, reason, note, actor_id,
    decided_at, takes_effect_at, applied_at, result, request_id)
SELECT i, i, md5((i / 3)::text)::uuid, 'approve', 'genuine', '', 1 + mod(i, 60), at, at,
    CASE WHEN i <= 20000 THEN at END, '', ''
FROM (
    SELECT i, %(now)s::timestamptz - (20010 - i) * interval '20 minutes' AS at
    FROM generate_series(1, 20008) AS i
) AS d
"""
_DELIVERIES = """
INSERT INTO notification_channels (id, name, kind, address, secret, severity_from, kinds,
    is_escalation, active, created_at, version)
SELECT i, 'Channel ' || i, 'mail', 'night@example.test', '', 'high', '{}', false, true, %(now)s, 1
FROM generate_series(1, 100) AS i;
INSERT INTO deliveries (id, channel_id, recipient, "group", episodes, payload, state, attempts,
    next_attempt_at, created_at, error)
SELECT md5(i::text)::uuid, 1 + mod(i, 100), 'channel:' || (1 + mod(i, 100)), 'stock.low', '{}',
    '{}',
    CASE WHEN i > 7990 THEN 'waiting' ELSE 'sent' END, 0, at, at, ''
FROM (
    SELECT i, %(now)s::timestamptz - (8000 - i) * interval '5 minutes' AS at
    FROM generate_series(1, 8000) AS i
) AS d
"""
_FILES = """
INSERT INTO export_jobs (id, list_key, title, query, format, requested_by_id, requested_at, status,
    rows_done, file_name, file_bytes, error)
SELECT i, 'inventory', 'Inventory', '{}', 'csv', 1 + mod(i, 60),
    %(now)s::timestamptz - (8000 - i) * interval '80 seconds', 'done', 1, 'inventory.csv', 1, ''
FROM generate_series(1, 8000) AS i;
INSERT INTO report_schedules (id, name, owner_id, list_key, query, format, recipients, frequency,
    weekday, day_of_month, at, enabled, next_due_at, version, created_at)
SELECT i, 'Report ' || i, 1, 'inventory', '{}', 'csv', '{a@example.test}', 'daily', 0, 1, '07:30',
    true, %(now)s::timestamptz + interval '1 hour', 1, %(now)s
FROM generate_series(1, 20) AS i;
INSERT INTO report_deliveries (id, schedule_id, due_at, again, status, attempts, next_try_at,
    recipients, message_id, error)
SELECT i, 1 + mod(i, 20), at, 0, CASE WHEN i > 7990 THEN 'waiting' ELSE 'sent' END, 1, at,
    '{a@example.test}', i::text, ''
FROM (
    SELECT i, %(now)s::timestamptz - (8001 - i) * interval '1 hour' AS at
    FROM generate_series(1, 8000) AS i
) AS d
"""
_SIDE = (
    _USERS,
    _MOVEMENTS,
    _COUNTS,
    _ORDERS,
    _FORECASTS,
    _REPLAYS,
    _COUNTS_AND_RETURNS,
    _ROLLUPS,
    _SALES,
    _ALERTS,
    _DELIVERIES,
    _FILES,
    _CORE,
    _REVIEWS,
)

_FILLED = (
    "suppliers",
    "products",
    "customers",
    "transactions",
    "adjustments",
    "users",
    "stock_movements",
    "stock_counts",
    "purchase_orders",
    "purchase_order_lines",
    "receipts",
    "supplier_returns",
    "count_lines",
    "forecast_runs",
    "replay_runs",
    "forecast_overrides",
    "forecast_accuracy",
    "inventory_predictions",
    "reorder_suggestions",
    "product_daily",
    "product_totals",
    "customer_stats",
    "customer_purchase_patterns",
    "top_products_mv",
    "transaction_events",
    "fraud_labels",
    "device_facts",
    "import_runs",
    "alerts",
    "event_streams",
    "alert_events",
    "notification_channels",
    "deliveries",
    "export_jobs",
    "report_schedules",
    "report_deliveries",
    "audit_entries",
    "outbox",
    "refresh_runs",
    "review_decisions",
)


_CLEAN_PENDING = """
SELECT gin_clean_pending_list(c.oid)
FROM pg_class AS c JOIN pg_am AS a ON a.oid = c.relam
WHERE a.amname = 'gin' AND c.relname LIKE 'idx_%'
"""


def fill() -> None:
    """Fill and analyse every table, in the caller's transaction, without firing our triggers."""
    values = SIZE.parameters(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
        cursor.execute(CREATE_PICK)
        for table in _FILLED:
            if not table.endswith("_mv"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for block in (*BASE, *_SIDE):
            for statement in block.split(";\n"):
                cursor.execute(statement, values)
        # Outstanding checks would keep an index from being dropped.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _FILLED:
            if not table.endswith("_mv"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        # What autovacuum does in a living database: entries that wait are read at every search.
        cursor.execute(_CLEAN_PENDING)
        cursor.execute(f"ANALYZE {', '.join(_FILLED)}")


def sweep() -> None:
    """Give back the room that rolled-back rows take, so that later tests do not read past it."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {', '.join(_FILLED)}")
