"""The pages of products: the list with its tabs, one product and its ledger."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.choices import MovementKind, OrderState, RunKind, SuggestionState, TotalsWindow
from inventory.models import (
    ForecastRun,
    InventoryPrediction,
    Product,
    ProductDaily,
    ProductTotals,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderSuggestion,
)
from inventory.services.ledger import post_movements
from techmart.core.models import ShopSettings
from techmart.lib.cache import Tag, bump
from tests.inventory.factories import entry, make_product, make_supplier, sell
from tests.inventory.test_suggestion_steps import arithmetic
from tests.pages import htmx, is_page, row_ids, signed_in, text_of

pytestmark = pytest.mark.django_db

LIST = "/inventory/"
VIEW = "inventory.view_product"
REGION = htmx("inventory-table")


@pytest.fixture
def client() -> Client:
    return signed_in(VIEW)


def skus(response: Any) -> list[str]:
    return row_ids(response, "product")


def page_of(product: Product) -> str:
    return f"{LIST}products/{product.sku}/"


def predict(product: Product, daily_mean: float, **fields: Any) -> InventoryPrediction:
    """Store a prediction: quantiles of 7 days around their mean."""
    now = timezone.now()
    run = ForecastRun.objects.create(kind=RunKind.PREDICTIONS, as_of=now)
    week = daily_mean * 7
    quantiles = {"0.025": week / 4, "0.1": week / 2, "0.9": week * 1.5, "0.975": week * 2}
    return InventoryPrediction.objects.create(
        **{
            "product": product,
            "run": run,
            "model": "mean56",
            "predicted": Decimal(str(daily_mean * 10)),
            "daily_mean": daily_mean,
            "daily_sd": 1.0,
            "protection_days": 10.0,
            "quantiles": {"7": quantiles, "14": quantiles, "28": quantiles},
            "confidence": 0.5,
            "skill": 0.6,
            "coverage": 0.8,
            "origins": 8,
            "history_days": 100,
            "computed_at": now,
        }
        | fields
    )


def stock(product: Product, units: int) -> None:
    post_movements([entry(product, MovementKind.RECEIPT, units)], now=timezone.now())


def make_range() -> None:
    """One product for each tab; the healthy one and the low one are on `all` alone and `low`."""
    make_product(sku="ok", name="Oolong", stock=50, reorder_threshold=10, order_up_to=60)
    make_product(sku="low", name="Lapsang", stock=5, reorder_threshold=10, order_up_to=60)
    make_product(sku="out", name="Assam", stock=0, reorder_threshold=0, on_order_quantity=9)
    make_product(sku="over", name="Ceylon", stock=500, reorder_threshold=10, order_up_to=60)
    make_product(sku="gone", name="Withdrawn", active=False)


def test_the_list_is_a_page_and_its_table_a_fragment(client: Client) -> None:
    make_product(sku="p1", stock=3)

    page, fragment = client.get(LIST), client.get(LIST, **REGION)

    assert is_page(page)
    assert fragment.content.startswith(b'<div id="inventory-table"')
    assert skus(page) == skus(fragment) == ["p1"]
    assert page["Cache-Control"] == "private, no-cache"


def test_an_unchanged_list_is_confirmed_and_a_changed_one_sent_again(client: Client) -> None:
    product = make_product(stock=3)
    # The first answer sets the cookie of forms, which the next ones are made for.
    client.get(LIST, **REGION)
    first = client.get(LIST, **REGION)

    same = client.get(LIST, headers={**REGION["headers"], "If-None-Match": first["ETag"]})
    sell(product, 1)
    # What a commit does; a test's transaction never commits.
    bump(Tag.STOCK)
    changed = client.get(LIST, headers={**REGION["headers"], "If-None-Match": first["ETag"]})

    assert same.status_code == 304
    assert changed.status_code == 200
    assert 'data-l="Available">2</td>' in changed.content.decode()


def test_without_signing_in_or_permission_nothing_is_shown() -> None:
    product = make_product()

    for address in (LIST, page_of(product), f"{page_of(product)}ledger/"):
        assert Client().get(address)["Location"].startswith("/login/?next=/inventory/")
        assert signed_in(email=f"{len(address)}@x.test").get(address).status_code == 403
    assert Client().get(LIST, **REGION).status_code == 401


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # By how long it lasts; all sell as much.
        ("", ["out", "low", "ok", "over"]),
        ("sort=name", ["out", "over", "low", "ok"]),
        ("status=low", ["low"]),
        ("status=out", ["out"]),
        ("status=ordered", ["out"]),
        ("status=over", ["over"]),
        ("sort=-name", ["ok", "low", "over", "out"]),
        ("q=zz", []),
        ("q=laps", ["low"]),
        ("abc=A", []),
        ("status=low&cat=Gold", []),
    ],
)
def test_tabs_and_filters_narrow_the_rows(client: Client, query: str, found: list[str]) -> None:
    make_range()
    for product in Product.objects.all():
        predict(product, 10.0)

    # "out" has a reorder point of 0 and 9 on order: it is not low
    assert skus(client.get(f"{LIST}?{query}")) == found


def test_the_number_on_a_tab_is_the_number_of_its_rows(client: Client) -> None:
    make_range()

    text = text_of(client.get(LIST))

    assert "All 4 At reorder point 1 Out of stock 1 On order 1 Overstock 1" in text
    assert "1 row of 1" in text_of(client.get(f"{LIST}?status=low"))


def test_the_tabs_keep_the_filters_and_count_within_them(client: Client) -> None:
    supplier = make_supplier(code="TEA")
    make_product(sku="mine", supplier=supplier, stock=1)
    make_product(sku="other", stock=1)

    response = client.get(f"{LIST}?sup=TEA")

    assert skus(response) == ["mine"]
    assert "All 1 " in text_of(response)
    assert f'href="{LIST}?status=low&amp;sup=TEA"' in response.content.decode()


def test_what_runs_out_first_stands_first_among_the_low(client: Client) -> None:
    # 10 at 1 a day last longer than 20 at 5 a day, and what nobody wants longest
    for sku, units, mean in (("ten", 10, 1.0), ("four", 20, 5.0), ("ever", 1, 0.0)):
        product = make_product(sku=sku, stock=units, reorder_threshold=100, order_up_to=100)
        predict(product, mean)

    response = client.get(f"{LIST}?status=low")

    assert skus(response) == ["four", "ten", "ever"]
    assert skus(client.get(f"{LIST}?status=low&sort=-lasts")) == ["ever", "ten", "four"]
    assert "4.0 d" in text_of(response)
    assert "No demand" in text_of(response)


def test_a_list_is_paged_by_key(client: Client) -> None:
    supplier = make_supplier()
    for number in range(55):
        make_product(sku=f"p{number:02}", name=f"Tea {number:02}", supplier=supplier)

    first = client.get(LIST)
    link = re.search(r'href="([^"]+)"[^>]*rel="next"', first.content.decode())
    assert link is not None
    second = client.get(link[1].replace("&amp;", "&"))

    assert skus(first) == [f"p{number:02}" for number in range(50)]
    assert skus(second) == [f"p{number:02}" for number in range(50, 55)]
    assert "50 rows of 55" in text_of(first)


def test_a_damaged_cursor_starts_over_and_says_so(client: Client) -> None:
    make_product(sku="p1")

    response = client.get(f"{LIST}?after=xyz&status=gone")

    assert skus(response) == ["p1"]
    assert "ignored: status=gone" in text_of(response)
    assert "ignored: after=xyz" in text_of(response)


def test_a_list_costs_few_queries_and_fewer_when_nothing_changed(client: Client) -> None:
    make_product(stock=3)
    client.get(LIST, **REGION)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(LIST, **REGION)
        return len(caught)

    unchanged = queries()
    for _ in range(20):
        make_product(stock=3)
    bump(Tag.STOCK, Tag.PRODUCTS)
    changed = queries()

    # session, user, two for permissions, shop settings
    assert unchanged <= 5
    # figures, rows, open suggestions, trends, predictions, last sales; categories, suppliers
    assert changed <= unchanged + 8


def test_an_empty_shop_is_told_what_to_do(client: Client) -> None:
    assert "No products yet" in text_of(client.get(LIST))
    assert "No products match" in text_of(client.get(f"{LIST}?status=low"))


def test_figures_above_the_list_follow_its_filters(client: Client) -> None:
    # 10 · 3.00 and 4 · 3.00 at cost; one of two of class A is in stock
    make_product(stock=10, abc_class="A", category="Tea")
    sold_out = make_product(abc_class="A", category="Tea", price=Decimal("5.00"))
    make_product(stock=4, category="Coffee")
    predict(sold_out, 2.0)

    everything, tea = (text_of(client.get(f"{LIST}{query}")) for query in ("", "?cat=Tea"))

    assert "Stock value at cost $42 3 products" in everything
    assert "In-stock rate, class A 50.0% 1 of 2" in everything
    assert "Sales at risk a day $10 1 out of stock" in everything
    assert "Stock value at cost $30 2 products" in tea


def test_a_product_is_a_page_with_regions(client: Client) -> None:
    product = make_product(sku="TEA/1 ü", name="Green tea", stock=9)
    address = "/inventory/products/TEA%2F1%20%C3%BC/"

    page = client.get(address)
    figures = client.get(address, **htmx("inventory-product-figures"))
    ledger = client.get(f"{address}ledger/", **htmx("inventory-ledger"))

    assert is_page(page)
    assert "Green tea" in text_of(page)
    assert figures.content.startswith(b'<div id="inventory-product-figures"')
    assert b'id="inventory-ledger"' in ledger.content
    assert not is_page(ledger)
    assert "Opening stock" in text_of(ledger)
    assert is_page(client.get(f"{address}ledger/"))
    assert product.sku in text_of(page)


def test_an_unknown_code_is_not_found(client: Client) -> None:
    make_product(sku="ABC")

    for path in ("products/abd/", "products/ABC/x/", "products/abd/ledger/"):
        assert client.get(f"{LIST}{path}").status_code == 404


def test_a_product_costs_few_queries_however_long_its_ledger(client: Client) -> None:
    product = make_product(stock=90)
    predict(product, 2.0)

    client.get(page_of(product))

    def queries() -> int:
        bump(Tag.STOCK)
        with CaptureQueriesContext(connection) as caught:
            client.get(page_of(product))
        return len(caught)

    sell(product, 1)
    few = queries()
    for _ in range(15):
        sell(product, 1)

    assert queries() == few
    # session, user, permissions, shop; the product, its totals, days, prediction, suggestion, what
    # is due, its ledger twice with its sources, stock by day, deliveries, what planners said
    assert few <= 19


def test_the_ledger_is_paged_and_keeps_to_its_region(client: Client) -> None:
    product = make_product(stock=90)
    for _ in range(25):
        sell(product, 1)

    first = client.get(page_of(product), **htmx("inventory-ledger")).content.decode()
    link = re.search(r'href="([^"]+)"[^>]*rel="next"', first)
    assert link is not None
    second = client.get(link[1], **htmx("inventory-ledger"))
    damaged = client.get(f"{page_of(product)}ledger/?after=xyz", **htmx("inventory-ledger"))

    assert link[1].startswith(f"{page_of(product)}ledger/?after=")
    assert first.count("<tr>") == 1 + 20
    # 26 entries: 25 sales and the opening
    assert second.content.decode().count("<tr>") == 1 + 6
    assert "6 rows of 26" in text_of(second)
    assert "20 rows of 26" in text_of(damaged)


def test_figures_are_of_whole_days_and_name_their_rows(client: Client) -> None:
    product = make_product(sku="T1", stock=20)
    today = timezone.localdate()
    # 28 days before today: 14 units for 70 less 7; the 28 before those: 7 units for 35
    for back, units in ((1, 10), (28, 4), (29, 7)):
        ProductDaily.objects.create(
            product=product,
            day=today - timedelta(days=back),
            demand_units=units,
            units=units,
            units_returned=1 if back == 1 else 0,
            gross=5 * units,
            refunds=7 if back == 1 else 0,
        )
    ProductDaily.objects.create(product=product, day=today, demand_units=99, units=99, gross=495)

    response = client.get(page_of(product), **htmx("inventory-product-figures"))
    text = text_of(response)

    assert "Demand per day 0.5" in text
    assert "Net sales $63" in text
    assert "from $35" in text
    # 1 of 14 units
    assert "Return rate 7.1%" in text
    # 20 at 0.5 a day
    assert "Lasts 40 d" in text
    first, last = today - timedelta(days=28), today - timedelta(days=1)
    link = f"/transactions/?from={first}&amp;to={last}&amp;basis=booked&amp;sku=T1"
    assert link in response.content.decode()


def test_the_forecast_has_its_bands_or_says_when_it_will(client: Client) -> None:
    product = make_product(stock=9)
    first = timezone.localdate() - timedelta(days=8)
    assert "It starts with the first sale." in text_of(client.get(page_of(product)))

    ProductTotals.objects.create(product=product, window=TotalsWindow.ALL, first_sold_on=first)
    bump(Tag.SALES)
    due = first + timedelta(days=28)
    assert f"Forecast from {due.day} {due:%b %Y}" in text_of(client.get(page_of(product)))

    predict(product, 2.0)
    bump(Tag.PREDICTIONS)
    response = client.get(f"{page_of(product)}?h=14")
    assert "The next 14 days are expected to bring 28.0 units" in response.content.decode()
    assert b'class="band80"' in response.content
    assert f'href="{page_of(product)}?h=14" aria-current="true"' in response.content.decode()


@pytest.mark.parametrize(
    ("units", "inbound", "lead"),
    [
        # 3 a day, 10 days of lead time
        (0, 0, "Sold out. 3.0 a day would be sold, $15.00 a day. Nothing is on its way"),
        (9, 0, "are available, 3.0 are sold a day. A delivery ordered today comes on"),
        (0, 40, "The next delivery, 40, is due"),
        (32, 0, "At the reorder point. 32 are available or on order, to be reordered at 35."),
        (500, 0, ""),
    ],
)
def test_the_first_sentence_says_what_happens_if_nobody_acts(
    client: Client, units: int, inbound: int, lead: str
) -> None:
    supplier = make_supplier(lead_time_days=10)
    product = make_product(
        supplier=supplier,
        stock=units,
        reorder_threshold=35,
        order_up_to=90,
        on_order_quantity=inbound,
    )
    predict(product, 3.0)
    if inbound:
        order = PurchaseOrder.objects.create(
            number="PO-1",
            supplier=supplier,
            state=OrderState.SENT,
            ordered_at=timezone.now(),
            promised_date=timezone.localdate() + timedelta(days=4),
        )
        PurchaseOrderLine.objects.create(
            order=order, product=product, quantity=inbound, unit_cost=Decimal(1)
        )

    text = text_of(client.get(page_of(product), **htmx("inventory-product-figures")))

    assert lead in text
    if units == 500:
        assert "Sold out" not in text


def test_a_suggestion_is_explained_in_six_steps(client: Client) -> None:
    product = make_product(stock=9, pack_size=24)
    predict(product, 2.0, daily_sd=30.0)
    now = timezone.now()
    ReorderSuggestion.objects.create(
        product=product,
        run=ForecastRun.objects.create(kind=RunKind.SUGGESTIONS, as_of=now),
        state=SuggestionState.PROPOSED,
        quantity=576,
        unit_cost=Decimal("10.0000"),
        arithmetic=arithmetic(),
        expected_lost_margin=Decimal(10),
        lost_revenue_per_day=Decimal(5),
        p_stockout=0.25,
        confidence=0.1,
        created_at=now,
        updated_at=now,
    )

    page = client.get(page_of(product))
    text = text_of(page)

    assert "576 units, $5,760" in text
    assert "24 packs of 24" in text
    assert page.content.count(b'<span class="x">') == 6
    assert "635 − (88 in stock + 12 inbound)" in text
    assert "Low confidence: demand over the interval varies a lot." in text
    assert "Chance to run out before delivery 25%." in text
    assert f'href="{page_of(product)}#order"' in client.get(LIST).content.decode()


def test_the_way_back_is_the_list_it_was_reached_from(client: Client) -> None:
    product = make_product()

    def way_back(referer: str) -> str:
        html = client.get(page_of(product), headers={"Referer": referer}).content.decode()
        found = re.search(r'<a href="([^"]*)">Inventory</a>', html)
        assert found is not None
        return found[1]

    assert way_back("http://testserver/inventory/?abc=A&status=low&x=1") == (
        "/inventory/?status=low&amp;abc=A"
    )
    assert way_back("http://evil.test/inventory/?abc=A") == "/inventory/"
    assert way_back("http://testserver/transactions/") == "/inventory/"


def test_simulated_stock_is_labelled_wherever_it_is_shown(client: Client) -> None:
    product = make_product(stock=3)
    ShopSettings.objects.create(simulated=["stock", "product.name", "supplier.terms"])

    assert "Inventory Simulated stock" in text_of(client.get(LIST, **REGION))
    text = text_of(client.get(page_of(product)))
    assert "Simulated name" in text
    assert "Available stock Simulated stock" in text
    assert "Stock ledger 1 Simulated stock" in text
    assert "Simulated name and terms" in text


def test_a_forecast_that_was_never_tested_says_so(client: Client) -> None:
    product = make_product(stock=9)
    predict(product, 2.0, skill=0.0, coverage=0.0, origins=0)

    text = text_of(client.get(page_of(product)))

    assert "There is too little history yet to test it." in text
    assert "of outcomes fell inside" not in text
