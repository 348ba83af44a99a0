"""A batch that stands, written: sales, events, adjustments and ledger."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from inventory.choices import MovementKind
from inventory.services import bulk_ledger
from techmart.lib.copying import copy_frame
from transactions.choices import (
    NO_DEMAND_STATUSES,
    REVENUE_STATUSES,
    AdjustmentKind,
    Decision,
    LabelSource,
    TransactionStatus,
)
from transactions.importing import frames
from transactions.importing.returns import Piece
from transactions.importing.scores import BatchScores
from transactions.models import ImportRun
from transactions.services.recording import PENDING_EXPIRES_AFTER

# Goods of these sales never left.
WITHOUT_STOCK = NO_DEMAND_STATUSES
# Small enough for the temporary table to stay in memory, large enough for COPY to run freely.
SALES_A_CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Written:
    """What was written beside the sales."""

    adjustments: int
    openings_inferred: int


_STAGED_SALES = """
CREATE TEMPORARY TABLE staged_sales (
    id bigint NOT NULL DEFAULT nextval(pg_get_serial_sequence('transactions', 'id')),
    reference text NOT NULL,
    order_ref text NOT NULL,
    customer_id bigint,
    product_id bigint NOT NULL,
    quantity integer NOT NULL,
    unit_price_e4 bigint NOT NULL,
    unit_cost_e4 bigint NOT NULL,
    discount_cents bigint NOT NULL,
    total_cents bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    channel text NOT NULL,
    payment_method text NOT NULL,
    device text NOT NULL,
    ip_country text NOT NULL,
    ship_country text NOT NULL,
    store text NOT NULL,
    card_hash text NOT NULL,
    ship_address_hash text NOT NULL,
    bill_address_hash text NOT NULL,
    email_stem text NOT NULL,
    list_price_e4 bigint,
    "timestamp" timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    refunded_cents bigint NOT NULL,
    units_returned integer NOT NULL,
    fraud_score double precision NOT NULL,
    is_suspicious boolean NOT NULL,
    reasons jsonb NOT NULL
) ON COMMIT DROP
"""
_STAGED_COLUMNS = (
    "reference",
    "order_ref",
    "customer_id",
    "product_id",
    "quantity",
    "unit_price_e4",
    "unit_cost_e4",
    "discount_cents",
    "total_cents",
    "currency",
    "status",
    "channel",
    "payment_method",
    "device",
    "ip_country",
    "ship_country",
    "store",
    "card_hash",
    "ship_address_hash",
    "bill_address_hash",
    "email_stem",
    "list_price_e4",
    "timestamp",
    "recorded_at",
    "refunded_cents",
    "units_returned",
    "fraud_score",
    "is_suspicious",
    "reasons",
)
_INSERT_SALES = """
INSERT INTO transactions
    (id, reference, order_ref, customer_id, product_id, quantity, unit_price, unit_cost, discount,
     total_amount, currency, status, channel, payment_method, device, ip_country, ship_country,
     store, card_hash, ship_address_hash, bill_address_hash, email_stem, list_price, declined_at,
     "timestamp", recorded_at, completed_at, expires_at, refunded_amount, units_returned,
     request_hash, imported_from_id, fraud_score, is_suspicious, decision, reasons, score_version)
SELECT id, reference, order_ref, customer_id, product_id, quantity, unit_price_e4 * 0.0001,
    unit_cost_e4 * 0.0001, discount_cents * 0.01, total_cents * 0.01, currency, status, channel,
    payment_method, device, ip_country, ship_country, store, card_hash, ship_address_hash,
    bill_address_hash, email_stem, list_price_e4 * 0.0001,
    CASE WHEN status = %(failed)s THEN "timestamp" END, "timestamp", recorded_at,
    CASE WHEN status = ANY(%(revenue)s) THEN "timestamp" END,
    CASE WHEN status = %(pending)s THEN "timestamp" + %(payment_minutes)s * interval '1 minute' END,
    refunded_cents * 0.01, units_returned, %(no_hash)s, %(run)s, fraud_score, is_suspicious,
    %(allow)s, reasons, %(version)s
FROM staged_sales ORDER BY id
"""
# Sales that became revenue begin as completed; what came after is an event of its own.
_INSERT_EVENTS = """
INSERT INTO transaction_events
    (transaction_id, from_status, to_status, reason, at, request_id)
SELECT id, '', CASE WHEN status = ANY(%s) THEN %s ELSE status END, 'Imported', "timestamp", ''
FROM staged_sales ORDER BY id
"""
_DISPUTE_EVENTS = """
INSERT INTO transaction_events
    (transaction_id, from_status, to_status, reason, at, request_id)
SELECT id, %s, status, 'Imported', "timestamp", '' FROM staged_sales WHERE status = %s ORDER BY id
"""
_STAGE_SALE_MOVEMENTS = """
INSERT INTO staged_movements
    (product_id, kind, quantity, occurred_at, source_type, source_id, unit_cost, recorded_at)
SELECT product_id, %s, -quantity, "timestamp", 'transaction', id, unit_cost_e4 * 0.0001,
    recorded_at
FROM staged_sales WHERE status <> ALL(%s) ORDER BY id
"""
_STAGED_ADJUSTMENTS = """
CREATE TEMPORARY TABLE staged_adjustments (
    id bigint NOT NULL DEFAULT nextval(pg_get_serial_sequence('adjustments', 'id')),
    reference text NOT NULL,
    sale_reference text NOT NULL,
    in_batch boolean NOT NULL,
    kind text NOT NULL,
    amount_cents bigint NOT NULL,
    units_returned integer NOT NULL,
    units_restocked integer NOT NULL,
    booked_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL
) ON COMMIT DROP
"""
_INSERT_ADJUSTMENTS = """
INSERT INTO adjustments
    (id, transaction_id, kind, amount, units_returned, units_restocked, booked_at, recorded_at,
     reference, reason)
SELECT s.id, t.id, s.kind, s.amount_cents * 0.01, s.units_returned, s.units_restocked,
    s.booked_at, s.recorded_at, s.reference, 'Imported'
FROM staged_adjustments s JOIN transactions t ON t.reference = s.sale_reference
ORDER BY s.id
"""
_ADJUSTMENT_EVENTS = """
INSERT INTO transaction_events
    (transaction_id, from_status, to_status, reason, at, request_id)
SELECT t.id, s.from_status, s.to_status, 'Imported: ' || s.reference, s.booked_at, ''
FROM staged_adjustments s JOIN transactions t ON t.reference = s.sale_reference
ORDER BY s.id
"""
# A lost dispute is a label, known when it was booked.
_CHARGEBACK_LABELS = """
INSERT INTO fraud_labels (order_ref, is_fraud, source, known_at, recorded_at)
SELECT DISTINCT t.order_ref, true, %s, s.booked_at, s.recorded_at
FROM staged_adjustments s JOIN transactions t ON t.reference = s.sale_reference
WHERE s.kind = %s
ON CONFLICT DO NOTHING
"""
# Sales of the batch are inserted as they end; earlier ones change now.
_UPDATE_EARLIER_SALES = """
UPDATE transactions AS t
SET refunded_amount = t.refunded_amount + done.cents * 0.01,
    units_returned = t.units_returned + done.units, status = done.status
FROM (
    SELECT sale_reference, sum(amount_cents) AS cents, sum(units_returned) AS units,
        (array_agg(to_status ORDER BY id DESC))[1] AS status
    FROM staged_adjustments WHERE NOT in_batch GROUP BY sale_reference
) AS done
WHERE t.reference = done.sale_reference
"""
_STAGE_RETURN_MOVEMENTS = """
INSERT INTO staged_movements
    (product_id, kind, quantity, occurred_at, source_type, source_id, unit_cost, recorded_at)
SELECT t.product_id, %s, s.units_restocked, s.booked_at, 'adjustment', s.id, t.unit_cost,
    s.recorded_at
FROM staged_adjustments s JOIN transactions t ON t.reference = s.sale_reference
WHERE s.units_restocked > 0 ORDER BY s.id
"""
_STAGE_OTHER_MOVEMENTS = """
INSERT INTO staged_movements
    (product_id, kind, quantity, occurred_at, source_type, source_id, unit_cost, recorded_at)
SELECT product_id, kind, quantity, occurred_at, source_type, source_id, unit_cost_e4 * 0.0001,
    occurred_at
FROM staged_others ORDER BY occurred_at
"""
_STAGED_OTHERS = """
CREATE TEMPORARY TABLE staged_others (
    product_id bigint NOT NULL, kind text NOT NULL, quantity integer NOT NULL,
    occurred_at timestamptz NOT NULL, source_type text NOT NULL, source_id bigint NOT NULL,
    unit_cost_e4 bigint
) ON COMMIT DROP
"""
# Its source is the first sale that shows it, which has no other entry of this kind.
_STAGE_CORRECTIONS = """
INSERT INTO staged_movements
    (product_id, kind, quantity, occurred_at, source_type, source_id, reason, inferred,
     recorded_at)
SELECT short.product_id, %s, short.depth, min(s.occurred_at) - interval '1 second',
    'transaction', min(s.source_id) FILTER (WHERE s.source_type = 'transaction'),
    'More was sold than was booked', true, min(s.recorded_at) - interval '1 second'
FROM unnest(%s::bigint[], %s::int[]) AS short (product_id, depth)
JOIN staged_movements s ON s.product_id = short.product_id
GROUP BY short.product_id, short.depth
"""


def write(
    sales: pl.DataFrame,
    scores: BatchScores,
    pieces: Sequence[Piece],
    returns: pl.DataFrame,
    movements: pl.DataFrame,
    *,
    opening: str,
    shortage: str,
    restock: bool,
    run: ImportRun,
    now: datetime,
    progress: Callable[[str, int], None],
) -> Written:
    """Write new sales with their scores, and pieces of returns against them or earlier sales.

    Raises InsufficientStock when stock moved since it was judged and no longer suffices.
    """
    adjustments = pl.concat(
        [_of_pieces(pieces, sales, returns, restock=restock), _of_statuses(sales, restock=restock)]
    ).sort("booked_at", "reference")
    staged = _as_they_end(sales, adjustments).hstack(scores.frame)
    with connection.cursor() as cursor:
        # The ledger's running balances sort all of the batch.
        cursor.execute("SET LOCAL work_mem = '256MB'")
        bulk_ledger.create_staging()
        cursor.execute(_STAGED_SALES)
        for first in range(0, staged.height, SALES_A_CHUNK):
            _write_sales(cursor, staged.slice(first, SALES_A_CHUNK), scores.version, run)
            progress("sales", min(first + SALES_A_CHUNK, staged.height))
        cursor.execute("DROP TABLE staged_sales")
        if adjustments.height:
            _write_adjustments(cursor, adjustments)
        if movements.height:
            cursor.execute(_STAGED_OTHERS)
            copy_frame(cursor, "staged_others", movements)
            cursor.execute(_STAGE_OTHER_MOVEMENTS)
            cursor.execute("DROP TABLE staged_others")
        progress("stock ledger", staged.height)
        inferred = bulk_ledger.infer_openings() if opening == "infer" else 0
        if shortage == "correct":
            _stage_corrections(cursor)
    bulk_ledger.post_staged(now=now)
    return Written(adjustments.height, inferred)


def _write_sales(cursor: CursorWrapper, chunk: pl.DataFrame, version: str, run: ImportRun) -> None:
    copy_frame(cursor, "staged_sales", chunk, columns=_STAGED_COLUMNS)
    revenue = [str(status) for status in REVENUE_STATUSES]
    cursor.execute(
        _INSERT_SALES,
        {
            "revenue": revenue,
            "pending": TransactionStatus.PENDING,
            # Payments failed; nothing in a file was blocked by rules.
            "failed": TransactionStatus.FAILED,
            "payment_minutes": PENDING_EXPIRES_AFTER / timedelta(minutes=1),
            "no_hash": "",
            "run": run.pk,
            "allow": Decision.ALLOW,
            "version": version,
        },
    )
    cursor.execute(_INSERT_EVENTS, [revenue, TransactionStatus.COMPLETED])
    cursor.execute(_DISPUTE_EVENTS, [TransactionStatus.COMPLETED, TransactionStatus.DISPUTED])
    cursor.execute(
        _STAGE_SALE_MOVEMENTS, [MovementKind.SALE, [str(status) for status in WITHOUT_STOCK]]
    )
    cursor.execute("TRUNCATE staged_sales")


def _write_adjustments(cursor: CursorWrapper, adjustments: pl.DataFrame) -> None:
    cursor.execute(_STAGED_ADJUSTMENTS)
    copy_frame(cursor, "staged_adjustments", adjustments)
    cursor.execute("ANALYZE staged_adjustments")
    cursor.execute(_INSERT_ADJUSTMENTS)
    cursor.execute(_ADJUSTMENT_EVENTS)
    cursor.execute(_CHARGEBACK_LABELS, [LabelSource.CHARGEBACK, AdjustmentKind.CHARGEBACK])
    if not adjustments["in_batch"].all():
        cursor.execute(_UPDATE_EARLIER_SALES)
    cursor.execute(_STAGE_RETURN_MOVEMENTS, [MovementKind.RETURN])
    cursor.execute("DROP TABLE staged_adjustments")


def _stage_corrections(cursor: CursorWrapper) -> None:
    """Let the sales speak: what was sold must have been there."""
    shortages = bulk_ledger.staged_shortages()
    cursor.execute(
        _STAGE_CORRECTIONS,
        [
            MovementKind.COUNT_GAIN,
            [shortage.product_id for shortage in shortages],
            [shortage.requested - shortage.available for shortage in shortages],
        ],
    )


_ADJUSTMENTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "reference": pl.String,
    "sale_reference": pl.String,
    "in_batch": pl.Boolean,
    "kind": pl.String,
    "amount_cents": pl.Int64,
    "units_returned": pl.Int64,
    "units_restocked": pl.Int64,
    "booked_at": frames.UTC_TIME,
    "recorded_at": frames.UTC_TIME,
    "from_status": pl.String,
    "to_status": pl.String,
}


def _of_pieces(
    pieces: Sequence[Piece], sales: pl.DataFrame, returns: pl.DataFrame, *, restock: bool
) -> pl.DataFrame:
    """Return the refunds that returns make, as rows to stage."""
    if not pieces:
        return pl.DataFrame(schema=_ADJUSTMENTS_SCHEMA)
    number = pl.col("number")
    units = pl.col("units")
    partly = pl.lit(str(TransactionStatus.PARTIALLY_REFUNDED))
    at = pl.from_epoch("at", time_unit="us").dt.replace_time_zone("UTC")
    frame = (
        pl.DataFrame([asdict(piece) for piece in pieces])
        .with_columns(in_batch=pl.col("of").is_in(sales["reference"].implode()))
        .join(returns.select("reference", "recorded_at"), on="reference", how="left")
    )
    staged = frame.select(
        reference=pl.when(number == 1)
        .then("reference")
        .otherwise(pl.concat_str("reference", pl.lit("#"), number)),
        sale_reference="of",
        in_batch="in_batch",
        kind=pl.lit(str(AdjustmentKind.REFUND)),
        amount_cents="cents",
        units_returned=units,
        units_restocked=units if restock else units * 0,
        booked_at=at,
        recorded_at=pl.coalesce("recorded_at", at),
        from_status=pl.when("first")
        .then(pl.lit(str(TransactionStatus.COMPLETED)))
        .otherwise(partly),
        to_status=pl.when("last").then(pl.lit(str(TransactionStatus.REFUNDED))).otherwise(partly),
    )
    return frames.conform(staged, _ADJUSTMENTS_SCHEMA)


def _of_statuses(sales: pl.DataFrame, *, restock: bool) -> pl.DataFrame:
    """Return the money that went back for sales the file calls refunded or charged back."""
    refunded = pl.col("status") == TransactionStatus.REFUNDED
    kinds = {
        str(TransactionStatus.REFUNDED): str(AdjustmentKind.REFUND),
        str(TransactionStatus.CHARGEBACK): str(AdjustmentKind.CHARGEBACK),
    }
    units = pl.when(refunded).then("quantity").otherwise(0)
    staged = sales.filter(pl.col("status").is_in(list(kinds))).select(
        reference=pl.concat_str("reference", pl.lit("#"), "status"),
        sale_reference="reference",
        in_batch=pl.lit(value=True),
        kind=pl.col("status").replace_strict(kinds, return_dtype=pl.String),
        amount_cents="total_cents",
        units_returned=units,
        units_restocked=units if restock else units * 0,
        booked_at="timestamp",
        recorded_at=pl.coalesce("recorded_at", "timestamp"),
        from_status=pl.lit(str(TransactionStatus.COMPLETED)),
        to_status="status",
    )
    return frames.conform(staged, _ADJUSTMENTS_SCHEMA)


def _as_they_end(sales: pl.DataFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    """Return the sales with what came back of them, and the status that leaves."""
    refunds = (
        adjustments.filter(pl.col("kind") == AdjustmentKind.REFUND)
        .group_by("sale_reference", maintain_order=True)
        .agg(
            refunded_cents=pl.col("amount_cents").sum(),
            units_returned=pl.col("units_returned").sum(),
            end_status=pl.col("to_status").last(),
        )
    )
    return sales.join(
        refunds, left_on="reference", right_on="sale_reference", how="left", maintain_order="left"
    ).with_columns(
        pl.col("refunded_cents", "units_returned").fill_null(0),
        status=pl.coalesce("end_status", "status"),
        unit_cost_e4=pl.coalesce("unit_cost_e4", "product_cost_e4"),
        recorded_at=pl.coalesce("recorded_at", "timestamp"),
        customer_id=pl.when(pl.col("customer_id") > 0).then("customer_id"),
    )
