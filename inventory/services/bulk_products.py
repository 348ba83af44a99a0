"""Products by the thousand, set-based: created when unknown, corrected with an audit entry each.

For imports and loaders. A code in two letter cases is one product.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from inventory.services.products import SUBJECT
from techmart.core.models import User
from techmart.lib.cache import Tag, bump_on_commit
from techmart.lib.copying import copy_frame

# sku and name are text, category too; price and cost in ten-thousandths of the currency unit.
ENSURE_COLUMNS = (
    "sku",
    "name",
    "category",
    "supplier_code",
    "supplier_name",
    "price_e4",
    "unit_cost_e4",
)
# What an import of products may set beside them; null leaves what is there.
LOGISTICS_COLUMNS = ("pack_size", "minimum_order_quantity", "stock_cap", "lead_time_e2")


@dataclass(frozen=True, slots=True)
class BulkProducts:
    """How many rows a bulk write made or changed."""

    created: int
    changed: int
    suppliers_created: int


_STAGING = """
CREATE TEMPORARY TABLE staged_products (
    row integer GENERATED ALWAYS AS IDENTITY,
    sku text NOT NULL,
    name text,
    category text,
    supplier_code text,
    supplier_name text,
    price_e4 bigint,
    unit_cost_e4 bigint,
    pack_size integer,
    minimum_order_quantity integer,
    stock_cap integer,
    lead_time_e2 integer
) ON COMMIT DROP
"""
_SUPPLIERS = """
INSERT INTO suppliers
    (code, name, email, reliability, lead_time_days, lead_time_sd_days, tolerance_days,
     order_weekdays, minimum_order_value, active, version, created_at, updated_at)
SELECT DISTINCT ON (s.supplier_code) s.supplier_code,
    coalesce(nullif(s.supplier_name, ''), s.supplier_code), '', 0.8, 7, 0, 0, '{}', 0, true, 1,
    %s, %s
FROM staged_products s
WHERE s.supplier_code IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM products p WHERE upper(p.sku) = upper(s.sku))
ORDER BY s.supplier_code, s.row
ON CONFLICT (code) DO NOTHING
"""
# A supplier that an existing product is given must exist as well.
_SUPPLIERS_OF_ALL = _SUPPLIERS.replace(
    "\n    AND NOT EXISTS (SELECT 1 FROM products p WHERE upper(p.sku) = upper(s.sku))", ""
)
_PRODUCTS = """
INSERT INTO products
    (sku, name, category, supplier_id, price, unit_cost, stock_quantity, on_order_quantity,
     reorder_threshold, order_up_to, pack_size, minimum_order_quantity, stock_cap,
     lead_time_days, demand_class, abc_class, xyz_class, watch_below_20, active, version,
     created_at, updated_at)
SELECT s.sku, s.name, s.category, u.id, round(s.price_e4 * 0.0001, 2),
    coalesce(s.unit_cost_e4, 0) * 0.0001, 0, 0, 0, 0, coalesce(s.pack_size, 1),
    coalesce(s.minimum_order_quantity, 1), s.stock_cap, s.lead_time_e2 * 0.01, 'new', 'C', 'Z',
    false, true, 1, %s, %s
FROM staged_products s JOIN suppliers u ON u.code = s.supplier_code
WHERE NOT EXISTS (SELECT 1 FROM products p WHERE upper(p.sku) = upper(s.sku))
ORDER BY s.row
"""
# The row as it would be, beside the row as it is: only what the file gives, and only changes.
_CHANGES = """
CREATE TEMPORARY TABLE changed_products ON COMMIT DROP AS
SELECT wanted.*, changes.before, changes.after
FROM (
    SELECT p.id, coalesce(nullif(s.name, ''), p.name) AS name,
        coalesce(nullif(s.category, ''), p.category) AS category,
        coalesce(u.id, p.supplier_id) AS supplier_id,
        coalesce(round(s.price_e4 * 0.0001, 2)::numeric(14, 2), p.price) AS price,
        coalesce((s.unit_cost_e4 * 0.0001)::numeric(14, 4), p.unit_cost) AS unit_cost,
        coalesce(s.pack_size, p.pack_size) AS pack_size,
        coalesce(s.minimum_order_quantity, p.minimum_order_quantity) AS minimum_order_quantity,
        coalesce(s.stock_cap, p.stock_cap) AS stock_cap,
        coalesce((s.lead_time_e2 * 0.01)::numeric(6, 2), p.lead_time_days) AS lead_time_days,
        to_jsonb(p) AS was
    FROM staged_products s
    JOIN products p ON upper(p.sku) = upper(s.sku)
    LEFT JOIN suppliers u ON u.code = s.supplier_code
    ORDER BY p.id FOR NO KEY UPDATE OF p
) AS wanted
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(field.key, wanted.was -> field.key) AS before,
        jsonb_object_agg(field.key, field.value) AS after
    FROM jsonb_each(to_jsonb(wanted) - 'id' - 'was') AS field
    WHERE wanted.was -> field.key IS DISTINCT FROM field.value
) AS changes
WHERE changes.after IS NOT NULL
"""
_UPDATE = """
UPDATE products AS p SET name = c.name, category = c.category, supplier_id = c.supplier_id,
    price = c.price, unit_cost = c.unit_cost, pack_size = c.pack_size,
    minimum_order_quantity = c.minimum_order_quantity, stock_cap = c.stock_cap,
    lead_time_days = c.lead_time_days, version = p.version + 1, updated_at = %s
FROM changed_products c WHERE p.id = c.id
"""
# Money keeps every digit as text, as in entries of single changes.
_AUDIT_CHANGES = """
INSERT INTO audit_entries
    (at, actor_id, action, subject_kind, subject_id, before, after, reason, request_id)
SELECT %s, %s, 'product.change', %s, c.id,
    (SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'number'
        AND key IN ('price', 'unit_cost', 'lead_time_days') THEN to_jsonb(value #>> '{}')
        ELSE value END) FROM jsonb_each(c.before)),
    (SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'number'
        AND key IN ('price', 'unit_cost', 'lead_time_days') THEN to_jsonb(value #>> '{}')
        ELSE value END) FROM jsonb_each(c.after)),
    %s, ''
FROM changed_products c ORDER BY c.id
"""
_AUDIT_NEW = """
INSERT INTO audit_entries
    (at, actor_id, action, subject_kind, subject_id, before, after, reason, request_id)
SELECT %s, %s, 'product.create', %s, p.id, '{}',
    jsonb_build_object('sku', p.sku, 'price', p.price::text, 'unit_cost', p.unit_cost::text),
    %s, ''
FROM staged_products s JOIN products p ON upper(p.sku) = upper(s.sku)
WHERE p.id > %s ORDER BY p.id
"""
_HIGHEST = "SELECT coalesce(max(id), 0) FROM products"


@transaction.atomic
def ensure_products(
    frame: pl.DataFrame, *, now: datetime, actor: User | None = None, reason: str
) -> BulkProducts:
    """Create those products of the frame that do not exist, and their suppliers; change none.

    frame: ENSURE_COLUMNS, each sku once; a null cost is 0. Each creation has its audit entry.
    """
    with connection.cursor() as cursor:
        _stage(cursor, frame.select(ENSURE_COLUMNS))
        result = _create(cursor, _SUPPLIERS, now=now, actor=actor, reason=reason)
        cursor.execute("DROP TABLE staged_products")
    _announce(result)
    return result


@transaction.atomic
def upsert_products(
    frame: pl.DataFrame, *, now: datetime, actor: User | None = None, reason: str
) -> BulkProducts:
    """Create products that do not exist and correct those that do, each with its audit entry.

    frame: ENSURE_COLUMNS and LOGISTICS_COLUMNS, each sku once. Null leaves an existing
    product's field as it is; new ones need name, category, supplier and price. lead_time_e2 is
    hundredths of a day. A row that changes nothing writes nothing, and versions move by one.
    """
    with connection.cursor() as cursor:
        _stage(cursor, frame.select(*ENSURE_COLUMNS, *LOGISTICS_COLUMNS))
        cursor.execute(_SUPPLIERS_OF_ALL, [now, now])
        suppliers = cursor.rowcount
        cursor.execute(_CHANGES)
        changed = cursor.rowcount
        cursor.execute(_UPDATE, [now])
        cursor.execute(_AUDIT_CHANGES, [now, actor.pk if actor else None, SUBJECT, reason])
        made = _create(cursor, _SUPPLIERS, now=now, actor=actor, reason=reason)
        cursor.execute("DROP TABLE staged_products, changed_products")
    result = BulkProducts(made.created, changed, suppliers + made.suppliers_created)
    _announce(result)
    return result


def _stage(cursor: CursorWrapper, frame: pl.DataFrame) -> None:
    cursor.execute("DROP TABLE IF EXISTS staged_products")
    cursor.execute(_STAGING)
    copy_frame(cursor, "staged_products", frame)
    cursor.execute("ANALYZE staged_products")


def _create(
    cursor: CursorWrapper, suppliers: str, *, now: datetime, actor: User | None, reason: str
) -> BulkProducts:
    cursor.execute(suppliers, [now, now])
    suppliers_created = cursor.rowcount
    cursor.execute(_HIGHEST)
    highest = cursor.fetchone()[0]
    cursor.execute(_PRODUCTS, [now, now])
    created = cursor.rowcount
    if created:
        cursor.execute(_AUDIT_NEW, [now, actor.pk if actor else None, SUBJECT, reason, highest])
    return BulkProducts(created, 0, suppliers_created)


def _announce(result: BulkProducts) -> None:
    if result.created or result.changed:
        bump_on_commit(Tag.PRODUCTS)
