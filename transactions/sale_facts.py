"""The facts of one sale and of its customer, as pages show them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Case, Count, DecimalField, F, Min, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.paths import product_path
from techmart.core.shop import shop_settings
from techmart.lib.pseudonyms import masked
from transactions.choices import AdjustmentKind, Channel
from transactions.models import Adjustment, Customer, Transaction
from transactions.paths import LIST_PATH

_NOTHING = Decimal(0)
# Parts of a shop's data that may be made up, as ShopSettings.simulated names them, and what
# this page shows of them.
_SIMULATED = {
    "product.name": "product name",
    "customer.name": "customer name",
    "channel": "channel",
    "payment": "payment",
    "device": "device",
    "marks": "card, addresses and e-mail",
    "country": "countries",
    "fraud": "planted frauds",
}


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """The sale and what is known around it. marks: card, addresses and e-mail, masked."""

    reference: str
    order_ref: str
    status: str
    placed_at: datetime
    recorded_at: datetime
    completed_at: datetime | None
    channel_label: str
    quantity: int
    unit_price: Decimal
    discount: Decimal
    amount: Decimal
    currency: str
    product_name: str
    product_sku: str
    product_url: str
    customer_name: str | None
    customer_url: str
    customer_since: date | None
    customer_orders: int | None
    customer_net: Decimal | None
    payment_label: str
    device: str
    marks: list[tuple[str, str]]
    ip_country: str
    ship_country: str
    store: str
    imported_from: str
    is_suspicious: bool
    score: float
    score_version: str
    simulated_fields: list[str]


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What a customer bought so far. since: shop day of the first completed order."""

    since: date | None
    orders: int
    net: Decimal


def sale_facts(txn: Transaction) -> SaleFacts:
    """Return the sale with its customer's history."""
    customer = txn.customer
    history = customer_facts(customer) if customer else None
    made_up = set(shop_settings().simulated)
    return SaleFacts(
        reference=txn.reference,
        order_ref=txn.order_ref,
        status=txn.status,
        placed_at=txn.timestamp,
        recorded_at=txn.recorded_at,
        completed_at=txn.completed_at,
        channel_label=Channel(txn.channel).label,
        quantity=txn.quantity,
        unit_price=txn.unit_price,
        discount=txn.discount,
        amount=txn.total_amount,
        currency=txn.currency,
        product_name=txn.product.name,
        product_sku=txn.product.sku,
        product_url=product_path(txn.product.sku),
        customer_name=str(customer) if customer else None,
        customer_url=f"{LIST_PATH}?{urlencode({'customer': customer.code})}" if customer else "",
        customer_since=history.since if history else None,
        customer_orders=history.orders if history else None,
        customer_net=history.net if history else None,
        payment_label=txn.get_payment_method_display(),
        device=txn.device,
        marks=[
            (label, masked(mark))
            for label, mark in (
                ("Card", txn.card_hash),
                ("Shipping address", txn.ship_address_hash),
                ("Billing address", txn.bill_address_hash),
                ("E-mail", txn.email_stem),
            )
            if mark
        ],
        ip_country=txn.ip_country,
        ship_country=txn.ship_country,
        store=txn.store,
        imported_from=txn.imported_from.source if txn.imported_from else "",
        is_suspicious=txn.is_suspicious,
        score=txn.fraud_score,
        score_version=txn.score_version,
        simulated_fields=[label for part, label in _SIMULATED.items() if part in made_up],
    )


def customer_facts(customer: Customer) -> CustomerFacts:
    """Return orders, first day and net sales of one customer."""
    sold = customer.transactions.filter(completed_at__isnull=False).aggregate(
        first=Min("completed_at"),
        orders=Count("order_ref", distinct=True),
        gross=Coalesce(Sum("total_amount"), _NOTHING),
    )
    back = Adjustment.objects.filter(transaction__customer=customer).aggregate(
        total=Coalesce(
            Sum(
                Case(
                    When(kind=AdjustmentKind.CHARGEBACK_REVERSED, then=-F("amount")),
                    default=F("amount"),
                    output_field=DecimalField(max_digits=16, decimal_places=2),
                )
            ),
            _NOTHING,
        )
    )
    first = sold["first"]
    return CustomerFacts(
        since=timezone.localdate(first, timezone.get_default_timezone()) if first else None,
        orders=sold["orders"],
        net=sold["gross"] - back["total"],
    )
