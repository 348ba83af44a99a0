"""The prior alone finds planted fraud, before any label has taught it."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from inventory.models import Product
from tests.inventory.factories import make_supplier
from tests.transactions.factories import NOW
from transactions.choices import LabelSource
from transactions.fraud.bulk import SalesFrame, score_frame
from transactions.fraud.calendar import microseconds
from transactions.fraud.frame import Floats, text_column
from transactions.models import Customer, FraudLabel

pytestmark = pytest.mark.django_db

DAYS = 120
CUSTOMERS = 300
PRODUCTS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One order line of the made-up shop; pattern "" is genuine."""

    day: float
    order: str
    customer: int
    product: int
    quantity: int
    cents: int
    country: str
    pattern: str = ""


class Shop:
    """A shop whose customers have habits, and thieves of five kinds; seeded."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.price = self.rng.lognormal(2.5, 0.7, PRODUCTS)
        self.country = self.rng.choice(["GB", "DE", "FR"], CUSTOMERS)
        self.lines: list[Line] = []
        self.orders = 0

    def order(
        self, day: float, customer: int, *, pattern: str = "", **changes: float | str
    ) -> None:
        """Write an order as the customer would place it, with what the thief changes."""
        self.orders += 1
        quantity = int(changes.get("quantity", 1 + self.rng.poisson(0.4)))
        product = int(changes.get("product", self.rng.integers(PRODUCTS - 1)))
        cents = int(100 * self.price[product] * quantity * float(changes.get("times", 1)))
        self.lines.append(
            Line(
                day=day,
                order=f"o{self.orders}",
                customer=customer,
                product=product,
                quantity=quantity,
                cents=int(changes.get("cents", cents)),
                country=str(changes.get("country", self.country[customer])),
                pattern=pattern,
            )
        )

    def live(self) -> None:
        """Let everybody shop about every ten days."""
        for customer in range(CUSTOMERS):
            day = self.rng.exponential(10)
            while day < DAYS:
                self.order(day, customer)
                day += self.rng.exponential(10)

    def steal(self) -> None:
        """Take over accounts, test cards, resell, order twice, and abuse one product."""
        for _ in range(15):
            day, customer = self._moment()
            self.order(day, customer, pattern="takeover", times=12, country="US")
        for _ in range(4):
            day, customer = self._moment()
            for _ in range(6):
                day += self.rng.uniform(20, 90) / 86_400
                self.order(
                    day, customer, pattern="card testing", cents=int(self.rng.integers(99, 300))
                )
        for _ in range(15):
            day, customer = self._moment()
            self.order(day, customer, pattern="resale", quantity=40)
        for _ in range(10):
            day, customer = self._moment()
            product = int(self.rng.integers(PRODUCTS))
            self.order(day, customer, product=product, quantity=2)
            again = day + 45 / 86_400
            self.order(again, customer, product=product, quantity=2, pattern="twice")
        # A leak at one product that hardly anyone else buys, known after nine days.
        for day in np.arange(60, 110, 0.5):
            self.order(float(day), int(self.rng.integers(CUSTOMERS)), product=PRODUCTS - 1,
                       quantity=3, times=2, pattern="leak")  # fmt: skip

    def _moment(self) -> tuple[float, int]:
        return float(self.rng.uniform(30, DAYS)), int(self.rng.integers(CUSTOMERS))


def scored(shop: Shop) -> tuple[Floats, list[Line]]:
    """Write products, customers and labels, and score all lines."""
    supplier = make_supplier()
    products = Product.objects.bulk_create(
        Product(
            sku=f"p{n}", name=f"Product {n}", category=f"c{n % 6}", supplier=supplier,
            price=1, unit_cost=1,
        )
        for n in range(PRODUCTS)
    )  # fmt: skip
    customers = Customer.objects.bulk_create(Customer(code=f"c{n}") for n in range(CUSTOMERS))
    lines = sorted(shop.lines, key=lambda line: line.day)
    start = NOW - timedelta(days=DAYS)
    FraudLabel.objects.bulk_create(
        FraudLabel(
            order_ref=line.order,
            is_fraud=True,
            source=LabelSource.PLANTED,
            known_at=start + timedelta(days=line.day + 9),
        )
        for line in lines
        if line.pattern
    )
    frame = SalesFrame(
        timestamp_us=np.array([microseconds(start + timedelta(days=x.day)) for x in lines]),
        order_ref=text_column(line.order for line in lines),
        customer_id=np.array([customers[line.customer].pk for line in lines]),
        product_id=np.array([products[line.product].pk for line in lines]),
        quantity=np.array([line.quantity for line in lines]),
        amount_cents=np.array([line.cents for line in lines]),
        channel=text_column("web" for _ in lines),
        ip_country=text_column("" for _ in lines),
        ship_country=text_column(line.country for line in lines),
    )
    return score_frame(frame).fraud_score, lines


def average_precision(score: Floats, fraud: Floats) -> float:
    """Return the mean, over frauds, of the precision at each fraud's rank."""
    ranked = fraud[np.argsort(-score, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float((precision * ranked).sum() / ranked.sum())


@pytest.mark.parametrize("seed", [1, 2])
def test_the_prior_ranks_planted_fraud_far_above_chance_and_above_a_plain_limit(seed: int) -> None:
    shop = Shop(seed)
    shop.live()
    shop.steal()

    score, lines = scored(shop)

    judged = np.array([line.day >= 30 for line in lines])
    fraud = np.array([float(bool(line.pattern)) for line in lines])[judged]
    cents = np.array([float(line.cents) for line in lines])[judged]
    by_score = average_precision(score[judged], fraud)
    by_amount = average_precision(cents, fraud)
    assert fraud.mean() < 0.07
    assert by_score > 0.6
    assert by_score > 1.3 * by_amount
    # A capacity of twice the frauds: most of each kind is among what would be looked at. Orders
    # of a burst can be told from the second one on, a leak once its first labels are known.
    looked_at = score[judged] >= np.sort(score[judged])[-2 * int(fraud.sum())]
    pattern = np.array([line.pattern for line in lines])[judged]
    recall = {name: float(looked_at[pattern == name].mean()) for name in set(pattern) - {""}}
    assert min(recall[name] for name in ("takeover", "resale", "twice")) > 0.8, recall
    assert recall["card testing"] > 0.6, recall
    assert recall["leak"] > 0.6, recall


def test_few_genuine_sales_are_suspicious() -> None:
    shop = Shop(3)
    shop.live()

    score, lines = scored(shop)

    assert len(lines) > 3000
    assert (score > 0.5).mean() < 0.005
