"""The dashboard: numbers equal to the rows behind them, few queries, page and fragments."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest
from django.contrib import messages
from django.contrib.auth.models import Permission
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from analytics.choices import View
from analytics.dashboard.page import dashboard, panel_context
from analytics.filters import ReportFilters, Scope
from analytics.refresh import refresh_view
from analytics.rollups import fold
from inventory.choices import MovementKind, OrderState
from inventory.models import Product, PurchaseOrder, Supplier
from inventory.services.ledger import MovementEntry, post_movements
from techmart.core.models import User
from techmart.lib.page_parts import Tile
from techmart.lib.periods import Period
from tests.pages import text_of
from transactions import list_filters
from transactions.choices import ReviewReason, Verdict
from transactions.models import Adjustment, Customer, ReviewDecision, Transaction
from transactions.sales_list import entries_page
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
    view = dashboard(ReportFilters(**filters), now=timezone.now())
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
    view = dashboard(ReportFilters(period=Period.QUARTER), now=timezone.now())

    assert sum(day.net for day in view.figures.days) == view.figures.current.net
    assert sum(day.lines for day in view.figures.days) == view.figures.current.lines


@pytest.mark.parametrize("narrowed", [Scope(store="B"), Scope(category="Tea")])
def test_filters_narrow_numbers_and_chart_alike(shop: list[Transaction], narrowed: Scope) -> None:
    view = dashboard(ReportFilters(period=Period.QUARTER, scope=narrowed), now=timezone.now())

    assert view.figures.current.lines in {2, 3}
    assert sum(day.net for day in view.figures.days) == view.figures.current.net


def test_a_sale_shows_after_its_fold(shop: list[Transaction]) -> None:
    before = tiles(period=Period.QUARTER)["net_sales"].value
    now = timezone.now()

    record_sales([SaleInput(reference="R9", sku="JAM", quantity=1, channel="web")], now=now)
    fold(now=now)
    view = dashboard(ReportFilters(period=Period.QUARTER), now=now, refresh=True)

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


@pytest.fixture
def owner() -> User:
    return User.objects.create_superuser("o@shop.example", "a-long-password", name="Olu")


@pytest.mark.usefixtures("cached_for_good")
def test_a_warm_page_reads_the_person_and_nothing_else(
    client: Client,
    owner: User,
    shop: list[Transaction],
    django_assert_num_queries: Any,
) -> None:
    client.force_login(owner)
    first = client.get("/")

    with django_assert_num_queries(1) as asked:
        second = client.get("/")

    assert 'FROM "users"' in asked.captured_queries[0]["sql"]
    assert len(second.content) == len(first.content)


@pytest.mark.usefixtures("cached_for_good")
def test_permissions_are_all_that_others_cost_more(
    client: Client,
    manager: User,
    shop: list[Transaction],
    django_assert_num_queries: Any,
) -> None:
    client.force_login(manager)
    client.get("/")

    with django_assert_num_queries(3):
        client.get("/")


def test_a_page_from_the_cache_is_of_this_request(client: Client, owner: User) -> None:
    other = Client()
    other.force_login(User.objects.create_superuser("p@shop.example", name="Pia"))
    client.force_login(owner)

    pages = [client.get("/"), other.get("/"), client.get("/")]
    texts = [page.content.decode() for page in pages]

    assert "Olu" in texts[0]
    assert "Olu" in texts[2]
    assert "Pia" in texts[1]
    assert "Olu" not in texts[1]
    for page, text in zip(pages, texts, strict=True):
        tokens = set(re.findall(r'csrfmiddlewaretoken" value="(\w+)"', text))
        [sent] = re.findall(r'X-CSRFToken&quot;: &quot;(\w+)|X-CSRFToken": "(\w+)', text)
        assert tokens == {"".join(sent)}
        assert page["Cache-Control"] == "private, no-store"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    shown = strict.get("/").content.decode()
    token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', shown)[0]
    assert strict.post("/refresh/", {"csrfmiddlewaretoken": token}).status_code == 302


def test_a_notice_is_shown_once(client: Client, owner: User, rf: Any) -> None:
    client.force_login(owner)
    client.get("/")
    storage = CookieStorage(rf.get("/"))
    storage.add(messages.SUCCESS, "Order sent")
    answer = HttpResponse()
    storage.update(answer)
    client.cookies["messages"] = answer.cookies["messages"].value

    assert "Order sent" in client.get("/").content.decode()
    assert "Order sent" not in client.get("/").content.decode()


def test_bad_filters_are_said_on_the_page(client: Client, manager: User) -> None:
    client.force_login(manager)
    client.get("/")

    assert b"ignored: period=5y" in client.get("/?period=5y").content
    assert b"ignored" not in client.get("/").content


def test_a_notice_that_comes_while_the_page_is_made_is_not_kept(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ready(request: Any) -> None:
        messages.success(request, "File ready")

    client.force_login(owner)
    with monkeypatch.context() as patched:
        patched.setattr("techmart.core.context_processors.tell_of_files", ready)
        first = client.get("/").content.decode()

    assert "File ready" not in first
    assert "File ready" in client.get("/").content.decode()
    assert "File ready" not in client.get("/").content.decode()


def panels(**filters: Any) -> dict[str, Any]:
    view = dashboard(ReportFilters(**filters), now=timezone.now())
    return panel_context(view, user=User.objects.create_superuser(f"{len(filters)}@s.example"))


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (Scope(), {"TEA", "JAM"}),
        (Scope(store="B"), {"TEA"}),
        (Scope(category="Jam"), {"JAM"}),
        (Scope(store="B", category="Jam"), set()),
    ],
)
def test_top_products_honour_the_filter(
    shop: list[Transaction], scope: Scope, names: set[str]
) -> None:
    refresh_view(View.TOP_PRODUCTS, now=timezone.now())

    found = panels(period=Period.QUARTER, scope=scope)["top_products"]

    assert {row.sku for row in found} == names
    for row in found:
        rows = sales_behind(row.sales_url)
        assert row.revenue == sum(line.total_amount for line in rows)
        # Nothing was sold in the days before, which is known and not unsaid.
        assert row.previous == 0


def sales_behind(url: str) -> list[Any]:
    """Return what the list at an address shows, read as the list reads it."""
    filters = list_filters.parse_filters(
        dict(parse_qsl(url.partition("?")[2])), zone=timezone.get_default_timezone()
    )
    product = Product.objects.filter(sku=filters.sku).first()
    sales = filters.sales(
        now=timezone.now(),
        zone=timezone.get_default_timezone(),
        product_id=product.pk if product else None,
    )
    return list(entries_page(sales, basis=filters.basis, sort=filters.sort, cursor="").rows)


@pytest.mark.parametrize(
    ("scope", "net"),
    # Four units of money a sale; four of store B's tea went back today.
    [(Scope(), 4), (Scope(store="B"), 0), (Scope(category="Jam"), 4)],
)
def test_hours_and_categories_honour_the_filter(
    shop: list[Transaction], scope: Scope, net: int
) -> None:
    refresh_view(View.HOURLY_SALES, now=timezone.now())
    now = timezone.now()
    record_sales(
        [
            SaleInput(reference=f"T{store}", sku=sku, quantity=1, store=store, channel="store")
            for store, sku in (("A", "TEA"), ("B", "JAM"))
        ],
        now=now,
    )
    fold(now=now)
    refresh_view(View.HOURLY_SALES, now=now)

    view = dashboard(ReportFilters(period=Period.QUARTER, scope=scope), now=now, refresh=True)

    assert sum(value or 0 for value in view.hours.today) == net
    assert sum(row.revenue for row in view.panels.categories) == view.figures.current.net
    for row in view.panels.categories:
        behind = sales_behind(row.url)
        assert row.revenue == sum(
            getattr(line, "signed_amount", None) or line.total_amount for line in behind
        )


def test_stock_says_that_it_has_no_stores(
    client: Client, owner: User, shop: list[Transaction]
) -> None:
    client.force_login(owner)

    text = text_of(client.get("/?store=B"))

    assert "all stores: stock is kept in one place" in text
    assert "Needs a decision whole shop" in text
    assert "all stores: stock is kept in one place" not in text_of(client.get("/"))


def test_low_stock_and_suggestions_honour_the_category(shop: list[Transaction]) -> None:
    Product.objects.update(reorder_threshold=1000, order_up_to=2000)

    assert panels(scope=Scope(category="Tea"))["low_stock_total"] == 1
    found = panels(scope=Scope(category="Tea"), period=Period.WEEK)
    assert [row.sku for row in found["low_stock"]] == ["TEA"]
    assert found["low_stock_url"] == "/inventory/?status=low&cat=Tea"


def test_what_was_decided_and_what_comes_next_is_said(shop: list[Transaction], owner: User) -> None:
    call_command("sync_schedule")
    now = timezone.now()
    supplier = Supplier.objects.get()
    PurchaseOrder.objects.create(
        number="PO1", supplier=supplier, state=OrderState.SENT, ordered_at=now
    )
    ReviewDecision.objects.create(
        transaction=shop[0],
        batch=uuid4(),
        verdict=Verdict.APPROVE,
        reason=ReviewReason.GENUINE,
        actor=owner,
        decided_at=now,
        takes_effect_at=now,
    )

    found = panels()

    assert found["decided_today"] == "Decided today: 1 sale, 1 order"
    # Every twelve hours, ten minutes to.
    assert now < found["suggestions_next_at"] <= now + timedelta(hours=12)
    assert found["suggestions_next_at"].minute == 50


def test_the_last_day_is_that_of_the_view(shop: list[Transaction]) -> None:
    # The database's clock stands still in a transaction, and the view ends with it.
    now = timezone.now() - timedelta(minutes=5)
    record_sales([SaleInput(reference="R9", sku="JAM", quantity=2, channel="web")], now=now)
    fold(now=now)
    refresh_view(View.DASHBOARD_OVERVIEW, now=now)

    found = panels()
    behind = sales_behind(found["last_day_url"])

    assert found["last_day"].net == sum(
        row.signed_amount if isinstance(row, Adjustment) else row.total_amount for row in behind
    )
    assert found["last_day"].transactions == sum(isinstance(row, Transaction) for row in behind)
    assert panels(scope=Scope(store="B"))["last_day"] is None


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
