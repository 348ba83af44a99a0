"""Recording sales: checked, scored, taken out of stock, all or nothing, once a reference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from alerts.choices import AlertKind, Severity, Topic
from alerts.services import AlertSpec, publish, raise_alerts
from inventory.choices import MovementKind
from inventory.models import Product
from inventory.services.ledger import InsufficientStock, MovementEntry, post_movements
from inventory.services.stock_alerts import review_stock_alerts
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal
from techmart.core.shop import shop_settings
from techmart.lib.cache import Tag, bump_on_commit
from transactions.choices import Decision, TransactionStatus
from transactions.fraud.calendar import microseconds
from transactions.fraud.champion import model_of
from transactions.fraud.frame import ANONYMOUS, SalesFrame, text_column
from transactions.fraud.history import load_past
from transactions.fraud.label_history import labelled_lines, load_device_runs, load_told
from transactions.fraud.scoring import Scores, decision_of, score_lines
from transactions.fraud.sharing import live_sharers
from transactions.fraud.stored import StoredStatistics
from transactions.fraud.windows import customer_history
from transactions.models import Customer, Transaction
from transactions.paths import transaction_path
from transactions.rules.facts import SaleToJudge, facts_of
from transactions.services.refusals import ReferenceConflict, SaleRefused
from transactions.services.rules.recorded import keep_hits
from transactions.services.rules.running import Judgement, running_rules
from transactions.services.sale_input import (
    OUTSTANDING,
    PAID,
    SaleInput,
    input_errors,
    line_total,
    price_errors,
)

SOURCE = "transaction"
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


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knows of a line's reference, product and customer."""

    transaction_id: int | None
    request_hash: str | None
    product: Product | None
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class _Line:
    """A checked line with its product and customer. row: its place in the call."""

    row: int
    sale: SaleInput
    product: Product
    customer: Customer | None
    unit_price: Decimal
    timestamp: datetime

    @property
    def total(self) -> Decimal:
        return line_total(self.sale.quantity, self.unit_price, self.sale.discount)


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
    known, rules_stamp = _look_up(sales)
    _refuse_other_bodies(sales, hashes, known)
    lines = _checked_lines(sales, known, now=now, currency=currency)
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


# In the order of the models' fields, as from_db reads them.
_PRODUCT = ("id", "sku", "name", "category", "price", "unit_cost", "active")
_CUSTOMER = ("id", "code", "name", "email", "active", "created_at")
_LOOK_UP = f"""
SELECT (SELECT stamp FROM rule_stamps WHERE id = 1), t.id, t.request_hash,
    {", ".join(f"p.{name}" for name in _PRODUCT)}, {", ".join(f"c.{name}" for name in _CUSTOMER)}
FROM unnest(%s::text[], %s::text[], %s::text[])
    WITH ORDINALITY AS asked (reference, sku, customer_code, row)
LEFT JOIN transactions t ON t.reference = asked.reference
LEFT JOIN products p ON upper(p.sku) = upper(asked.sku)
LEFT JOIN customers c ON c.code = asked.customer_code
ORDER BY asked.row
"""


def _look_up(sales: Sequence[SaleInput]) -> tuple[list[_Known], UUID | None]:
    """Return what is known of every line, and the stamp of the rules, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LOOK_UP,
            [
                [sale.reference for sale in sales],
                [sale.sku for sale in sales],
                [sale.customer_code for sale in sales],
            ],
        )
        rows = cursor.fetchall()
    known = [
        _Known(
            transaction_id=row[1],
            request_hash=row[2],
            product=_instance(Product, _PRODUCT, row[3 : 3 + len(_PRODUCT)]),
            customer=_instance(Customer, _CUSTOMER, row[3 + len(_PRODUCT) :]),
        )
        for row in rows
    ]
    return known, rows[0][0] if rows else None


def _instance(model: Any, names: Sequence[str], values: Sequence[Any]) -> Any:
    """Return a row as an instance with its other fields deferred; None where none was found."""
    return None if values[0] is None else model.from_db("default", names, values)


def _refuse_other_bodies(
    sales: Sequence[SaleInput], hashes: Sequence[str], known: Sequence[_Known]
) -> None:
    errors = [
        FieldError("reference", "conflict", f"{sale.reference} is another sale.", row)
        for row, (sale, k) in enumerate(zip(sales, known, strict=True))
        if k.transaction_id is not None and k.request_hash != hashes[row]
    ]
    if errors:
        raise ReferenceConflict(errors)


def _checked_lines(
    sales: Sequence[SaleInput], known: Sequence[_Known], *, now: datetime, currency: str
) -> list[_Line]:
    """Return the new lines in time order; raises SaleRefused."""
    errors: list[FieldError] = []
    lines: list[_Line] = []
    for row, (sale, k) in enumerate(zip(sales, known, strict=True)):
        if k.transaction_id is not None:
            continue
        found = list(_reference_errors(sale, k, row))
        if k.product is not None:
            price = k.product.price if sale.unit_price is None else sale.unit_price
            found += price_errors(sale, row, unit_price=price, currency=currency)
            line = _Line(row, sale, k.product, k.customer, price, sale.timestamp or now)
            lines.append(line)
        errors += found
    if errors:
        raise SaleRefused(errors, lines=len(sales))
    return sorted(lines, key=lambda line: line.timestamp)


def _reference_errors(sale: SaleInput, known: _Known, row: int) -> Iterator[FieldError]:
    if known.product is None:
        yield FieldError("sku", "unknown", f"There is no product {sale.sku}.", row)
    elif not known.product.active:
        yield FieldError("sku", "inactive", f"{sale.sku} is no longer sold.", row)
    if sale.customer_code is not None:
        if known.customer is None:
            message = f"There is no customer {sale.customer_code}."
            yield FieldError("customer_code", "unknown", message, row)
        elif not known.customer.active:
            message = f"Customer {sale.customer_code} is deactivated."
            yield FieldError("customer_code", "inactive", message, row)


@dataclass(frozen=True, slots=True)
class Opening:
    """How a sale begins. takes_stock: its units leave stock with it."""

    status: TransactionStatus
    takes_stock: bool


def opening_of(decision: Decision, payment_status: str) -> Opening:
    """Return how a sale begins after its decision.

    A held sale waits for the analyst whether paid or not; his approval completes it.
    """
    if decision == Decision.BLOCK:
        return Opening(TransactionStatus.FAILED, takes_stock=False)
    if decision == Decision.REVIEW:
        return Opening(TransactionStatus.IN_REVIEW, takes_stock=True)
    if payment_status == OUTSTANDING:
        return Opening(TransactionStatus.PENDING, takes_stock=True)
    return Opening(TransactionStatus.COMPLETED, takes_stock=True)


def _write(
    lines: Sequence[_Line],
    hashes: Sequence[str],
    *,
    now: datetime,
    actor: User | None,
    request_id: str,
    rules_stamp: UUID | None,
) -> dict[int, Transaction]:
    """Score, judge by the rules and write checked lines in time order; return them by row."""
    scores, review_above = _score(lines, now=now)
    judgements = _judge(lines, scores, rules_stamp)
    txns = []
    for i, line in enumerate(lines):
        score = float(scores.fraud_score[i])
        decision, suspicious = decision_of(
            score, review_above=review_above, rules=judgements[i].actions
        )
        txn = _transaction(line, opening_of(decision, line.sale.payment_status), now=now)
        txn.request_hash = hashes[line.row]
        txn.fraud_score, txn.is_suspicious, txn.decision = score, suspicious, decision
        txn.reasons, txn.score_version = scores.reasons(i), scores.version
        txns.append(txn)
    Transaction.objects.bulk_create(txns)
    _write_events(txns, now=now, actor=actor, request_id=request_id)
    keep_hits(txns, judgements, now=now)
    _alert(txns, judgements, now=now)
    # Last, because it locks products until the end.
    _take_stock(lines, txns, now=now, actor=actor)
    bump_on_commit(Tag.SALES)
    # Open lists say how many new rows wait.
    publish(topic=Topic.TRANSACTIONS, kind="recorded", payload={"sales": len(txns)}, now=now)
    return {line.row: txn for line, txn in zip(lines, txns, strict=True)}


def _score(lines: Sequence[_Line], *, now: datetime) -> tuple[Scores, float]:
    """Return the scores and the score above which a sale is held."""
    frame = SalesFrame(
        timestamp_us=np.array([microseconds(line.timestamp) for line in lines], np.int64),
        order_ref=text_column(line.sale.order for line in lines),
        customer_id=np.array(
            [line.customer.pk if line.customer else ANONYMOUS for line in lines], np.int64
        ),
        product_id=np.array([line.product.pk for line in lines], np.int64),
        quantity=np.array([line.sale.quantity for line in lines], np.int64),
        amount_cents=np.array([int(line.total * 100) for line in lines], np.int64),
        channel=text_column(line.sale.channel for line in lines),
        ip_country=text_column(line.sale.ip_country.upper() for line in lines),
        ship_country=text_column(line.sale.ship_country.upper() for line in lines),
        device=text_column(line.sale.device for line in lines),
    )
    statistics = StoredStatistics(frame, [line.product.category for line in lines])
    past = load_past(frame, as_of=now)
    labelled = labelled_lines(frame, past, load_told(frame, past))
    scores = score_lines(
        frame,
        history=customer_history(frame, past, labelled),
        baselines=statistics.baselines(),
        sharers=live_sharers(frame, as_of=now),
        runs=load_device_runs(frame),
        model=model_of(statistics.champion),
    )
    return scores, statistics.review_above


def _judge(lines: Sequence[_Line], scores: Scores, stamp: UUID | None) -> list[Judgement]:
    """Return the running rules that each line meets."""
    rules = running_rules(stamp)
    if not rules.rules:
        return [Judgement()] * len(lines)
    zone = ZoneInfo(settings.TIME_ZONE)
    return [
        rules.judge(facts_of(_to_judge(line, scores, i), zone=zone)) for i, line in enumerate(lines)
    ]


def _to_judge(line: _Line, scores: Scores, i: int) -> SaleToJudge:
    sale, customer = line.sale, line.customer
    return SaleToJudge(
        timestamp=line.timestamp,
        amount_cents=int(line.total * 100),
        discount_cents=int(sale.discount * 100),
        quantity=sale.quantity,
        channel=sale.channel,
        payment_method=sale.payment_method,
        device=sale.device,
        ip_country=sale.ip_country,
        ship_country=sale.ship_country,
        store=sale.store,
        sku=line.product.sku,
        category=line.product.category,
        customer=customer.code if customer else "",
        customer_since=customer.created_at if customer else None,
        email=customer.email if customer else "",
        score=float(scores.fraud_score[i]),
        reasons=scores.reasons(i),
    )


def _transaction(line: _Line, opening: Opening, *, now: datetime) -> Transaction:
    sale, status = line.sale, opening.status
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
        timestamp=line.timestamp,
        recorded_at=now,
        completed_at=line.timestamp if status == TransactionStatus.COMPLETED else None,
        expires_at=now + PENDING_EXPIRES_AFTER if status == TransactionStatus.PENDING else None,
    )


_EVENTS = """
INSERT INTO transaction_events
    (transaction_id, from_status, to_status, actor_id, reason, at, request_id)
SELECT sale.id, '', sale.status, %s, '', %s, %s
FROM unnest(%s::bigint[], %s::text[]) AS sale (id, status)
"""


def _write_events(
    txns: Sequence[Transaction], *, now: datetime, actor: User | None, request_id: str
) -> None:
    """Write how each sale began; every sale passes here, so without building instances."""
    with connection.cursor() as cursor:
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
    lines: Sequence[_Line], txns: Sequence[Transaction], *, now: datetime, actor: User | None
) -> None:
    """Take the units of all sales but blocked ones; raises InsufficientStock, errors by row."""
    entries = [
        MovementEntry(
            product_id=txn.product_id,
            kind=MovementKind.SALE,
            quantity=-txn.quantity,
            source_type=SOURCE,
            source_id=txn.pk,
            occurred_at=txn.timestamp,
            unit_cost=txn.unit_cost,
        )
        for txn in txns
        if opening_of(Decision(txn.decision), PAID).takes_stock
    ]
    try:
        changes = post_movements(entries, now=now, actor=actor)
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


# What a decision raises. The severity is critical above the shop's limit.
_ALERTS = {
    Decision.REVIEW: (AlertKind.FRAUD_REVIEW, Severity.MEDIUM, "held for review"),
    Decision.BLOCK: (AlertKind.FRAUD_BLOCK, Severity.HIGH, "blocked"),
}


def fraud_alert_key(order_ref: str) -> str:
    """Return the key that merges the alerts of one order into one case."""
    return f"fraud:{order_ref}"


def _alert(txns: Sequence[Transaction], judgements: Sequence[Judgement], *, now: datetime) -> None:
    """Open one case for each order with a held or blocked line."""
    cases: dict[str, list[Transaction]] = {}
    rules: dict[str, list[str]] = {}
    for txn, judgement in zip(txns, judgements, strict=True):
        if txn.decision in _ALERTS:
            cases.setdefault(txn.order_ref, []).append(txn)
            rules.setdefault(txn.order_ref, []).extend(judgement.live_names)
    if not cases:
        return
    limit = shop_settings().review_critical_amount
    raise_alerts([_case(held, rules[order], limit) for order, held in cases.items()], now=now)


def _case(held: Sequence[Transaction], rules: Sequence[str], limit: Decimal) -> AlertSpec:
    worst = max(held, key=lambda txn: (txn.decision == Decision.BLOCK, txn.fraud_score))
    kind, severity, what = _ALERTS[Decision(worst.decision)]
    amount = sum((txn.total_amount for txn in held), Decimal(0))
    return AlertSpec(
        kind=kind,
        severity=Severity.CRITICAL if amount > limit else severity,
        dedupe_key=fraud_alert_key(worst.order_ref),
        subject_kind=SOURCE,
        subject_id=worst.pk,
        title=f"Order {worst.order_ref} {what}",
        message=_why(rules, worst),
        path=transaction_path(worst.pk),
        facts={
            "order_ref": worst.order_ref,
            "amount": str(amount),
            "currency": worst.currency,
            "score": worst.fraud_score,
            "lines": len(held),
        },
        audience="transactions.view_transaction",
    )


def _why(rules: Sequence[str], worst: Transaction) -> str:
    """Return the rules that were met, or else what speaks loudest in the score."""
    if rules:
        names = ", ".join(dict.fromkeys(rules))
        return f"Rule {names}"
    main = max(worst.reasons[1:], key=lambda reason: reason["contribution"], default=None)
    return f"{main['label']}: {main['fact']}" if main else ""
