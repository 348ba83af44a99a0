"""Fills the shop that the browser looks at, through the services that pages and API use.

Run inside the stack's environment: `manage.py shell -c "from tests.e2e.seed import fill; fill()"`.
Prints one line of JSON for the tests: see `Shop` in tests/e2e/stack.py.
"""

import json
import sys
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from alerts.choices import AlertKind, Severity
from alerts.notifying.channels import create_channel, switch_channel
from alerts.notifying.models import ChannelKind
from analytics.patterns import analyze_customer_patterns
from analytics.refresh import refresh_all_views
from analytics.rollups.folding import fold
from inventory.planner.predictions import update_inventory_predictions
from inventory.planner.suggestions import generate_reorder_suggestions
from inventory.services.products import create_product
from inventory.services.suppliers import create_supplier
from techmart.core.models import User
from techmart.core.tokens import issue_token
from tests.e2e.people import COLLEAGUE
from transactions.services import SaleInput, record_sales, refresh_fraud_statistics
from transactions.services.customers import create_customer

SUPPLIERS = {"north": "North Traders", "harbour": "Harbour Goods", "mill": "Mill & Sons"}
CATEGORIES = ("Audio", "Kitchen", "Garden")
PRODUCTS = 30
CUSTOMERS = 12
DAYS = 5
SALES_A_DAY = 36


def fill() -> None:
    """Make suppliers, products, customers, five days of sales, and all that follows from them."""
    now = timezone.now()
    start = now - timedelta(days=DAYS)
    _make_range(start)
    for day in range(DAYS):
        _sell(day, start=start + timedelta(days=day))
    fold(now=now)
    refresh_fraud_statistics(now=now)
    update_inventory_predictions(now=now)
    generate_reorder_suggestions(now=now)
    analyze_customer_patterns(now=now)
    refresh_all_views(now=timezone.now(), triggered_by="seed")
    clerk = User.objects.create_user("till@techmart.example", name="Till", is_superuser=True)
    User.objects.create_superuser(**COLLEAGUE, name="Bea")
    _make_channel(clerk, now)
    # Tests ask again and again until something has happened.
    token = issue_token(user=clerk, name="End-to-end tests", now=now, rate="6000/min")
    sys.stdout.write(json.dumps({"token": token}) + "\n")


def _make_channel(actor: User, now: datetime) -> None:
    """A webhook that is off, so that nothing leaves the house."""
    channel = create_channel(
        kind=ChannelKind.WEBHOOK,
        fields={
            "name": "Night shift",
            "address": "https://example.com/hook",
            "severity_from": Severity.HIGH,
            "kinds": [AlertKind.STOCK_OUT, AlertKind.STOCK_LOW, AlertKind.FRAUD_BURST],
            "is_escalation": True,
        },
        actor=actor,
        now=now,
    )
    switch_channel(channel_id=channel.pk, active=False, version=1, actor=actor, now=now)


def _make_range(start: datetime) -> None:
    suppliers = [
        create_supplier(code=code, name=name, now=start, actor=None, lead_time_days=Decimal(4))
        for code, name in SUPPLIERS.items()
    ]
    for number in range(PRODUCTS):
        price = Decimal(5 + number * 3)
        create_product(
            sku=f"P-{number:03}",
            name=f"{CATEGORIES[number % 3]} article {number}",
            category=CATEGORIES[number % 3],
            supplier_id=suppliers[number % 3].pk,
            price=price,
            unit_cost=price / 2,
            # The last three run short.
            opening_units=400 if number < PRODUCTS - 3 else 12,
            now=start,
            actor=None,
        )
    for number in range(CUSTOMERS):
        create_customer(
            code=f"C-{number:02}", name=f"Customer {number}", country="GB", now=start, actor=None
        )


def _sell(day: int, *, start: datetime) -> None:
    """Record one day: each customer buys one article of a price band of his own, thrice."""
    step = timedelta(days=1) / SALES_A_DAY
    sales = [
        SaleInput(
            reference=f"S-{day}-{number:03}",
            sku=f"P-{(number * 7 + day * 11) % PRODUCTS:03}",
            quantity=1,
            customer_code=f"C-{number % CUSTOMERS:02}",
            channel="web",
            payment_method="card",
            ip_country="GB",
            ship_country="GB",
            store="web",
            timestamp=start + step * number,
        )
        for number in range(SALES_A_DAY)
    ]
    record_sales(sales, now=start + timedelta(days=1))
