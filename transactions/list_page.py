"""The list of sales as its page shows it: finished values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from inventory.models import Product
from inventory.range_options import category_select, choice
from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.columns import column_menu, shown_columns
from techmart.lib.keyset import BadCursor, KeysetPage
from techmart.lib.page_parts import (
    AsOf,
    Chip,
    Column,
    Direction,
    Link,
    Option,
    Pager,
    Select,
    keyset_pager,
    spelt_label,
)
from techmart.lib.periods import Period
from transactions.choices import Channel, PaymentMethod, TransactionStatus
from transactions.forms import DecisionForm
from transactions.fraud.stored import review_threshold
from transactions.list_filters import CURSOR, Basis, ListFilters
from transactions.models import Customer, Transaction
from transactions.paths import LIST_PATH, REVIEW_PATH, transaction_path
from transactions.querysets import DEFAULT_SORT, SalesFilter
from transactions.reviews.case import assignees, undo_of
from transactions.sales_list import (
    ControlTotals,
    Entry,
    control_totals,
    entries_page,
    waiting_counts,
)

FRESH_SECONDS = 60
_PERIODS = (
    (None, "Any time"),
    (Period.TODAY, "Today"),
    (Period.WEEK, "7 d"),
    (Period.MONTH, "28 d"),
    (Period.QUARTER, "90 d"),
)
_AMOUNTS = (20, 100, 500, 1000)
_SCORES = (25, 50, 75)
# Parameters that the form has a field of its own for; the others it carries along.
_FIELDS_OF_FORM = {"cat", "channel", "pay", "amount_min", "score_min", "q"}
_TIME_LABELS = {Basis.PLACED: "Time", Basis.COMPLETED: "Completed", Basis.BOOKED: "Booked"}
_BASIS_CHIPS = {
    Basis.COMPLETED: "By time of completion",
    Basis.BOOKED: "Sales, refunds and chargebacks as booked",
}


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One row: a sale, or money that went back or came again.

    amount: signed. status: of the sale, or the kind of adjustment. score: 0 to 1. key: of a sale
    that waits for a decision, else None.
    """

    key: int | None
    reference: str
    url: str
    at: datetime
    customer_name: str | None
    product_name: str
    quantity: int
    amount: Decimal
    payment: str
    country: str
    score: float | None
    status: str


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What an address asks for, with the codes in it looked up."""

    filters: ListFilters
    sales: SalesFilter


def resolve(filters: ListFilters, *, now: datetime) -> ListQuery:
    """Look up product and customer, and whether the words searched for name anything.

    A code that names nothing is ignored.
    """
    product_id = customer_id = None
    if filters.sku:
        product_id = Product.objects.filter(sku=filters.sku).values_list("pk", flat=True).first()
        if product_id is None:
            filters = filters.ignoring("sku")
    if filters.customer:
        found = Customer.objects.filter(code=filters.customer).values_list("pk", flat=True)
        customer_id = found.first()
        if customer_id is None:
            filters = filters.ignoring("customer")
    if filters.q and Transaction.objects.only_spelt(filters.q):
        filters = replace(filters, spelt=True)
    sales = filters.sales(
        now=now,
        zone=timezone.get_default_timezone(),
        product_id=product_id,
        customer_id=customer_id,
    )
    return ListQuery(filters, sales)


def list_context(filters: ListFilters, *, cursor: str, user: User, now: datetime) -> dict[str, Any]:
    """Return everything that `transactions/_table.html` asks for."""
    query = resolve(filters, now=now)
    filters, sales = query.filters, query.sales
    try:
        page = entries_page(sales, basis=filters.basis, sort=filters.sort, cursor=cursor)
    except BadCursor:
        filters = replace(filters, ignored=(*filters.ignored, (CURSOR, cursor)))
        cursor = ""
        page = entries_page(sales, basis=filters.basis, sort=filters.sort, cursor="")
    totals = control_totals(sales, basis=filters.basis) if filters.narrows else None
    rows = rows_of(page.rows, filters)
    may_decide = user.has_perm("transactions.change_transaction")
    page_url = filters.url(LIST_PATH, cursor=cursor)
    columns = _columns(filters)
    return {
        "page_url": page_url,
        "newest_url": replace(filters, sort=DEFAULT_SORT).url(LIST_PATH),
        "clear_url": filters.whole.url(LIST_PATH),
        "freshness": AsOf(now, FRESH_SECONDS),
        "tabs": _tabs(filters, waiting_counts(replace(sales, statuses=()), basis=filters.basis)),
        "periods": _periods(filters),
        "selects": _selects(filters),
        "chips": _chips(filters),
        "query": filters.q,
        "spelt": filters.spelt,
        "hidden": [
            (name, value)
            for name, value in filters.parameters().items()
            if name not in _FIELDS_OF_FORM
        ],
        "columns": shown_columns(columns, filters.columns),
        "column_menu": column_menu(columns, filters.columns, page_url=page_url),
        "rows": rows,
        "review_threshold": review_threshold(),
        "totals": totals and _totals(totals),
        "pager": _pager(filters, page, totals),
        "filtered": filters.narrows,
        "selectable": may_decide and any(row.key for row in rows),
        "bulk_url": f"{REVIEW_PATH}bulk/",
        "first_case_url": f"{REVIEW_PATH}next/",
        "decision_form": DecisionForm(),
        "assignees": assignees() if may_decide else [],
        "undo": undo_of(user),
    }


def rows_of(entries: Sequence[Entry], filters: ListFilters) -> list[SaleRow]:
    """Return the rows; each links to its sale, which leads back to this list."""
    back = filters.query_string()
    suffix = f"?{urlencode({'queue': back})}" if back else ""
    return [_row(entry, suffix, filters.basis) for entry in entries]


def _row(entry: Entry, suffix: str, basis: Basis) -> SaleRow:
    sale = entry if isinstance(entry, Transaction) else entry.transaction
    held = sale.status == TransactionStatus.IN_REVIEW
    row = SaleRow(
        key=sale.pk if held else None,
        reference=sale.reference,
        url=f"{transaction_path(sale.pk)}{suffix}",
        at=sale.timestamp if basis is Basis.PLACED else sale.completed_at or sale.timestamp,
        customer_name=str(sale.customer) if sale.customer else None,
        product_name=sale.product.name,
        quantity=sale.quantity,
        amount=sale.total_amount,
        payment=PaymentMethod(sale.payment_method).label,
        country=sale.ship_country or sale.ip_country,
        score=sale.fraud_score,
        status=sale.status,
    )
    if isinstance(entry, Transaction):
        return row
    return replace(
        row,
        key=None,
        reference=entry.reference,
        at=entry.booked_at,
        quantity=entry.units_returned,
        amount=entry.signed_amount,
        score=None,
        status=entry.kind,
    )


def _tabs(filters: ListFilters, waiting: dict[str, int]) -> list[Link]:
    tabs = [Link("All", _url(filters, status=""), not filters.status)]
    tabs += [
        Link(
            label,
            _url(filters, status=status),
            filters.status == status,
            waiting.get(status),
            "bad" if status == TransactionStatus.IN_REVIEW and waiting[status] else "",
        )
        for status, label in TransactionStatus.choices
    ]
    return tabs


def _periods(filters: ListFilters) -> list[Link]:
    dated = filters.start is not None or filters.end is not None
    return [
        Link(
            label,
            filters.within(period).url(LIST_PATH),
            filters.period is period and not dated,
        )
        for period, label in _PERIODS
    ]


def _selects(filters: ListFilters) -> list[Select]:
    amount = filters.parameters().get("amount_min", "")
    score = filters.parameters().get("score_min", "")
    found = [
        category_select(filters.category),
        choice("channel", "Channel", "All channels", _options(Channel), filters.channel),
        choice("pay", "Payment", "Any payment", _options(PaymentMethod), filters.payment),
        choice(
            "amount_min",
            "Amount",
            "Any amount",
            [Option(str(least), f"{_money(least)} or more") for least in _AMOUNTS],
            amount,
        ),
        choice(
            "score_min",
            "Score",
            "Any score",
            [Option(str(least), f"Score {least} or more") for least in _SCORES],
            score,
        ),
    ]
    return [select for select in found if select is not None]


def filter_words(filters: ListFilters, *, now: datetime) -> list[str]:
    """Say what narrows the list: its status and period, and the words of its chips."""
    words = [TransactionStatus(filters.status).label] if filters.status else []
    if filters.period and filters.start is None and filters.end is None:
        zone = timezone.get_default_timezone()
        stretch = filters.stretch(now=now, zone=zone)
        if stretch.start and stretch.end:
            words.append(formats.window(stretch.start, stretch.end, zone))
    return words + [label for _, label in _named(filters)]


def _chips(filters: ListFilters) -> list[Chip]:
    # The address of this view has lost what was ignored already.
    here = filters.url(LIST_PATH)
    return [
        Chip(label, filters.without(*names).url(LIST_PATH)) for names, label in _named(filters)
    ] + [Chip(f"ignored: {name}={value}", here, ignored=True) for name, value in filters.ignored]


def _named(filters: ListFilters) -> list[tuple[tuple[str, ...], str]]:
    """Return the filters in force: the parameters of each and its words."""
    zone = timezone.get_default_timezone()
    named = {
        ("from", "to"): _stretch_label(filters, zone),
        ("basis",): _BASIS_CHIPS.get(filters.basis, ""),
        ("channel",): filters.channel and Channel(filters.channel).label,
        ("store",): filters.store and f"Store {filters.store}",
        ("cat",): filters.category,
        ("amount_min",): ""
        if filters.amount_min is None
        else f"{_money(filters.amount_min)} or more",
        ("score_min",): f"Score {filters.score_min} or more" if filters.score_min else "",
        ("pay",): filters.payment and f"Paid by {PaymentMethod(filters.payment).label.lower()}",
        ("suspicious",): "Suspicious" if filters.suspicious else "",
        ("sku",): filters.sku and f"Product {filters.sku}",
        ("customer",): filters.customer and f"Customer {filters.customer}",
        ("order",): filters.order and f"Order {filters.order}",
        ("q",): filters.q and spelt_label(filters.q, spelt=filters.spelt),
    }
    return [(names, label) for names, label in named.items() if label]


def _stretch_label(filters: ListFilters, zone: tzinfo) -> str:
    if filters.start is None and filters.end is None:
        return ""
    # Only a period needs to know what time it is.
    stretch = replace(filters, period=None).stretch(now=timezone.now(), zone=zone)
    if stretch.start and stretch.end:
        return formats.window(stretch.start, stretch.end, zone)
    if stretch.start:
        return f"Since {formats.moment(stretch.start, zone, seconds=False)}"
    return f"Until {formats.moment(stretch.end, zone, seconds=False)}"


def _columns(filters: ListFilters) -> list[Column]:
    # Money booked comes from two tables and is sorted by time alone.
    by_time_alone = filters.basis is Basis.BOOKED
    time = Column(_TIME_LABELS[filters.basis], name="time")
    amount = Column("Amount", align="r", name="amount")
    score = Column("Score", align="r", name="score")
    return [
        Column("Transaction", name="transaction"),
        _sortable(filters, time, "timestamp"),
        Column("Customer", name="customer"),
        Column("Product", hide="opt-l", name="product"),
        Column("Qty", align="r", hide="opt-l", name="quantity"),
        amount if by_time_alone else _sortable(filters, amount, "amount"),
        Column("Payment", hide="opt-m", name="payment"),
        score if by_time_alone else _sortable(filters, score, "score"),
        Column("Status", name="status"),
    ]


def _sortable(filters: ListFilters, column: Column, key: str) -> Column:
    """Return the column with its sort, downwards first."""
    downwards, upwards = f"-{key}", key
    direction: Direction = ""
    if filters.sort == downwards:
        direction = "descending"
    elif filters.sort == upwards:
        direction = "ascending"
    wanted = upwards if filters.sort == downwards else downwards
    return replace(column, key=key, sort_url=_url(filters, sort=wanted), direction=direction)


def _totals(totals: ControlTotals) -> list[tuple[str, str]]:
    """Return names and finished values; refunds and net only where their rows are listed."""
    counted = [
        ("Rows", formats.count(totals.rows)),
        ("Orders", formats.count(totals.orders)),
        ("Customers", formats.count(totals.customers)),
    ]
    if totals.net is None or totals.refunds is None:
        return [*counted, ("Amount", _in_full(totals.amount))]
    return [
        *counted,
        ("Gross", _in_full(totals.amount)),
        ("Refunds and chargebacks", _in_full(-totals.refunds)),
        ("Net", _in_full(totals.net)),
    ]


def _pager(filters: ListFilters, page: KeysetPage[Entry], totals: ControlTotals | None) -> Pager:
    labels = {DEFAULT_SORT: ("Newer", "Older"), DEFAULT_SORT.removeprefix("-"): ("Older", "Newer")}
    before, after = labels.get(filters.sort, ("Previous", "Next"))

    return keyset_pager(
        page,
        lambda cursor: filters.url(LIST_PATH, cursor=cursor),
        # Counted for the totals already, so said in full.
        total=totals.rows if totals else None,
        labels=(before, after),
    )


def _url(filters: ListFilters, **changes: Any) -> str:
    return replace(filters, **changes).url(LIST_PATH)


def _options(choices: Any) -> list[Option]:
    return [Option(value, label) for value, label in choices.choices]


def _money(amount: Decimal | int) -> str:
    return formats.money(
        amount, settings.SHOP_CURRENCY, places=0 if amount == int(amount) else None
    )


def _in_full(amount: Decimal) -> str:
    return formats.money(amount, settings.SHOP_CURRENCY)
