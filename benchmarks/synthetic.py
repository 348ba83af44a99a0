"""A shop of any size, made by SQL in seconds: for benchmarks and for tests of query plans.

Rows are spread by a hash of their number, so that the same size gives the same shop. What it
sells follows a steep curve, orders have three lines, one order in ten is anonymous.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

# pick: a number from 0 to n - 1; share: one from 0 to 1. Of the same i, each seed gives another.
CREATE_PICK = """
CREATE OR REPLACE FUNCTION pg_temp.pick(i bigint, seed bigint, n bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS 'SELECT mod(hashint8extended(i, seed) & 9223372036854775807, n)';
CREATE OR REPLACE FUNCTION pg_temp.share(i bigint, seed bigint) RETURNS float8
LANGUAGE sql IMMUTABLE AS 'SELECT pg_temp.pick(i, seed, 1000000) / 1e6';
CREATE OR REPLACE FUNCTION pg_temp.word(i bigint, seed bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS
    $$SELECT initcap(translate(substr(md5(i || '/' || seed), 1, 8), '0123456789', 'ghijklmnop'))$$
"""

SUPPLIERS = """
INSERT INTO suppliers (id, code, name, email, reliability, lead_time_days, lead_time_sd_days,
    tolerance_days, order_weekdays, minimum_order_value, active, version, created_at, updated_at)
SELECT i, 'S' || i, pg_temp.word(i, 1) || ' ' || pg_temp.word(i, 2), '', 0.8, 7, 2, 0, '{}', 0,
    true, 1, %(now)s, %(now)s
FROM generate_series(1, %(suppliers)s) AS i
"""
PRODUCTS = """
INSERT INTO products (id, sku, name, category, supplier_id, price, unit_cost, stock_quantity,
    on_order_quantity, reorder_threshold, order_up_to, pack_size, minimum_order_quantity,
    demand_class, abc_class, xyz_class, watch_below_20, active, version, created_at, updated_at)
SELECT i, 'P' || lpad(i::text, 7, '0'), pg_temp.word(i, 3) || ' ' || pg_temp.word(i, 4),
    'Category ' || pg_temp.pick(i, 5, 40), 1 + pg_temp.pick(i, 6, %(suppliers)s),
    2 + pg_temp.pick(i, 7, 5000) / 100.0, 1 + pg_temp.pick(i, 7, 5000) / 200.0,
    CASE WHEN i %% 100 = 0 THEN 0 WHEN i %% 50 = 1 THEN 5
        ELSE 1000 + pg_temp.pick(i, 8, 5000) END,
    CASE WHEN i %% 40 = 2 THEN 24 ELSE 0 END,
    10 + pg_temp.pick(i, 9, 200), 300 + pg_temp.pick(i, 9, 200), 1, 1, 'smooth',
    CASE WHEN i %% 20 = 0 THEN 'A' WHEN i %% 5 = 0 THEN 'B' ELSE 'C' END, 'Y', false,
    i %% 200 <> 3, 1, %(now)s - interval '3 years', %(now)s
FROM generate_series(1, %(products)s) AS i
"""
CUSTOMERS = """
INSERT INTO customers (id, code, name, email, country, active, version, created_at, updated_at)
SELECT i, 'C' || i, pg_temp.word(i, 10) || ' ' || pg_temp.word(i, 11), '', 'US', true, 1,
    %(now)s, %(now)s
FROM generate_series(1, %(customers)s) AS i
"""
# One column list, so that whoever writes the same rows elsewhere can take it along.
TRANSACTION_COLUMNS = """reference, order_ref, customer_id, product_id, quantity, unit_price,
    unit_cost, discount, total_amount, currency, status, channel, payment_method, device,
    ip_country, ship_country, store, timestamp, recorded_at, completed_at, expires_at,
    refunded_amount, units_returned, request_hash, fraud_score, is_suspicious, decision, reasons,
    score_version"""
TRANSACTIONS = f"""
INSERT INTO transactions (id, {TRANSACTION_COLUMNS})
SELECT s.i, 'T' || s.i, 'O' || s.o,
    CASE WHEN s.o %% 10 <> 0
        THEN 1 + floor(%(customers)s * power(pg_temp.share(s.o, 12), 3))::bigint END,
    1 + floor(%(products)s * power(pg_temp.share(s.i, 13), 3))::bigint,
    s.quantity, s.price, s.price / 2, 0, s.quantity * s.price, 'USD', s.status,
    CASE WHEN s.o %% 4 = 0 THEN 'web' ELSE 'store' END, 'card', '', 'US',
    CASE WHEN s.o %% 50 = 0 THEN 'CA' WHEN s.o %% 4 = 0 THEN 'US' ELSE '' END,
    'Store ' || pg_temp.pick(s.o, 14, 100), s.at, s.at,
    CASE WHEN s.status IN ('completed', 'refunded') THEN s.at END,
    CASE WHEN s.status = 'pending' THEN s.at + interval '30 minutes' END,
    CASE WHEN s.status = 'refunded' THEN s.quantity * s.price ELSE 0 END, 0, '',
    power(pg_temp.share(s.i, 15), 4), s.i %% 97 = 0, 'allow', '[]', 'synthetic'
FROM (
    SELECT i, i / 3 AS o, 1 + pg_temp.pick(i, 16, 4) AS quantity,
        (2 + pg_temp.pick(i, 17, 5000) / 100.0)::numeric(14, 4) AS price,
        CASE i %% 400 WHEN 0 THEN 'in_review' WHEN 1 THEN 'pending' WHEN 2 THEN 'refunded'
            WHEN 3 THEN 'refunded' WHEN 4 THEN 'cancelled' ELSE 'completed' END AS status,
        %(now)s::timestamptz
            - (%(lines)s - i) * make_interval(secs => 86400.0 / %(lines_per_day)s) AS at
    FROM generate_series(%(first)s::bigint, %(lines)s::bigint) AS i
) AS s
"""
ADJUSTMENTS = """
INSERT INTO adjustments (id, transaction_id, kind, amount, units_returned, units_restocked,
    booked_at, recorded_at, reference, reason)
SELECT id, id, 'refund', total_amount, 0, 0, completed_at, completed_at, 'R' || id, ''
FROM transactions WHERE status = 'refunded' AND id BETWEEN %(first)s AND %(lines)s
"""
BASE = (SUPPLIERS, PRODUCTS, CUSTOMERS, TRANSACTIONS, ADJUSTMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSize:
    """How large a shop is. lines_per_day: the same on every day, so that days make the history."""

    days: int
    lines_per_day: int
    products: int
    customers: int
    suppliers: int

    @property
    def lines(self) -> int:
        """Sales in all."""
        return self.days * self.lines_per_day

    def parameters(self, *, now: datetime) -> dict[str, Any]:
        """Values that the statements take; the last sale is made at `now`."""
        return {
            "suppliers": self.suppliers,
            "products": self.products,
            "customers": self.customers,
            "lines_per_day": self.lines_per_day,
            "first": 1,
            "lines": self.lines,
            "now": now,
        }
