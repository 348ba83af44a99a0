"""Recording sales: checked, scored, taken out of stock, all or nothing, once a reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from alerts.choices import Topic
from alerts.services import publish
from inventory.choices import MovementKind
from inventory.services.ledger import InsufficientStock, MovementEntry, post_movements
from inventory.services.stock_alerts import review_stock_alerts
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal
from techmart.lib.cache import Tag, bump_on_commit
from techmart.lib.inserting import insert_rows
from techmart.lib.prepared import prepared_cursor
from transactions.choices import SALE, TransactionStatus
from transactions.models import Transaction
from transactions.services.fraud_alerts import open_cases
from transactions.services.refusals import SaleRefused
from transactions.services.rules.recorded import keep_hits
from transactions.services.sale_decisions import assess, opening_status
from transactions.services.sale_input import DECLINED, SaleInput, input_errors
from transactions.services.sale_lines import SaleLine, checked_lines, look_up, refuse_other_bodies

PENDING_EXPIRES_AFTER = timedelta(minutes=15)
# A caller that sends one reference twice at once: the loser reads what the winner wrote.
_MAX_RACES = 3


@dataclass(frozen=True, slots=True)
class SaleOutcome:
    """A recorded sale. replayed: it had been recorded before; this is the first answer again."""

    transaction: Transaction
    replayed: bool


@dataclass(frozen=True, slots=True)
class SaleError:
    """A line that was not recorded, and the refusal of its order."""

    reference: str
    refusal: Refusal


def record_sales(
    sales: Sequence[SaleInput],
    *,
    now: datetime,
    actor: User | None = None,
    request_id: str = "",
    allow_anonymous: bool = True,
) -> list[SaleOutcome]:
    """Record order lines in one transaction; one outcome a line, in the order given.

    A reference recorded before with the same body answers what was recorded. Each new line is
    scored, held where the score says so, and taken out of stock unless it is blocked.

    Raises SaleRefused with every error of every line, ReferenceConflict for a reference that was
    used for another sale, InsufficientStock with every shortage.
    """
    for attempt in range(1, _MAX_RACES + 1):
        try:
            return _record(
                sales,
                now=now,
                actor=actor,
                request_id=request_id,
                allow_anonymous=allow_anonymous,
            )
        except IntegrityError as error:
            if "transactions_reference" not in str(error) or attempt == _MAX_RACES:
                raise
    raise AssertionError("unreachable")


def record_sales_each(
    sales: Sequence[SaleInput],
    *,
    now: datetime,
    actor: User | None = None,
    request_id: str = "",
    allow_anonymous: bool = True,
) -> list[SaleOutcome | SaleError]:
    """Record what can be recorded: each order in a transaction of its own, all or nothing.

    Returns one entry a line, in the order given; rows in the errors count lines of the call.
    One transaction over many orders would lock their products out of order, and wait for others
    that do the same.
    """
    orders: dict[str, list[int]] = {}
    for row, sale in enumerate(sales):
        orders.setdefault(sale.order, []).append(row)
    answers: dict[int, SaleOutcome | SaleError] = {}
    for rows in orders.values():
        try:
            outcomes = record_sales(
                [sales[row] for row in rows],
                now=now,
                actor=actor,
                request_id=request_id,
                allow_anonymous=allow_anonymous,
            )
        except Refusal as refusal:
            refusal.errors = [
                FieldError(e.field, e.code, e.message, None if e.row is None else rows[e.row])
                for e in refusal.errors
            ]
            answers |= {row: SaleError(sales[row].reference, refusal) for row in rows}
        else:
            answers |= dict(zip(rows, outcomes, strict=True))
    return [answers[row] for row in range(len(sales))]


@transaction.atomic
def _record(
    sales: Sequence[SaleInput],
    *,
    now: datetime,
    actor: User | None,
    request_id: str,
    allow_anonymous: bool,
) -> list[SaleOutcome]:
    currency = settings.SHOP_CURRENCY
    errors = input_errors(sales, now=now, currency=currency, allow_anonymous=allow_anonymous)
    if errors:
        raise SaleRefused(errors, lines=len(sales))
    hashes = [sale.fingerprint() for sale in sales]
    known, rules_stamp = look_up(sales)
    refuse_other_bodies(sales, hashes, known)
    lines = checked_lines(sales, known, now=now, currency=currency)
    recorded = (
        _write(lines, hashes, now=now, actor=actor, request_id=request_id, rules_stamp=rules_stamp)
        if lines
        else {}
    )
    before = [k.transaction_id for k in known if k.transaction_id is not None]
    replayed = (
        Transaction.objects.select_related("product", "customer").in_bulk(before) if before else {}
    )
    return [
        SaleOutcome(recorded[row], replayed=False)
        if k.transaction_id is None
        else SaleOutcome(replayed[k.transaction_id], replayed=True)
        for row, k in enumerate(known)
    ]


def _write(
    lines: Sequence[SaleLine],
    hashes: Sequence[str],
    *,
    now: datetime,
    actor: User | None,
    request_id: str,
    rules_stamp: UUID | None,
) -> dict[int, Transaction]:
    """Score, judge by the rules and write checked lines in time order; return them by row."""
    assessments = assess(lines, now=now, rules_stamp=rules_stamp)
    txns = []
    for line, found in zip(lines, assessments, strict=True):
        txn = _transaction(line, opening_status(found.decision, line.sale.payment_status), now=now)
        txn.request_hash = hashes[line.row]
        txn.fraud_score, txn.is_suspicious = found.score, found.is_suspicious
        txn.decision, txn.reasons = found.decision, found.reasons
        txn.score_version = found.model
        txns.append(txn)
    insert_rows(Transaction, txns)
    _write_events(txns, now=now, actor=actor, request_id=request_id)
    judgements = [found.judgement for found in assessments]
    keep_hits(txns, judgements, now=now)
    open_cases(txns, judgements, now=now)
    # Last, because it locks products until the end.
    _take_stock(lines, txns, now=now, actor=actor)
    bump_on_commit(Tag.SALES)
    # Open lists say how many new rows wait.
    publish(topic=Topic.TRANSACTIONS, kind="recorded", payload={"sales": len(txns)}, now=now)
    return {line.row: txn for line, txn in zip(lines, txns, strict=True)}


def _transaction(line: SaleLine, status: TransactionStatus, *, now: datetime) -> Transaction:
    sale = line.sale
    return Transaction(
        reference=sale.reference,
        order_ref=sale.order,
        customer=line.customer,
        product=line.product,
        quantity=sale.quantity,
        unit_price=line.unit_price,
        unit_cost=line.product.unit_cost,
        discount=sale.discount,
        total_amount=line.total,
        currency=settings.SHOP_CURRENCY,
        status=status,
        channel=sale.channel,
        payment_method=sale.payment_method,
        device=sale.device,
        ip_country=sale.ip_country.upper(),
        ship_country=sale.ship_country.upper(),
        store=sale.store,
        card_hash=line.marks.card,
        ship_address_hash=line.marks.ship_address,
        bill_address_hash=line.marks.bill_address,
        email_stem=line.marks.email,
        list_price=line.product.price,
        declined_at=line.timestamp if sale.payment_status == DECLINED else None,
        timestamp=line.timestamp,
        recorded_at=now,
        completed_at=line.timestamp if status == TransactionStatus.COMPLETED else None,
        expires_at=now + PENDING_EXPIRES_AFTER if status == TransactionStatus.PENDING else None,
    )


_EVENTS = """
INSERT INTO transaction_events
    (transaction_id, from_status, to_status, actor_id, reason, at, request_id)
SELECT sale.id, '', sale.status, %s::bigint, '', %s::timestamptz, %s
FROM unnest(%s::bigint[], %s::text[]) AS sale (id, status)
"""


def _write_events(
    txns: Sequence[Transaction], *, now: datetime, actor: User | None, request_id: str
) -> None:
    """Write how each sale began; every sale passes here, so without building instances."""
    with prepared_cursor() as cursor:
        cursor.execute(
            _EVENTS,
            [
                actor.pk if actor else None,
                now,
                request_id,
                [txn.pk for txn in txns],
                [str(txn.status) for txn in txns],
            ],
        )


def _take_stock(
    lines: Sequence[SaleLine], txns: Sequence[Transaction], *, now: datetime, actor: User | None
) -> None:
    """Take the units of all sales but blocked and declined ones.

    Raises InsufficientStock, errors by row.
    """
    entries = [
        MovementEntry(
            product_id=txn.product_id,
            kind=MovementKind.SALE,
            quantity=-txn.quantity,
            source_type=SALE,
            source_id=txn.pk,
            occurred_at=txn.timestamp,
            unit_cost=txn.unit_cost,
        )
        for txn in txns
        if txn.status != TransactionStatus.FAILED
    ]
    try:
        changes = post_movements(entries, now=now, actor=actor, savepoint=False)
    except InsufficientStock as refusal:
        left = {shortage.product_id: shortage.available for shortage in refusal.shortages}
        refusal.errors = [
            FieldError(
                "quantity",
                "insufficient_stock",
                f"Only {left[line.product.pk]} of {line.product.sku} are left.",
                line.row,
            )
            for line in sorted(lines, key=lambda line: line.row)
            if line.product.pk in left
        ]
        raise
    review_stock_alerts(changes, now=now)
