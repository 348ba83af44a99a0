"""The tables of the analytics tabs and the list of customers as files."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from analytics.filter_bar import read_filters
from analytics.patterns import analyze_customer_patterns
from analytics.refresh import refresh_all_views
from analytics.reports.export import PANELS, list_key
from analytics.reports.tabs import TABS, report_of
from analytics.rollups import fold
from inventory.models import Product
from tests.analytics.factories import give_back, make_customer, sale_row
from tests.exported import export, exported
from tests.inventory.factories import make_product
from tests.pages import signed_in
from transactions.models import Customer, Transaction

pytestmark = pytest.mark.django_db

SALES, CUSTOMERS = "transactions.view_transaction", "transactions.view_customer"


@pytest.fixture
def client() -> Client:
    return signed_in(SALES, CUSTOMERS)


@pytest.fixture
def ada() -> Customer:
    return make_customer()


@pytest.fixture
def shop(ada: Customer) -> Mapping[str, Product]:
    """Tea sold in this week and the one before, in two stores; jam, partly sent back."""
    now = timezone.now()
    tea = make_product(category="Tea", stock=100, name="=Tea")
    jam = make_product(category="Jam", stock=100)
    lines = [
        sale_row(
            tea, at=now - timedelta(days=days, hours=1), price=price, store=store, customer=ada
        )
        for days, price, store in ((0, "30.00", "A"), (1, "10.00", "B"), (7, "20.00", "A"))
    ]
    lines.append(sale_row(jam, at=now - timedelta(hours=2), price="8.00", store="A"))
    Transaction.objects.bulk_create(lines)
    give_back(Transaction.objects.get(product=jam), "3.00", at=now - timedelta(hours=1))
    fold(now=now)
    analyze_customer_patterns(now=now)
    refresh_all_views(now=now, triggered_by="test")
    return {"tea": tea, "jam": jam}


def test_a_comparison_of_weeks_is_written_as_it_is_shown(
    client: Client, shop: Mapping[str, Product]
) -> None:
    rows, about = exported(client, "analytics-overview-sales", "period=7d")

    assert len(rows) == 7
    assert list(rows[0]) == ["Day", "Transactions", "Net sales", "Before"]
    assert sum(Decimal(row["Net sales"]) for row in rows) == Decimal("45.00")
    assert (about["All: Net sales"], about["All: Transactions"]) == ("45.00", "3")
    assert Decimal(about["All: Before"]) == sum(Decimal(row["Before"]) for row in rows)
    window, compared = about["Filter"].split("; ")
    assert " to " in window
    assert compared.startswith("compared with ")
    assert about["Page"] == "/analytics/?period=7d#panel-sales"
    assert about["Counts"]

    rows, about = exported(client, "analytics-overview-sales", "period=7d&cmp=none&store=A&cat=Tea")
    assert list(rows[0]) == ["Day", "Transactions", "Net sales"]
    assert (about["All: Net sales"], about["Filter"].split("; ")[1:]) == (
        "30.00",
        ["Store A", "Tea"],
    )


def test_a_change_is_two_columns_and_a_second_line_a_column_of_its_own(
    client: Client, shop: Mapping[str, Product]
) -> None:
    rows, _ = exported(client, "analytics-products-best_products", "period=7d")

    assert [(row["Product"], row["Net sales"]) for row in rows] == [
        ("'=Tea", "40.00"),
        (shop["jam"].name, "5.00"),
    ]
    tea, jam = rows
    assert Decimal(tea["Change"]) == Decimal(tea["Net sales"]) / Decimal(tea["Before"]) - 1
    assert (Decimal(jam["Before"]), jam["Change"]) == (Decimal(0), "")
    assert tea["Detail"] == f"{shop['tea'].sku}, Tea"


@pytest.mark.parametrize("tab", list(TABS))
def test_every_table_of_a_tab_can_be_written_and_is_offered(
    client: Client, shop: Mapping[str, Product], tab: str
) -> None:
    report = report_of(TABS[tab], read_filters({}), now=timezone.now())
    shown = {panel.key: panel.title for panel in report.panels}
    assert shown.items() <= PANELS[tab].items()
    page = client.get(TABS[tab].path).content.decode()

    for panel in report.panels:
        key = list_key(tab, panel.key)
        assert panel.table is not None, key
        assert f'name="list" value="{key}"' in page
        rows, about = exported(client, key)
        assert len(rows) == len(panel.table.rows)
        assert about["Export of"] == panel.title


def test_where_nothing_is_shown_the_file_is_empty_and_says_why(
    client: Client, shop: Mapping[str, Product]
) -> None:
    rows, about = exported(client, "analytics-change-change", "cmp=none")
    assert (rows, about["Remark"]) == ([], "Choose a comparison to split a change")
    # A panel that comes with the first forecasts.
    rows, about = exported(client, list_key("forecast", "forecast_error"))
    assert (rows, about["Export of"]) == ([], "Forecast error by week")


def test_customers_come_with_what_is_known_of_them(
    client: Client, shop: Mapping[str, Product], ada: Customer
) -> None:
    rows, about = exported(client, "customers", "cohort=never")

    [row] = rows
    assert (row["Code"], row["Orders, 365 days"], row["Net, 365 days"]) == (ada.code, "3", "60.00")
    assert (about["Orders"], about["Net, 365 days"]) == ("3", "60.00")
    assert about["Filter"] == "none: everything"
    rows, about = exported(client, "customers", "segment=champions&after=none")
    assert (rows, about["Filter"]) == ([], "Champions")


def test_names_of_customers_are_for_those_who_may_see_them(
    shop: Mapping[str, Product],
) -> None:
    clerk = signed_in(SALES, email="clerk@example.test")
    for key in ("customers", "analytics-customers-expected"):
        assert export(clerk, key).status_code == 403
    assert exported(clerk, "analytics-overview-categories")[0]


def test_reports_are_offered_to_who_may_make_them_even_from_the_cache(
    client: Client, shop: Mapping[str, Product]
) -> None:
    manager = signed_in(SALES, "core.change_reportschedule", email="manager@example.test")
    link = "/reports/new/?list=analytics-overview-sales"
    assert link not in client.get("/analytics/").content.decode()
    assert link in manager.get("/analytics/").content.decode()
    assert link not in client.get("/analytics/").content.decode()
