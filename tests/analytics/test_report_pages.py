"""Analytics pages and dashboard: rows behind every number sum to it; page, fragment, API alike."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from analytics.dashboard.drawn import money
from analytics.dashboard.page import dashboard, panel_context
from analytics.filter_bar import read_filters
from analytics.metrics import METRICS
from analytics.models import CustomerPurchasePattern, RepeatModelFit
from analytics.patterns import analyze_customer_patterns
from analytics.refresh import refresh_all_views
from analytics.reports.panels import Panel, Row
from analytics.reports.tabs import TABS, report_of
from analytics.rollups import fold
from inventory import list_filters as product_filters
from inventory.models import Product
from techmart.core.models import User
from tests.analytics.factories import give_back, sale_row
from tests.inventory.factories import make_product
from tests.pages import htmx, is_page, signed_in, text_of
from transactions import list_filters
from transactions.choices import TransactionStatus
from transactions.models import Customer, Transaction
from transactions.sales_list import ControlTotals, computed_totals

pytestmark = pytest.mark.django_db

FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"period": "7d"},
    {"period": "90d", "cmp": "none"},
    {"period": "today"},
    {"store": "B"},
    {"cat": "Jam"},
    {"store": "A", "cat": "Tea", "cmp": "year"},
    {"from": "FIRST", "to": "LAST"},
)
ZONE = ZoneInfo(settings.TIME_ZONE)


@pytest.fixture
def shop() -> list[Transaction]:
    """Twelve products, thirty customers, 400 lines of 100 days in two stores, some sent back."""
    random = Random(5)
    now = timezone.now()
    products = [
        make_product(sku=f"P{number}", category=("Tea", "Jam", "Bread")[number % 3], stock=100)
        for number in range(12)
    ]
    customers = Customer.objects.bulk_create(
        Customer(code=f"C/{number}", name=f"Customer {number}") for number in range(30)
    )
    lines = [
        sale_row(
            random.choice(products[: 1 + number % 12]),
            at=now - timedelta(days=random.random() * 100, minutes=1),
            price=f"{random.randint(100, 4000) / 100:.2f}",
            quantity=random.randint(1, 4),
            store=random.choice("AB"),
            customer=random.choice([*customers, None]),
            order_ref=f"O{number // 2}",
            status=TransactionStatus.IN_REVIEW if number % 40 == 0 else TransactionStatus.COMPLETED,
        )
        for number in range(400)
    ]
    Transaction.objects.bulk_create(lines)
    sold = list(Transaction.objects.filter(completed_at__isnull=False).order_by("pk"))
    for line in sold[::9]:
        assert line.completed_at is not None
        give_back(line, "0.50", at=line.completed_at + (now - line.completed_at) / 2, units=1)
    Product.objects.filter(sku__in=["P0", "P1"]).update(reorder_threshold=1000, order_up_to=2000)
    fold(now=now)
    analyze_customer_patterns(now=now)
    refresh_all_views(now=now, triggered_by="test")
    return sold


@pytest.fixture
def owner() -> User:
    return User.objects.create_superuser("o@shop.example", name="Olu")


def addressed(query: dict[str, str]) -> dict[str, str]:
    today = timezone.localdate(timezone.now(), ZONE)
    days = {"FIRST": today - timedelta(days=40), "LAST": today - timedelta(days=11)}
    return {name: str(days.get(value, value)) for name, value in query.items()}


def behind(url: str) -> ControlTotals:
    """What the list of sales at an address comes to, read as the list reads it."""
    path, _, query = url.partition("?")
    assert path == "/transactions/", url
    filters = list_filters.parse_filters(dict(parse_qsl(query)), zone=ZONE)
    assert filters.ignored == (), url
    product = Product.objects.filter(sku=filters.sku).first()
    customer = Customer.objects.filter(code=filters.customer).first()
    sales = filters.sales(
        now=timezone.now(),
        zone=ZONE,
        product_id=product.pk if product else None,
        customer_id=customer.pk if customer else None,
    )
    return computed_totals(sales, basis=filters.basis)


def low_behind(url: str) -> int:
    path, _, query = url.partition("?")
    assert path == "/inventory/", url
    filters = product_filters.parse_filters(dict(parse_qsl(query)))
    rows = Product.objects.on_tab(filters.tab)
    return rows.filter(category=filters.category).count() if filters.category else rows.count()


def value(panel: Panel, row: Row, key: str) -> Any:
    assert panel.table is not None
    return dict(zip((field.key for field in panel.table.fields), row.values, strict=True))[key]


def test_the_rows_behind_every_figure_of_the_dashboard_sum_to_it(
    shop: list[Transaction], owner: User
) -> None:
    for query in FILTERS:
        check_dashboard(owner, query)


def check_dashboard(owner: User, query: dict[str, str]) -> None:
    now = timezone.now()
    view = dashboard(read_filters(addressed(query)), now=now)

    tiles = {tile.key: tile for tile in view.tiles}
    assert tiles["net_sales"].value == behind(tiles["net_sales"].href).net
    assert tiles["transactions"].value == behind(tiles["transactions"].href).rows
    assert tiles["active_customers"].value == behind(tiles["active_customers"].href).customers
    sold = behind(tiles["average_order"].href)
    average = (sold.amount / sold.orders).quantize(Decimal("0.01")) if sold.orders else None
    assert tiles["average_order"].value == average
    assert tiles["held"].value == behind(tiles["held"].href).rows
    assert tiles["low_stock"].value == low_behind(tiles["low_stock"].href)

    panels = panel_context(view, user=owner)
    for row in panels["categories"]:
        assert row.revenue == behind(row.url).net
    for row in panels["top_products"]:
        assert row.revenue == behind(row.sales_url).amount
    assert sum(day.net for day in view.figures.days) == behind(panels["sales_url"]).net
    hours = sum(hour or 0 for hour in view.hours.today)
    assert round(Decimal(hours), 2) == behind(panels["hourly_url"]).net
    assert panels["low_stock_total"] == low_behind(panels["low_stock_url"])


def test_the_rows_behind_every_figure_of_the_reports_sum_to_it(
    shop: list[Transaction],
) -> None:
    for query in FILTERS:
        check_reports(query)


def check_reports(query: dict[str, str]) -> None:
    filters, now = read_filters(addressed(query)), timezone.now()
    reports = {key: report_of(tab, filters, now=now) for key, tab in TABS.items()}
    panels = {panel.key: panel for report in reports.values() for panel in report.panels}
    net = behind(panels["sales"].url).net
    lines = behind(panels["hours"].url).rows

    for key in ("sales", "categories", "best_products"):
        table = panels[key].table
        assert sum(value(panels[key], row, "net") for row in (table.rows if table else ())) == net
    hours = panels["hours"].table
    assert hours is not None
    assert sum(value(panels["hours"], row, "transactions") for row in hours.rows) == lines
    for key in ("categories", "best_products"):
        table = panels[key].table
        assert table is not None
        for row in table.rows:
            assert value(panels[key], row, "net") == behind(row.url).net
            assert value(panels[key], row, "change")[0] == value(panels[key], row, "net")
    classes = panels["classes"].table
    assert classes is not None
    assert sum(value(panels["classes"], row, "net") for row in classes.rows) == net
    change = panels["change"].table
    if change is None:
        assert query.get("cmp") == "none"
    else:
        assert change.total is not None
        assert sum(value(panels["change"], row, "amount") for row in change.rows) == net
        assert value(panels["change"], change.total, "amount") == net
        before = value(panels["change"], change.rows[0], "amount")
        previous = {tile.key: tile.previous for tile in reports["overview"].tiles}
        assert before == previous["net_sales"]
        chart = panels["change"].chart
        assert chart is not None
        assert [row[0] for row in chart.table_rows[:-1]] == [row.values[0] for row in change.rows]
        # The last bar stands where all parts have led to.
        assert chart.table_rows[-1][1] == chart.table_rows[-2][2] == money(net)
        moved = panels["change_products"]
        assert moved.table is not None
        assert sum(value(moved, row, "amount") for row in moved.table.rows) == net - before


def test_figures_are_those_of_plain_sql(shop: list[Transaction]) -> None:
    report = report_of(TABS["overview"], read_filters({"period": "28d"}), now=timezone.now())
    tiles = {tile.key: tile.value for tile in report.tiles}

    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH days AS (SELECT (now() AT TIME ZONE %(zone)s)::date - 27 AS first)
            SELECT
                (SELECT sum(total_amount) FROM transactions, days
                 WHERE (completed_at AT TIME ZONE %(zone)s)::date >= first)
                - (SELECT sum(amount) FROM adjustments, days
                   WHERE (booked_at AT TIME ZONE %(zone)s)::date >= first),
                (SELECT count(DISTINCT customer_id) FROM transactions, days
                 WHERE (completed_at AT TIME ZONE %(zone)s)::date >= first)
            """,
            {"zone": settings.TIME_ZONE},
        )
        net, customers = cursor.fetchone()
        cursor.execute(
            """
            SELECT segment, count(*), sum(net_sales) FROM customer_purchase_patterns GROUP BY 1
            """
        )
        segments = {name: (count, total) for name, count, total in cursor.fetchall()}
        cursor.execute(
            """
            WITH firsts AS (
                SELECT customer_id, min(completed_at AT TIME ZONE %(zone)s) AS at
                FROM transactions WHERE completed_at IS NOT NULL AND customer_id IS NOT NULL
                GROUP BY 1
            )
            SELECT date_trunc('month', f.at)::date, count(DISTINCT f.customer_id),
                count(DISTINCT f.customer_id) FILTER (
                    WHERE date_trunc('month', t.completed_at AT TIME ZONE %(zone)s)
                        = date_trunc('month', f.at) + interval '1 month'
                )
            FROM firsts f JOIN transactions t USING (customer_id)
            GROUP BY 1
            """,
            {"zone": settings.TIME_ZONE},
        )
        cohorts = {month: (size, again) for month, size, again in cursor.fetchall()}

    assert tiles["net_sales"] == net
    assert tiles["active_customers"] == customers
    report = report_of(TABS["customers"], read_filters({}), now=timezone.now())
    panels = {panel.key: panel for panel in report.panels}
    table = panels["segments"].table
    assert table is not None
    shown = {dict(parse_qsl(row.url.partition("?")[2]))["segment"]: row for row in table.rows}
    assert {
        name: (value(panels["segments"], row, "customers"), value(panels["segments"], row, "net"))
        for name, row in shown.items()
    } == segments
    table = panels["cohorts"].table
    assert table is not None
    assert len(table.rows) == len(cohorts)
    for row in table.rows:
        size, again = cohorts[value(panels["cohorts"], row, "cohort")]
        assert value(panels["cohorts"], row, "customers") == size
        kept = value(panels["cohorts"], row, "month_1")
        assert kept is None or kept == pytest.approx(again / size)


def test_customers_behind_a_segment_and_a_cohort_are_listed(
    client: Client, owner: User, shop: list[Transaction]
) -> None:
    client.force_login(owner)
    report = report_of(TABS["customers"], read_filters({}), now=timezone.now())

    for panel in report.panels:
        if panel.key in {"segments", "cohorts"}:
            assert panel.table is not None
            for row in panel.table.rows:
                text = text_of(client.get(row.url))
                count = value(panel, row, "customers")
                assert f"{count} {'row' if count == 1 else 'rows'} of {count}" in text


def pages() -> Iterator[tuple[str, str, str]]:
    for tab in TABS.values():
        yield tab.path, "analytics-report", tab.key
    yield "/analytics/customer-list/?sort=-expected", "analytics-customers", "list"
    yield "/analytics/customers/C%2F1/", "analytics-customer", "customer"


def test_each_address_is_page_and_fragment(
    client: Client, owner: User, shop: list[Transaction]
) -> None:
    client.force_login(owner)
    for path, region, key in pages():
        check_page(client, path, region, personal=key in {"customers", "list", "customer"})


def check_page(client: Client, path: str, region: str, *, personal: bool) -> None:
    page, part = client.get(path), client.get(path, **htmx(region))

    assert page.status_code == part.status_code == 200
    assert is_page(page)
    assert not is_page(part)
    assert f'id="{region}"' in part.content.decode()
    assert f'id="{region}"' in page.content.decode()
    assert page["Cache-Control"] == ("private, no-store" if personal else "private, no-cache")
    if not personal:
        # The first answer set the form token's cookie, which the tag covers.
        page = client.get(path)
        again = client.get(path, headers={"If-None-Match": page["ETag"]})
        assert again.status_code == 304


COSTS = (
    ("/analytics/", 28, 1),
    ("/analytics/products/", 26, 1),
    ("/analytics/customers/", 20, 1),
    ("/analytics/forecast/", 20, 1),
    ("/analytics/change/", 20, 1),
    ("/analytics/customer-list/", 10, 10),
    ("/analytics/customers/C%2F1/", 12, 12),
)


@pytest.mark.usefixtures("cached_for_good")
def test_pages_cost_few_queries(
    client: Client, owner: User, shop: list[Transaction], django_assert_max_num_queries: Any
) -> None:
    client.force_login(owner)

    for path, cold, warm in COSTS:
        with django_assert_max_num_queries(cold):
            client.get(path)
        with django_assert_max_num_queries(warm):
            client.get(path)


def test_every_panel_says_what_it_is_and_how_old(
    client: Client, owner: User, shop: list[Transaction]
) -> None:
    client.force_login(owner)
    for tab in TABS.values():
        report = report_of(tab, read_filters({}), now=timezone.now())
        html = client.get(tab.path).content.decode()
        for panel in report.panels:
            assert METRICS[panel.metric].definition == panel.definition
            assert f'id="panel-{panel.key}-what"' in html
            assert panel.url
            # Forecasts have no age before the first run.
            assert panel.as_of.at or tab.key == "forecast"


def test_only_who_may_see_customers_sees_them(shop: list[Transaction]) -> None:
    seller = signed_in("transactions.view_transaction")

    assert seller.get("/analytics/").status_code == 200
    for path in ("/analytics/customers/", "/analytics/customer-list/", "/analytics/customers/C/1/"):
        assert seller.get(path).status_code == 403
    assert seller.get("/api/v1/analytics/customers/").status_code == 403
    assert seller.get("/api/v1/analytics/overview/").status_code == 200
    assert Client().get("/analytics/").status_code == 302


def test_the_api_says_what_the_pages_say(
    client: Client, owner: User, shop: list[Transaction]
) -> None:
    client.force_login(owner)

    answer = client.get("/api/v1/analytics/products/?period=90d&store=B").json()

    report = report_of(
        TABS["products"], read_filters({"period": "90d", "store": "B"}), now=timezone.now()
    )
    panels = {panel["key"]: panel for panel in answer["panels"]}
    assert set(panels) == {panel.key for panel in report.panels}
    best = next(panel for panel in report.panels if panel.key == "best_products")
    assert best.table is not None
    shown = panels["best_products"]["rows"]
    assert [row["net"] for row in shown] == [
        str(value(best, row, "net")) for row in best.table.rows
    ]
    assert shown[0]["href"].startswith("/transactions/?")
    day = client.get("/api/v1/dashboard/overview/").json()
    assert day["transactions"] == Transaction.objects.filter(
        completed_at__gte=day["as_of"].replace("Z", "+00:00")
    ).count() + sum(
        1
        for line in shop
        if line.completed_at
        and timezone.now() - timedelta(days=1) <= line.completed_at < timezone.now()
    )


def test_a_customer_is_described(client: Client, owner: User, shop: list[Transaction]) -> None:
    client.force_login(owner)
    pattern = CustomerPurchasePattern.objects.select_related("customer").order_by("-orders")[0]
    code = pattern.customer.code

    answer = client.get(f"/api/v1/analytics/customers/{code}/").json()
    text = text_of(client.get(f"/analytics/customers/{code}/"))

    tiles = {tile["key"]: tile for tile in answer["tiles"]}
    assert Decimal(tiles["net"]["value"]) == behind(unquote(tiles["net"]["href"])).net
    panels = {panel["key"]: panel for panel in answer["panels"]}
    assert sum(row["orders"] for row in panels["weekdays"]["rows"]) == pattern.orders
    assert sum(row["orders"] for row in panels["hours"]["rows"]) == pattern.orders
    assert len(panels["orders"]["rows"]) >= 1
    assert pattern.get_segment_display() in text
    assert client.get("/analytics/customers/nobody/").status_code == 404
    assert client.get("/api/v1/analytics/customers/nobody/").status_code == 404


def test_an_empty_shop_has_every_page(client: Client, owner: User) -> None:
    client.force_login(owner)

    for tab in TABS.values():
        assert client.get(tab.path).status_code == 200
        assert client.get(f"/api/v1/analytics/{tab.key}/").status_code == 200
    assert client.get("/analytics/customer-list/").status_code == 200


def test_what_cannot_be_used_is_said(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert "ignored: cmp=ever" in text_of(client.get("/analytics/?cmp=ever"))
    page = text_of(client.get("/analytics/customer-list/?segment=rich&cohort=x&sort=0"))
    for said in ("ignored: segment=rich", "ignored: cohort=x", "ignored: sort=0"):
        assert said in page


def test_what_a_store_does_not_narrow_is_said(client: Client, owner: User) -> None:
    client.force_login(owner)
    make_product(stock=5)
    Transaction.objects.bulk_create([sale_row(Product.objects.get(), at=timezone.now(), store="B")])

    for path in ("/analytics/forecast/", "/analytics/products/"):
        assert "all stores" in text_of(client.get(f"{path}?store=B")).replace("All stores", "")


def test_a_model_that_was_not_fitted_shows_one_dash(client: Client, owner: User) -> None:
    client.force_login(owner)
    RepeatModelFit.objects.create(as_of=timezone.now(), customers=9, repeat_customers=1)

    page = text_of(client.get("/analytics/customers/"))

    assert "order rates and the chance to leave, weeks – " in page
    assert "–, –" not in page
