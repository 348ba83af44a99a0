"""For each index of ours, what the application asks for that the index answers."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import md5
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from alerts.api.views import AlertFilter, AlertViewSet
from alerts.models import Alert, AlertEvent, Delivery
from alerts.notifying.models import DeliveryState
from alerts.notifying.services import _told
from alerts.search import alerts as search_alerts
from alerts.services import sweep_alerts
from alerts.services.rows import lock_by_key
from alerts.stream import number_events
from analytics.choices import Segment, View
from analytics.dashboard import waiting
from analytics.models import CustomerPurchasePattern, CustomerStats
from analytics.refresh import latest_run, manual_progress
from analytics.reports import materialized
from inventory.api.views import (
    MovementFilter,
    MovementViewSet,
    ProductFilter,
    ProductViewSet,
    SupplierViewSet,
)
from inventory.choices import AbcClass, ProductTab, RunKind
from inventory.count_schedule import next_to_count
from inventory.forecast_accuracy import scored_forecasts
from inventory.models import (
    ForecastOverride,
    InventoryPrediction,
    Product,
    PurchaseOrder,
    ReorderSuggestion,
    StockCount,
    StockMovement,
    Supplier,
)
from inventory.planner.demand_rows import load_demand
from inventory.planner.loading import load_range
from inventory.planner.overrides import _standing
from inventory.planner.runs import WHOLE_RANGE, _check_rate
from inventory.replay_runs import requests as replay_requests
from inventory.scorecards import load_scorecards
from inventory.search import products as search_products
from inventory.services.reconciliation import stock_differences
from inventory.supplier_pages.filters import SupplierFilters
from inventory.supplier_pages.page import suppliers_of
from techmart.core import outbox
from techmart.core.exports.pages import files_context
from techmart.core.exports.services import KEPT_FOR
from techmart.core.models import AuditEntry, ExportJob, User
from techmart.core.reports.services import waiting_deliveries
from tests.indexes.shop import NOW
from transactions.api.views import CustomerViewSet
from transactions.choices import TransactionStatus
from transactions.fraud.calendar import shop_day
from transactions.fraud.frame import SalesFrame, text_column
from transactions.fraud.history import DayRange, load_fraud_orders, load_past
from transactions.fraud.label_history import load_device_runs
from transactions.fraud.sharing import live_shared
from transactions.list_filters import Basis
from transactions.models import FraudRuleVersion, ReviewDecision, Transaction
from transactions.querysets import SORTS, SalesFilter
from transactions.reviews import queue_page
from transactions.reviews.case import last_decision
from transactions.reviews.filters import ReviewFilters, Tab
from transactions.rule_pages.contexts import cases_a_day
from transactions.sales_list import entries_page
from transactions.services.rules.gate import newest_backtest

Ask: TypeAlias = Callable[[], object]
_PAGE = 50


def _rows(queryset: QuerySet[Any, Any], size: int = _PAGE) -> Ask:
    return lambda: list(queryset[:size])


def _api(view: Any, *, sort: str, filters: Any = None, **values: Any) -> Ask:
    """One page of the API, as its sort and its filters make it."""

    def ask() -> object:
        rows = view.queryset.all()
        narrowed = filters(values, queryset=rows).qs if filters else rows
        return view.keysets[sort].page(narrowed, size=_PAGE)

    return ask


def _sales(sort: str = "-timestamp", **filters: Any) -> Ask:
    """A page from the middle of the list of sales."""

    def ask() -> object:
        rows = Transaction.objects.narrowed(SalesFilter(**filters)).listed()
        first = SORTS[sort].page(rows, size=_PAGE)
        return SORTS[sort].page(rows, size=_PAGE, cursor=first.next_cursor)

    return ask


def _entries(basis: Basis, **filters: Any) -> Ask:
    def ask() -> object:
        return entries_page(SalesFilter(**filters), basis=basis, sort="-timestamp", cursor="")

    return ask


def _scoring() -> object:
    """What is read to score one sale of a customer with a long past, shipped to a country."""
    line = SalesFrame(
        timestamp_us=np.array([int(NOW.timestamp() * 1e6)], np.int64),
        order_ref=text_column(["new"]),
        customer_id=np.array([7], np.int64),
        product_id=np.array([1], np.int64),
        quantity=np.array([1], np.int64),
        amount_cents=np.array([500], np.int64),
        channel=text_column(["web"]),
        ip_country=text_column(["US"]),
        ship_country=text_column(["CA"]),
    )
    return load_past(line, as_of=NOW)


def _shared() -> object:
    """What is read to score one sale with a card, addresses and an e-mail that were seen before."""
    line = SalesFrame(
        timestamp_us=np.array([int(NOW.timestamp() * 1e6)], np.int64),
        order_ref=text_column(["new"]),
        customer_id=np.array([7], np.int64),
        product_id=np.array([1], np.int64),
        quantity=np.array([1], np.int64),
        amount_cents=np.array([500], np.int64),
        channel=text_column(["web"]),
        ip_country=text_column(["US"]),
        ship_country=text_column(["CA"]),
        card=text_column([md5(b"card8").hexdigest()]),
        ship_address=text_column([md5(b"home8").hexdigest()]),
        bill_address=text_column([md5(b"bank8").hexdigest()]),
        email=text_column(["name8@host8.test"]),
    )
    return live_shared(line, as_of=NOW)


def _device_run() -> object:
    """What is read to score one sale through a device with a long past."""
    line = SalesFrame(
        timestamp_us=np.array([int(NOW.timestamp() * 1e6)], np.int64),
        order_ref=text_column(["new"]),
        customer_id=np.array([7], np.int64),
        product_id=np.array([1], np.int64),
        quantity=np.array([1], np.int64),
        amount_cents=np.array([500], np.int64),
        channel=text_column(["web"]),
        ip_country=text_column(["US"]),
        ship_country=text_column(["CA"]),
        device=text_column(["d-7"]),
    )
    return load_device_runs(line)


def _known_frauds() -> object:
    shop = ZoneInfo(settings.TIME_ZONE)
    today = shop_day(NOW, shop)
    return load_fraud_orders(DayRange(today, today, shop))


def _view(name: str) -> Ask:
    """What a refresh of a view runs."""

    def ask() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT definition FROM pg_matviews WHERE matviewname = %s", [name])
            [definition] = cursor.fetchone()
            cursor.execute(definition.rstrip(";"))
            return cursor.fetchall()

    return ask


def _user() -> User:
    return User.objects.get(pk=1)


ASKED: dict[str, Ask] = {
    # core
    "idx_audit_subject": _rows(
        AuditEntry.objects.filter(subject_kind="product", subject_id=77).order_by("-at")
    ),
    "idx_outbox_due": lambda: outbox.deliver_due(now=NOW),
    # alerts
    "idx_alerts_live": _rows(Alert.objects.needing_attention().worst_first()),
    "idx_alerts_seen": _api(AlertViewSet, sort="newest"),
    "idx_alerts_kind": _api(AlertViewSet, sort="newest", filters=AlertFilter, kind=["fraud.block"]),
    "idx_alerts_subject": _rows(Alert.objects.about("product", 77).newest_first()),
    "idx_alerts_key_resolved": lambda: lock_by_key(
        ["key:1", "key:2"], resolved_since=NOW - timedelta(days=1)
    ),
    "idx_alerts_ack_until": lambda: sweep_alerts(now=NOW),
    "idx_alerts_snoozed_until": lambda: sweep_alerts(now=NOW),
    "idx_alerts_clearing": lambda: sweep_alerts(now=NOW),
    "idx_alerts_flapping": lambda: sweep_alerts(now=NOW),
    "idx_alerts_assigned": lambda: list(
        Alert.objects.live().filter(assigned_to=_user()).worst_first()[:_PAGE]
    ),
    "idx_alerts_title_trgm": lambda: list(search_alerts("abcd", _user())[:_PAGE]),
    "idx_exports_person": lambda: files_context(User(pk=7)),
    "idx_exports_requested": _rows(ExportJob.objects.filter(requested_at__lt=NOW - KEPT_FOR), 8000),
    "idx_report_deliveries_due": lambda: waiting_deliveries(now=NOW),
    "idx_deliveries_due": _rows(
        Delivery.objects.filter(state=DeliveryState.WAITING, next_attempt_at__lte=NOW).order_by(
            "next_attempt_at"
        ),
        1,
    ),
    "idx_deliveries_latest": lambda: _told(["channel:3"]),
    "idx_events_unnumbered": number_events,
    "idx_events_alert": _rows(AlertEvent.objects.history(77), 100),
    # inventory
    "idx_suppliers_name": _api(SupplierViewSet, sort="name"),
    "idx_suppliers_name_trgm": lambda: (
        list(Supplier.objects.filter(name__iregex="abcd")[:_PAGE]),
        list(suppliers_of(SupplierFilters(q="gardne", spelt=True))[:_PAGE]),
    ),
    "idx_products_name": _api(ProductViewSet, sort="name", filters=ProductFilter, abc=["A"]),
    "idx_products_name_trgm": lambda: (
        list(Product.objects.matching("abcd")[:_PAGE]),
        # With a slip in the middle of a word.
        list(search_products("gardne article", _user())[:_PAGE]),
        list(Product.objects.spelt_like("gardne article")[:_PAGE]),
    ),
    "idx_products_sku_trgm": _rows(Product.objects.matching("0004321")),
    "idx_products_out": lambda: Product.objects.on_tab(ProductTab.OUT).count(),
    "idx_products_inbound": lambda: Product.objects.on_tab(ProductTab.ORDERED).count(),
    "idx_products_stock_low": _rows(Product.objects.low(), 6),
    "idx_products_reorder_threshold": _rows(
        Product.objects.order_by("-reorder_threshold", "pk"), 100
    ),
    "idx_products_category": _api(
        ProductViewSet, sort="name", filters=ProductFilter, category="Category 7"
    ),
    "idx_products_supplier_id": _api(
        ProductViewSet, sort="name", filters=ProductFilter, supplier="S77"
    ),
    "idx_movements_product": _rows(StockMovement.objects.ledger_of(77)),
    "idx_movements_recorded": _api(MovementViewSet, sort="newest"),
    "idx_movements_kind": _api(
        MovementViewSet, sort="occurred", filters=MovementFilter, kind=["write_off"]
    ),
    "idx_counts_product": _rows(
        StockCount.objects.filter(product_id=77).order_by("-counted_at", "-pk")
    ),
    "idx_orders_inbound": lambda: waiting.decisions(now=NOW, today=NOW.date()),
    "idx_orders_supplier": _rows(
        PurchaseOrder.objects.filter(supplier_id=77).order_by("-created_at", "-pk")
    ),
    "idx_order_lines_inbound": stock_differences,
    "idx_supplier_returns_supplier": lambda: load_scorecards([77], now=NOW),
    "idx_count_lines_open": lambda: next_to_count(AbcClass.A, size=25, now=NOW),
    "idx_receipts_received": lambda: load_range(Product.objects.filter(pk__lt=100), now=NOW),
    "idx_forecast_runs_kind": lambda: _check_rate(RunKind.SUGGESTIONS, WHOLE_RANGE, now=NOW),
    "idx_replay_runs_person": lambda: replay_requests._check_rate(_user(), now=NOW),
    "idx_predictions_confidence": _rows(InventoryPrediction.objects.order_by("confidence", "pk")),
    "idx_suggestions_open": _rows(ReorderSuggestion.objects.open(), 4),
    "idx_suggestions_product": _rows(
        ReorderSuggestion.objects.filter(product_id=77).order_by("-created_at")
    ),
    "idx_product_daily_day": lambda: load_demand(np.arange(1, 5001), days=56, now=NOW),
    "idx_overrides_product": _rows(
        ForecastOverride.objects.filter(product_id=77).order_by("-first_day", "pk"), 20
    ),
    "idx_overrides_standing": lambda: _standing(np.arange(1, 5001), NOW.date()),
    "idx_accuracy_day": _rows(
        scored_forecasts(NOW.date() - timedelta(days=9), NOW.date() - timedelta(days=8))
    ),
    "idx_product_totals_rank": _view("top_products_mv"),
    # transactions
    "idx_tx_timestamp": _sales(),
    "idx_tx_completed": _entries(Basis.COMPLETED),
    "idx_tx_store_completed": _entries(Basis.COMPLETED, store="Store 7"),
    "idx_tx_order_ref": _sales(order_ref="O77"),
    "idx_tx_review_open": _rows(Transaction.objects.awaiting_review(), 10),
    "idx_tx_pending_expiry": _rows(Transaction.objects.expired(now=NOW)),
    "idx_tx_amount": _sales("-amount"),
    "idx_tx_customer_country": _scoring,
    "idx_transactions_customer_timestamp": _sales(customer_id=77),
    "idx_transactions_product_timestamp": _sales(product_id=77),
    "idx_transactions_suspicious": _rows(Transaction.objects.suspicious(), 5),
    "idx_transactions_fraud_score": _sales("-score"),
    "idx_transactions_status_timestamp": _sales(statuses=(TransactionStatus.DISPUTED,)),
    "idx_tx_events_transaction": lambda: list(Transaction.objects.get(pk=77).events.order_by("pk")),
    "idx_adjustments_transaction": lambda: list(Transaction.objects.get(pk=77).adjustments.all()),
    "idx_adjustments_booked": _entries(Basis.BOOKED),
    "idx_labels_known": _known_frauds,
    "idx_device_facts_run": _device_run,
    "idx_tx_device": _rows(
        Transaction.objects.filter(device="d-76").order_by("-timestamp", "-pk"), 8
    ),
    "idx_tx_card": _shared,
    "idx_tx_ship_address": _shared,
    "idx_tx_bill_address": _shared,
    "idx_tx_email": _shared,
    "idx_tx_email_domain": _shared,
    "idx_review_batch": lambda: list(
        ReviewDecision.objects.filter(batch=UUID("c4ca4238-a0b9-2382-0dcc-509a6f75849b"))
    ),
    "idx_review_transaction": lambda: last_decision(Transaction(pk=77)),
    "idx_review_decided": lambda: queue_page._decided(ReviewFilters(tab=Tab.DECIDED), ""),
    "idx_backtests_version": lambda: newest_backtest(FraudRuleVersion(pk=77)),
    "idx_rule_hits_version": lambda: cases_a_day([77, 78], NOW),
    "idx_customers_name": _api(CustomerViewSet, sort="name"),
    "idx_customers_name_trgm": lambda: (
        list(Transaction.objects.matching("abcd")[:_PAGE]),
        Transaction.objects.only_spelt("gardne article"),
    ),
    "idx_import_runs_kind": lambda: waiting.loading(now=NOW),
    # analytics
    "idx_patterns_segment": _rows(
        CustomerPurchasePattern.objects.filter(segment=Segment.LOYAL).order_by("-net_sales", "pk")
    ),
    "idx_patterns_cohort": _rows(
        CustomerPurchasePattern.objects.filter(cohort_month="2025-06-01").order_by("pk")
    ),
    "idx_patterns_net": _rows(CustomerPurchasePattern.objects.order_by("-net_sales", "pk")),
    "idx_patterns_expected": _rows(
        CustomerPurchasePattern.objects.filter(expected_value_90d__isnull=False).order_by(
            "-expected_value_90d", "pk"
        )
    ),
    "idx_customer_stats_last": _rows(CustomerStats.objects.order_by("-last_order_at", "pk")),
    "idx_refresh_runs_done": lambda: latest_run(View.TOP_PRODUCTS),
    "idx_refresh_runs_started": lambda: manual_progress(
        person=_user(), since=NOW - timedelta(minutes=5)
    ),
    "top_products_mv_rank": lambda: materialized.read_sellers(7),
}
