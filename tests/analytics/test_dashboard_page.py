"""The dashboard: numbers equal to the rows behind them, few queries, page and fragments."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from analytics.dashboard.filters import DashboardFilters
from analytics.dashboard.page import dashboard
from analytics.rollups import fold
from inventory.choices import MovementKind
from inventory.models import Product, Supplier
from inventory.services.ledger import MovementEntry, post_movements
from techmart.core.models import User
from techmart.lib.page_parts import Tile
from techmart.lib.periods import Period
from transactions.models import Adjustment, Customer, Transaction
from transactions.services import SaleInput, record_sales, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> list[Transaction]:
    """Two products, two customers, four sales of the last two weeks, one partly refunded."""
    now = timezone.now()
    supplier = Supplier.objects.create(code="S1", name="Northfield Foods")
    for sku, category in (("TEA", "Tea"), ("JAM", "Jam")):
        product = Product.objects.create(
            sku=sku, name=sku, category=category, supplier=supplier, price=4, unit_cost=2
        )
        post_movements(
            [
                MovementEntry(
                    product_id=product.pk,
                    kind=MovementKind.OPENING,
                    quantity=50,
                    source_type="opening",
                    source_id=product.pk,
                    occurred_at=now - timedelta(days=60),
                )
            ],
            now=now,
        )
    for code in ("C1", "C2"):
        Customer.objects.create(code=code, name=code)
    sales = [
        ("R1", "O1", "C1", "TEA", 2, 1, "A"),
        ("R2", "O1", "C1", "JAM", 1, 1, "A"),
        ("R3", "O2", "C2", "TEA", 3, 3, "B"),
        ("R4", "O3", "C1", "TEA", 5, 10, "B"),
    ]
    outcomes = record_sales(
        [
            SaleInput(
                reference=reference,
                order_ref=order,
                customer_code=customer,
                sku=sku,
                quantity=quantity,
                store=store,
                channel="store",
                timestamp=now - timedelta(days=days),
            )
            for reference, order, customer, sku, quantity, days, store in sales
        ],
        now=now,
    )
    refund(
        transaction_id=outcomes[2].transaction.pk,
        amount=Decimal("4.00"),
        units_returned=1,
        units_restocked=1,
        reference="B1",
        reason="Broken",
        actor=None,
        now=now,
    )
    fold(now=now)
    return [outcome.transaction for outcome in outcomes]


def tiles(**filters: Any) -> dict[str, Tile]:
    view = dashboard(DashboardFilters(**filters), now=timezone.now())
    return {tile.key: tile for tile in view.tiles}


def test_numbers_are_those_of_the_rows(shop: list[Transaction]) -> None:
    found = tiles(period=Period.QUARTER)

    lines = Transaction.objects.filter(completed_at__isnull=False)
    gross = sum((line.total_amount for line in lines), Decimal(0))
    back = sum((row.amount for row in Adjustment.objects.all()), Decimal(0))
    assert found["net_sales"].value == gross - back
    assert found["transactions"].value == lines.count()
    assert found["active_customers"].value == 2
    # Three orders.
    assert found["average_order"].value == (gross / 3).quantize(Decimal("0.01"))


def test_the_days_of_the_chart_sum_to_the_number(shop: list[Transaction]) -> None:
    view = dashboard(DashboardFilters(period=Period.QUARTER), now=timezone.now())

    assert sum(day.net for day in view.figures.days) == view.figures.current.net
    assert sum(day.lines for day in view.figures.days) == view.figures.current.lines


@pytest.mark.parametrize("narrowed", [{"store": "B"}, {"category": "Tea"}])
def test_filters_narrow_numbers_and_chart_alike(
    shop: list[Transaction], narrowed: dict[str, Any]
) -> None:
    view = dashboard(DashboardFilters(period=Period.QUARTER, **narrowed), now=timezone.now())

    assert view.figures.current.lines in {2, 3}
    assert sum(day.net for day in view.figures.days) == view.figures.current.net


def test_a_sale_shows_after_its_fold(shop: list[Transaction]) -> None:
    before = tiles(period=Period.QUARTER)["net_sales"].value
    now = timezone.now()

    record_sales([SaleInput(reference="R9", sku="JAM", quantity=1, channel="web")], now=now)
    fold(now=now)
    view = dashboard(DashboardFilters(period=Period.QUARTER), now=now, refresh=True)

    assert view.tiles[0].value == Decimal(str(before)) + 4


@pytest.fixture
def manager() -> User:
    user = User.objects.create_user("m@shop.example", "a-long-password", name="Mo")
    for label, codename in (
        ("transactions", "view_transaction"),
        ("alerts", "view_alert"),
        ("inventory", "view_product"),
    ):
        user.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label=label)
        )
    return user


def test_page_and_fragment(client: Client, manager: User, shop: list[Transaction]) -> None:
    client.force_login(manager)

    page = client.get("/?period=90d")
    part = client.get(
        "/?period=90d", headers={"HX-Request": "true", "HX-Target": "analytics-strip"}
    )

    assert page.status_code == part.status_code == 200
    assert b"<html" in page.content
    assert part.content.strip().startswith(b"<div id=") or b'id="analytics-strip"' in part.content
    assert b"<html" not in part.content
    assert b"Net sales" in part.content


def test_an_empty_shop_has_a_dashboard(client: Client, manager: User) -> None:
    client.force_login(manager)

    assert client.get("/").status_code == 200


def test_a_warm_dashboard_costs_few_queries(
    client: Client,
    manager: User,
    shop: list[Transaction],
    django_assert_max_num_queries: Any,
) -> None:
    client.force_login(manager)
    client.get("/")

    # Session and user, three for permissions and alerts, the fold's state, shop settings, counts.
    with django_assert_max_num_queries(10):
        client.get("/")


def test_bad_filters_are_said_on_the_page(client: Client, manager: User) -> None:
    client.force_login(manager)

    assert b"ignored: period=5y" in client.get("/?period=5y").content


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    response = client.get("/")

    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_without_the_permission_it_stays_closed(client: Client) -> None:
    client.force_login(User.objects.create_user("x@shop.example"))

    assert client.get("/").status_code == 403


def test_refresh_is_bounded(client: Client, manager: User, shop: list[Transaction]) -> None:
    client.force_login(manager)
    htmx = {"HX-Request": "true", "HX-Target": "analytics-panels"}

    first = client.post("/refresh/", headers=htmx)
    second = client.post("/refresh/", headers=htmx)

    assert first.status_code == 200
    assert second.status_code == 429
    assert int(second["Retry-After"]) > 0


def test_the_api_says_what_the_page_says(
    client: Client, manager: User, shop: list[Transaction]
) -> None:
    client.force_login(manager)

    answer = client.get("/api/v1/dashboard/?period=90d").json()

    found = {tile["key"]: tile for tile in answer["tiles"]}
    assert Decimal(found["net_sales"]["value"]) == tiles(period=Period.QUARTER)["net_sales"].value
    assert len(answer["days"]) == 90
