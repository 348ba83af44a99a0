"""Ledger entries by the hundred thousand, set-based: for imports and loaders.

Inside one transaction: `create_staging()`, fill `staged_movements` by COPY or INSERT … SELECT,
`infer_openings(...)` if wanted, then `post_staged(...)`. Same rules as `ledger.post_movements`:
never below zero at any step, each source once, stock moved with its entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from alerts.choices import Topic
from alerts.services import publish
from inventory.choices import MovementKind
from inventory.services.ledger import InsufficientStock, Shortage, UnknownProducts
from techmart.core.models import User
from techmart.lib.cache import Tag, bump_on_commit

STAGING_TABLE = "staged_movements"


@dataclass(frozen=True, slots=True)
class BulkPosting:
    """What a bulk posting wrote."""

    movements: int
    products: int


_CREATE = """
CREATE TEMPORARY TABLE staged_movements (
    id bigint GENERATED ALWAYS AS IDENTITY,
    product_id bigint NOT NULL,
    kind text NOT NULL,
    quantity integer NOT NULL,
    occurred_at timestamptz NOT NULL,
    source_type text NOT NULL,
    source_id bigint NOT NULL,
    unit_cost numeric(14, 4),
    reason text NOT NULL DEFAULT '',
    inferred boolean NOT NULL DEFAULT false,
    recorded_at timestamptz
) ON COMMIT DROP
"""


def create_staging() -> None:
    """Make the empty table `staged_movements`, which lives until the transaction ends.

    Its columns are those of the ledger; id numbers rows in the order they came and breaks ties
    of occurred_at. recorded_at may be null: when they are posted. Raises RuntimeError outside a
    transaction, where the table would be gone at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Staged movements live inside one transaction.")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staged_movements")
        cursor.execute(_CREATE)


# What the statements below join by; they read every row of the rest.
_COUNT = "ANALYZE staged_movements (product_id)"
# Entries of one moment: increases first, then the order in which they came.
_BALANCES = """
SELECT s.*, p.sku, p.stock_quantity AS stock_before,
    p.stock_quantity + sum(s.quantity) OVER (
        PARTITION BY s.product_id ORDER BY s.occurred_at, s.quantity < 0, s.id
        ROWS UNBOUNDED PRECEDING
    ) AS balance
FROM staged_movements s JOIN products p ON p.id = s.product_id
"""
_SHORTAGES = f"""
SELECT product_id, sku, min(stock_before) - min(balance), min(stock_before)
FROM ({_BALANCES}) AS balances
GROUP BY product_id, sku HAVING min(balance) < 0
ORDER BY product_id
"""
_INFER = f"""
INSERT INTO staged_movements
    (product_id, kind, quantity, occurred_at, source_type, source_id, reason, inferred,
     recorded_at)
SELECT product_id, %s, -min(balance), min(occurred_at) - interval '1 second', 'opening',
    product_id, %s, true, min(recorded_at) - interval '1 second'
FROM ({_BALANCES}) AS balances
WHERE NOT EXISTS (SELECT 1 FROM stock_movements m WHERE m.product_id = balances.product_id)
GROUP BY product_id HAVING min(balance) < 0
"""
_UNKNOWN = """
SELECT DISTINCT s.product_id FROM staged_movements s
WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.id = s.product_id)
ORDER BY s.product_id
"""
_LOCK = """
SELECT count(*) FROM (
    SELECT p.id FROM products p
    WHERE p.id IN (SELECT product_id FROM staged_movements)
    ORDER BY p.id FOR NO KEY UPDATE
) AS locked
"""
_INSERT = f"""
INSERT INTO stock_movements
    (product_id, kind, quantity, unit_cost, occurred_at, recorded_at, source_type, source_id,
     actor_id, reason, balance_after, inferred)
SELECT product_id, kind, quantity, unit_cost, occurred_at, coalesce(recorded_at, %s), source_type,
    source_id, %s, reason, balance, inferred
FROM ({_BALANCES}) AS balances
ORDER BY occurred_at, quantity < 0, id
"""
_MOVE = """
UPDATE products AS p
SET stock_quantity = p.stock_quantity + sums.quantity
FROM (
    SELECT product_id, sum(quantity) AS quantity FROM staged_movements GROUP BY product_id
) AS sums
WHERE p.id = sums.product_id AND sums.quantity <> 0
"""


def staged_shortages() -> list[Shortage]:
    """Return each product whose stock would pass below zero, by its deepest point.

    requested - available is the depth: the opening stock that the staged entries imply.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        cursor.execute(_SHORTAGES)
        return [Shortage(*row) for row in cursor.fetchall()]


def infer_openings(*, reason: str = "Inferred from the sales that follow") -> int:
    """Stage an opening entry for each product without a ledger that would pass below zero.

    As large as its deepest shortage, a second before its first entry, marked inferred. Products
    that have a ledger are left alone: what they lack is a fact to look into. Returns how many.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        cursor.execute(_INFER, [MovementKind.OPENING, reason])
        return int(cursor.rowcount)


@transaction.atomic
def post_staged(
    *, now: datetime, actor: User | None = None, recorded_at: datetime | None = None
) -> BulkPosting:
    """Write what is staged into the ledger and move the stock of its products; empty the staging.

    recorded_at: when entries that do not say themselves became known; `now` when not given.
    Alerts are not reviewed here: call `stock_alerts.review_all_stock_alerts` once at the end of
    an import.

    Raises UnknownProducts, InsufficientStock with the deepest shortage of every product short;
    IntegrityError when a source has posted before. Nothing is changed then.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        cursor.execute(_UNKNOWN)
        unknown = [row[0] for row in cursor.fetchall()]
        if unknown:
            raise UnknownProducts(unknown)
        cursor.execute(_LOCK)
        products = cursor.fetchone()[0]
        _refuse_shortages(staged_shortages())
        cursor.execute(_INSERT, [recorded_at or now, actor.pk if actor else None])
        movements = cursor.rowcount
        cursor.execute(_MOVE)
        cursor.execute("TRUNCATE staged_movements")
    if movements:
        publish(topic=Topic.STOCK, kind="moved", payload={"products": products}, now=now)
        bump_on_commit(Tag.STOCK)
    return BulkPosting(movements=movements, products=products)


def _refuse_shortages(shortages: Sequence[Shortage]) -> None:
    if shortages:
        raise InsufficientStock(shortages)
