"""A customer's page as files: its panels as they stand, and every order."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from analytics.customer_page import ORDERS, customer_report
from analytics.customer_page_export import PANELS
from analytics.patterns import analyze_customer_patterns
from analytics.rollups import fold
from tests.analytics.factories import make_customer, sale_row
from tests.exported import export, exported
from tests.inventory.factories import make_product
from tests.pages import signed_in
from transactions.models import Customer, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in("transactions.view_customer")


@pytest.fixture
def ada() -> Customer:
    """20 orders of tea, one a day, the newest partly paid back; somebody else has one too."""
    now = timezone.now()
    tea = make_product(category="Tea", stock=100, name="=Tea")
    ada = make_customer()
    Transaction.objects.bulk_create(
        sale_row(tea, at=now - timedelta(days=days, hours=1), price="10.00", customer=who)
        for who, count in ((ada, 20), (make_customer(), 1))
        for days in range(count)
    )
    newest = Transaction.objects.filter(customer=ada).latest("timestamp")
    Transaction.objects.filter(pk=newest.pk).update(refunded_amount=Decimal("4.00"))
    fold(now=now)
    analyze_customer_patterns(now=now)
    return ada


def test_every_order_is_written_not_only_those_shown(client: Client, ada: Customer) -> None:
    rows, about = exported(client, "analytics-customer-orders", f"code={ada.code}")

    assert len(rows) == 20 > ORDERS
    assert (rows[0]["Products"], rows[0]["Amount"]) == ("'=Tea", "10.00")
    assert [row["Refunded"] for row in rows[:2]] == ["4.00", "0.00"]
    assert [row["Time"] for row in rows] == sorted((row["Time"] for row in rows), reverse=True)
    assert (about["Amount"], about["Refunded"], about["Units"]) == ("200.00", "4.00", "20")
    assert about["Export of"] == f"Orders of {ada.code}"
    shown = next(panel for panel in customer_report(ada).panels if panel.key == "orders")
    assert shown.table is not None
    assert [row["Order"] for row in rows[:ORDERS]] == [row.values[0] for row in shown.table.rows]


def test_every_panel_is_written_as_it_is_shown(client: Client, ada: Customer) -> None:
    page = client.get(f"/analytics/customers/{ada.code}/").content.decode()
    panels = {panel.key: panel for panel in customer_report(ada).panels}
    assert panels.keys() == {*PANELS, "orders"}

    for key, panel in panels.items():
        assert f'name="list" value="analytics-customer-{key}"' in page
        if key == "orders":
            continue
        rows, about = exported(client, f"analytics-customer-{key}", f"code={ada.code}")
        assert panel.table is not None
        assert panel.title == PANELS[key]
        assert len(rows) == len(panel.table.rows) > 0
        assert about["Filter"] == f"Customer {ada.code}"
        assert about["Page"] == f"/analytics/customers/{ada.code}/#panel-{key}"

    assert f'name="query" value="code={ada.code}"' in unescape(page)
    [bought], _ = exported(client, "analytics-customer-categories", f"code={ada.code}")
    shown = panels["categories"].table
    assert shown is not None
    assert (bought["Category"], Decimal(bought["Net sales"])) == tuple(shown.rows[0].values[:2])


def test_customers_are_for_those_who_may_see_them(client: Client, ada: Customer) -> None:
    clerk = signed_in("transactions.view_transaction", email="clerk@example.test")
    for key in (*PANELS, "orders"):
        assert export(clerk, f"analytics-customer-{key}", f"code={ada.code}").status_code == 403
    said = client.post(
        "/exports/new/",
        {"list": "analytics-customer-orders", "query": "code=nobody", "format": "csv"},
        follow=True,
    )
    assert "There is no customer nobody." in said.content.decode()
