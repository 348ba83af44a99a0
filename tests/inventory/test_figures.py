"""What a list shows beside a product's own columns."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.choices import StockState
from inventory.figures import ProductFigures, product_figures
from inventory.models import ForecastRun, InventoryPrediction, Product, ProductDaily, ProductTotals
from tests.inventory.factories import NOW, make_product

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(NOW)


def figures_of(product: Product) -> ProductFigures:
    """Return one product's figures."""
    [figures] = product_figures([product], today=TODAY)
    return figures


def predict(product: Product, daily_mean: float) -> None:
    """Store a prediction."""
    InventoryPrediction.objects.create(
        product=product,
        run=ForecastRun.objects.create(kind="predictions", as_of=NOW),
        model="mean56",
        predicted=Decimal(16),
        daily_mean=daily_mean,
        daily_sd=1.0,
        protection_days=8.0,
        confidence=0.5,
        skill=0.5,
        coverage=0.8,
        history_days=100,
        computed_at=NOW,
    )


def test_figures_of_a_product() -> None:
    product = make_product(stock=10)
    for days_ago, units in ((0, 100), (1, 4), (28, 3), (29, 50)):
        ProductDaily.objects.create(
            product=product, day=TODAY - timedelta(days=days_ago), demand_units=units
        )
    predict(product, daily_mean=2.0)
    ProductTotals.objects.create(product=product, window=0, last_sold_on=TODAY)

    figures = figures_of(product)

    # Today is not over, and the 29th day before is too old.
    assert figures.trend == (3, *[0] * 26, 4)
    assert figures.sold_28_days == 7
    assert (figures.daily_mean, figures.days_of_cover) == (2.0, 5.0)
    assert (figures.last_sold_on, figures.state) == (TODAY, StockState.OK)


def test_figures_that_are_not_known() -> None:
    figures = figures_of(make_product(stock=10))

    assert (figures.daily_mean, figures.days_of_cover, figures.last_sold_on) == (None, None, None)
    assert figures.sold_28_days == 0


def test_stock_without_demand_lasts() -> None:
    product = make_product(stock=10)
    predict(product, daily_mean=0.0)

    assert figures_of(product).days_of_cover is None


def test_a_page_costs_three_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    products = [make_product(stock=stock) for stock in (3, 1, 2)]

    with django_assert_num_queries(3):
        page = product_figures(products, today=TODAY)

    assert [figures.product for figures in page] == products


@pytest.mark.parametrize(
    ("stock", "on_order", "last_sold_days_ago", "state"),
    [
        (0, 0, 1, StockState.OUT),
        (0, 90, 1, StockState.OUT),
        (10, 0, 1, StockState.LOW),
        (10, 1, 1, StockState.OK),
        (50, 0, 1, StockState.OK),
        (51, 0, 1, StockState.OVER),
        (51, 0, 400, StockState.OVER),
        (30, 0, 181, StockState.DEAD),
        (30, 0, 180, StockState.OK),
    ],
)
def test_the_state_is_the_first_that_holds(
    stock: int, on_order: int, last_sold_days_ago: int, state: StockState
) -> None:
    product = make_product(
        stock=stock, on_order_quantity=on_order, reorder_threshold=10, order_up_to=40
    )
    ProductTotals.objects.create(
        product=product, window=0, last_sold_on=TODAY - timedelta(days=last_sold_days_ago)
    )

    assert figures_of(product).state == state


def test_what_never_sold_is_dead_half_a_year_after_it_came() -> None:
    new = make_product(stock=3, created_at=NOW - timedelta(days=170))
    old = make_product(stock=3, created_at=NOW - timedelta(days=190))

    assert figures_of(new).state == StockState.OK
    assert figures_of(old).state == StockState.DEAD
