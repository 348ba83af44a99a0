"""Invented contexts of every page, as the head of each template asks for them; a module an area."""

from decimal import Decimal
from typing import Any

from inventory.models import CountSheet
from tests.techmart import core_samples, report_samples, rule_samples
from tests.techmart.page_samples.alert_pages import alert_detail, alert_list, alerts
from tests.techmart.page_samples.dashboard_page import dashboard
from tests.techmart.page_samples.health_page import health
from tests.techmart.page_samples.product_pages import inventory, product
from tests.techmart.page_samples.purchasing_pages import ORDER, SCORECARD, SUPPLIER, purchasing
from tests.techmart.page_samples.review_pages import quality, review_queue
from tests.techmart.page_samples.sale_pages import transaction, transactions
from tests.techmart.page_samples.shared import NOW, shell

__all__ = ["NOW", "PAGES_WITH_CONTEXT", "alert_list", "alerts", "dashboard", "shell"]

PAGES_WITH_CONTEXT: dict[str, dict[str, Any]] = {
    "analytics/dashboard.html": {**shell(), **dashboard()},
    "analytics/report.html": {**shell("Analytics"), **report_samples.report()},
    "analytics/customers.html": {**shell("Analytics"), **report_samples.customers()},
    "analytics/customer.html": {**shell("Analytics"), **report_samples.customer()},
    "transactions/quality.html": {**shell("Transactions"), **quality()},
    "transactions/queue.html": {**shell("Transactions"), **review_queue()},
    "transactions/rules.html": {**shell("Transactions"), **rule_samples.rule_list()},
    "transactions/rule.html": {**shell("Transactions"), **rule_samples.rule()},
    "transactions/rule_builder.html": {**shell("Transactions"), **rule_samples.rule_builder()},
    "transactions/value_lists.html": {**shell("Transactions"), **rule_samples.value_lists()},
    "transactions/value_list.html": {**shell("Transactions"), **rule_samples.value_list()},
    "transactions/list.html": {**shell("Transactions"), **transactions()},
    "transactions/detail.html": {
        **shell("Transactions"),
        **transaction(),
        **rule_samples.rules_met(),
    },
    "inventory/list.html": {**shell("Inventory"), **inventory()},
    "inventory/product.html": {**shell("Inventory"), **product()},
    "inventory/suggestions.html": {**shell("Inventory"), **purchasing(tab="open")},
    "inventory/orders.html": {**shell("Inventory"), **purchasing()},
    "inventory/order.html": {
        **shell("Inventory"),
        **purchasing(order=ORDER, supplier=SUPPLIER, is_draft=True, may_change=True),
        **dict.fromkeys(("units", "received_units", "missing_units", "days_late"), 0),
        **dict.fromkeys(("amount", "missing_value"), Decimal(10)),
    },
    "inventory/suppliers.html": {**shell("Inventory"), **purchasing(query="")},
    "inventory/supplier.html": {
        **shell("Inventory"),
        **purchasing(supplier=SUPPLIER, card=SCORECARD, weekdays="any day", products_total=0),
    },
    "inventory/counts.html": {**shell("Inventory"), **purchasing()},
    "inventory/count_sheet.html": {
        **shell("Inventory"),
        **purchasing(sheet=CountSheet(pk=1, abc_class="A"), posted=0),
    },
    "inventory/replay.html": {**shell("Inventory"), **core_samples.replay()},
    "core/files.html": {**shell(), **core_samples.files()},
    "core/views.html": {**shell(), **core_samples.views()},
    "core/reports.html": {**shell(), **core_samples.reports()},
    "alerts/channels.html": {**shell("Alerts"), **core_samples.channels()},
    "alerts/channel.html": {**shell("Alerts"), **core_samples.channel()},
    "analytics/metric_rules.html": {**shell("Alerts"), **core_samples.metric_rules()},
    "analytics/metric_rule.html": {**shell("Alerts"), **core_samples.metric_rule()},
    "alerts/list.html": {**shell("Alerts"), **alert_list()},
    "alerts/detail.html": {**shell("Alerts"), **alert_detail()},
    "techmart/health.html": {**shell("Health"), **health()},
}
