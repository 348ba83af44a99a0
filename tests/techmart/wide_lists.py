"""Every list whose columns can be chosen: where it is, what it shows, and a row for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from alerts.exports import FILE_COLUMNS as ALERT_FILE
from alerts.list_filters import COLUMN_NAMES as ALERT_COLUMNS
from analytics.choices import LoyaltyTier, Segment
from analytics.customer_export import FILE_COLUMNS as CUSTOMER_FILE
from analytics.customer_list import COLUMN_NAMES as CUSTOMER_COLUMNS
from analytics.metric_rules.export import FILE_COLUMNS as METRIC_RULE_FILE
from analytics.metric_rules.pages import COLUMNS as METRIC_RULE_COLUMNS
from analytics.models import CustomerPurchasePattern
from inventory.choices import ReplayStatus
from inventory.count_pages.export import SHEET_FILE
from inventory.count_pages.sheets import SHEET_COLUMNS
from inventory.exports import FILE_COLUMNS as PRODUCT_FILE
from inventory.list_filters import COLUMN_NAMES as PRODUCT_COLUMNS
from inventory.models import CountSheet, PurchaseOrder, ReplayRun
from inventory.order_pages.export import FILE_COLUMNS as ORDER_FILE
from inventory.order_pages.page import COLUMN_NAMES as ORDER_COLUMNS
from inventory.replay_page.export import RUN_FILE
from inventory.replay_page.runs import RUN_COLUMNS
from inventory.suggestion_pages.export import FILE_COLUMNS as SUGGESTION_FILE
from inventory.suggestion_pages.filters import COLUMN_NAMES as SUGGESTION_COLUMNS
from inventory.supplier_pages.export import FILE_COLUMNS as SUPPLIER_FILE
from inventory.supplier_pages.filters import COLUMN_NAMES as SUPPLIER_COLUMNS
from techmart.lib import export, page_parts
from tests.alerts.factories import make_alert
from tests.analytics.factories import make_sale
from tests.analytics.test_metric_rules import make_rule as make_metric_rule
from tests.inventory.factories import make_product, make_supplier, make_user
from tests.inventory.suggested import suggest
from tests.transactions.factories import held, make_analyst, make_customer
from tests.transactions.rules.rules import make_rule
from transactions.choices import Verdict
from transactions.exports import FILE_COLUMNS as SALE_FILE
from transactions.list_filters import COLUMN_NAMES as SALE_COLUMNS
from transactions.reviews.export import CASE_FILE, DECISION_FILE
from transactions.reviews.filters import CASE_COLUMNS, DECISION_COLUMNS
from transactions.rule_pages.contexts import RULE_COLUMNS
from transactions.rule_pages.export import RULE_FILE
from transactions.services.review_decisions import Choice, decide

PERMISSIONS = (
    "transactions.view_transaction",
    "transactions.view_customer",
    "transactions.view_fraudrule",
    "inventory.view_product",
    "inventory.view_purchaseorder",
    "inventory.view_reordersuggestion",
    "inventory.view_supplier",
    "inventory.view_countsheet",
    "inventory.view_replayrun",
    "alerts.view_alert",
    "analytics.view_metricrule",
)


@dataclass(frozen=True, slots=True)
class WideList:
    """One list.

    columns: names of its table. make: writes a row. key, file: of its export, where it has one.
    base: parameters that choose this table of the page. other_tables: addresses on the page that
    lead to a table of other columns.
    """

    path: str
    region: str
    columns: tuple[str, ...]
    make: Callable[[], object]
    key: str = ""
    file: tuple[export.Column, ...] = ()
    base: str = ""
    other_tables: frozenset[str] = frozenset()

    def url(self, columns: str = "", **further: str) -> str:
        """Return the address of the list in these columns, separated by dots."""
        cols = {"cols": columns} if columns else {}
        query = "&".join(part for part in (self.base, urlencode(further | cols)) if part)
        return f"{self.path}?{query}" if query else self.path


def _names(columns: tuple[page_parts.Column, ...]) -> tuple[str, ...]:
    return tuple(column.name for column in columns if column.name)


def _pattern() -> CustomerPurchasePattern:
    now = timezone.now()
    return CustomerPurchasePattern.objects.create(
        customer=make_customer(),
        as_of=now,
        recency_days=1,
        orders=3,
        net_sales=Decimal("50.00"),
        average_amount=1,
        frequency=1,
        log_value_sd=0,
        log_value_median=0,
        log_value_mad=0,
        hour_counts=[0] * 24,
        weekday_counts=[0] * 7,
        r_score=5,
        f_score=5,
        m_score=5,
        segment=Segment.CHAMPIONS,
        loyalty=100,
        tier=LoyaltyTier.PLATINUM,
        first_order_at=now,
        last_order_at=now,
        cohort_month=date(2026, 11, 1),
    )


def _decision() -> object:
    now = timezone.now()
    sale = held(now=now)
    choice = Choice(verdict=Verdict.DECLINE, reason="stolen_payment")
    return decide(order_refs=[sale.order_ref], choice=choice, actor=make_analyst(), now=now)


def _replay() -> ReplayRun:
    today = timezone.localdate()
    return ReplayRun.objects.create(
        requested_by=make_user(),
        status=ReplayStatus.QUEUED,
        first_day=today - timedelta(days=30),
        last_day=today,
        policies=[{"name": "Actual"}, {"name": "Today's policy"}],
        product_ids=[],
        days_total=60,
        seed=1,
    )


def _order() -> Any:
    return PurchaseOrder.objects.create(number="PO-1", supplier=make_supplier())


WIDE_LISTS = {
    "transactions": WideList(
        "/transactions/",
        "transactions-table",
        SALE_COLUMNS,
        lambda: make_sale(make_product(name="Socks")),
        "transactions",
        SALE_FILE,
    ),
    "products": WideList(
        "/inventory/",
        "inventory-table",
        PRODUCT_COLUMNS,
        make_product,
        "inventory",
        PRODUCT_FILE,
    ),
    "alerts": WideList(
        "/alerts/",
        "alerts-table",
        ALERT_COLUMNS,
        lambda: make_alert(title="Socks are low"),
        "alerts",
        ALERT_FILE,
    ),
    "orders": WideList(
        "/inventory/orders/", "inventory-orders", ORDER_COLUMNS, _order, "orders", ORDER_FILE
    ),
    "suggestions": WideList(
        "/inventory/suggestions/",
        "inventory-suggestions",
        SUGGESTION_COLUMNS,
        lambda: suggest(make_product()),
        "suggestions",
        SUGGESTION_FILE,
    ),
    "suppliers": WideList(
        "/inventory/suppliers/",
        "inventory-suppliers",
        SUPPLIER_COLUMNS,
        make_supplier,
        "suppliers",
        SUPPLIER_FILE,
    ),
    "customers": WideList(
        "/analytics/customer-list/",
        "analytics-customers",
        CUSTOMER_COLUMNS,
        _pattern,
        "customers",
        CUSTOMER_FILE,
    ),
    "cases": WideList(
        "/transactions/review/",
        "transactions-queue",
        CASE_COLUMNS,
        lambda: held(now=timezone.now()),
        "review",
        CASE_FILE,
        other_tables=frozenset({"/transactions/review/?tab=decided"}),
    ),
    "decisions": WideList(
        "/transactions/review/",
        "transactions-queue",
        DECISION_COLUMNS,
        _decision,
        "review",
        DECISION_FILE,
        base="tab=decided",
        other_tables=frozenset(
            {"/transactions/review/?tab=mine", "/transactions/review/?tab=snoozed"}
        ),
    ),
    "fraud rules": WideList(
        "/transactions/rules/",
        "transactions-rules",
        _names(RULE_COLUMNS),
        make_rule,
        "fraud-rules",
        RULE_FILE,
    ),
    "alert rules": WideList(
        "/alerts/rules/",
        "analytics-metric-rules",
        _names(METRIC_RULE_COLUMNS),
        make_metric_rule,
        "alert-rules",
        METRIC_RULE_FILE,
    ),
    "count sheets": WideList(
        "/inventory/counts/",
        "inventory-counts",
        _names(SHEET_COLUMNS),
        lambda: CountSheet.objects.create(abc_class="A"),
        "counts",
        SHEET_FILE,
    ),
    "replays": WideList(
        "/inventory/replay/",
        "inventory-replays",
        _names(RUN_COLUMNS),
        _replay,
        "replays",
        RUN_FILE,
    ),
}
