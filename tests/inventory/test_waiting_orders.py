"""Orders that wait for their supplier's minimum, plan after plan."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone

from inventory.choices import SuggestionState
from inventory.models import Product, ReorderSuggestion, Supplier
from inventory.planner import generate_reorder_suggestions, update_inventory_predictions
from inventory.product_page.steps import steps_of
from inventory.reorder.arithmetic import recompute
from inventory.reorder.waiting import NO_WAIT, held_to_minimum
from inventory.replay.minimums import SupplierMinimums
from inventory.services.suppliers import change_supplier
from tests.inventory.factories import NOW, make_product, make_supplier
from tests.inventory.planned import sold, steady_product
from tests.inventory.replay.worlds import terms
from tests.inventory.test_supplier_minimum import lines

# 3.00 a unit and 30 wanted of 2 a day: 120 days are 240 units, 720.00.
WANTED = {"quantity": 30.0, "pack": 1.0, "position": 0.0, "unit_cost": 3.0, "margin": 2.0}
MINIMUM = np.array([900.0])


def held(*told: int, stock: float = 30.0, cap: float = np.inf) -> tuple[list[float], bool, int]:
    """Return units added to each line of one order, whether it goes, and the days it waits."""
    given = lines(*[WANTED | {"stock": stock, "cap": cap}] * len(told))
    found = held_to_minimum(given, MINIMUM * len(told), np.array(told), holding_rate=0.25)
    return found.units.tolist(), bool(found.met[0]), int(found.wait_days[0])


def test_a_wait_begins_and_its_day_holds() -> None:
    # 15 days, as worked out in the test of a replay's minimums; a day told stays.
    assert held(NO_WAIT) == ([210], False, 15)
    assert held(4) == ([210], False, 4)
    assert held(40) == ([210], False, 40)


def test_another_product_that_joins_may_only_shorten_it() -> None:
    _, _, together = held(NO_WAIT, NO_WAIT)

    assert held(3, NO_WAIT)[2] == 3
    assert held(400, NO_WAIT)[2] == together < 400


@pytest.mark.parametrize("told", [0, -3])
def test_from_its_day_on_it_goes_past_120_days_of_cover(told: int) -> None:
    assert held(told) == ([270], True, told)


def test_what_its_cap_keeps_below_the_minimum_goes_on_waiting() -> None:
    assert held(0, cap=100.0) == ([70], False, 0)


def test_an_order_that_reaches_its_minimum_does_not_wait() -> None:
    found = held_to_minimum(lines(WANTED), np.array([600.0]), np.array([-2]), holding_rate=0.25)

    assert (found.units.tolist(), found.met.tolist()) == ([170], [True])
    assert found.wait_days.tolist() == [NO_WAIT]


def test_a_replay_sends_it_on_the_same_day() -> None:
    replayed = SupplierMinimums(terms(1, supplier_minimum=900.0), draws=1, holding_rate=0.25)
    told = NO_WAIT
    for day in range(30):
        [[ordered]] = replayed.held_to(
            np.array([[30.0]]),
            day,
            on_hand=np.array([[30.0]]),
            position=np.array([[0.0]]),
            may_order=np.array([True]),
            daily_mean=np.array([2.0]),
            daily_sd=np.array([2.0**0.5]),
            lead_time_days=np.array([5.0]),
        )
        left = told if told == NO_WAIT else told - day
        [units], goes, days = held(left)
        told = day + days
        assert ordered == (30 + units if goes else 0)
        if goes:
            break
    assert day == 15


# --- from rows to rows ----------------------------------------------------------------------


@pytest.fixture
def supplier(db: None) -> Supplier:
    """A supplier that takes orders of 5,000 and more; see test_planner for the figures."""
    return make_supplier(minimum_order_value=Decimal(5000))


@pytest.fixture
def product(supplier: Supplier) -> Product:
    product = steady_product(2, stock=10, supplier=supplier)
    update_inventory_predictions(now=NOW)
    return product


def planned(days: int = 0) -> ReorderSuggestion:
    """Plan so many days later, and return the only suggestion."""
    generate_reorder_suggestions(now=NOW + timedelta(days=days))
    return ReorderSuggestion.objects.get()


def days_until(day: date | None) -> int:
    assert day is not None
    return (day - timezone.localdate(NOW)).days


def test_the_day_told_holds_and_then_the_order_is_proposed(product: Product) -> None:
    waiting = planned()
    ends = days_until(waiting.waits_until)
    assert (waiting.state, waiting.quantity) == (SuggestionState.WAITING_MOV, 230)

    between = planned(ends - 1)
    assert (between.state, days_until(between.waits_until)) == (SuggestionState.WAITING_MOV, ends)

    # 5,000 at 3.00 are 1,667 units, more than 800 days of demand.
    due = planned(ends)
    assert (due.state, due.quantity) == (SuggestionState.PROPOSED, 1667)
    assert recompute(due.arithmetic) == 1667
    told = steps_of(due.arithmetic, currency="USD")[5].working
    assert "past 120 days of cover, since waiting longer would cost more" in told
    # The next plans do not begin to wait anew.
    assert planned(ends).state == planned(ends + 2).state == SuggestionState.PROPOSED
    assert ReorderSuggestion.objects.get().reruns == 4


def test_a_minimum_that_is_reached_ends_the_wait(product: Product, supplier: Supplier) -> None:
    waiting = planned()
    change_supplier(
        supplier_id=supplier.pk,
        changes={"minimum_order_value": Decimal(500)},
        version=supplier.version,
        actor=None,
        reason="New terms",
        now=NOW,
    )

    proposed = planned(1)

    assert (proposed.pk, proposed.state) == (waiting.pk, SuggestionState.PROPOSED)
    assert (proposed.quantity, proposed.waits_until) == (167, None)
    assert "past 120 days" not in steps_of(proposed.arithmetic, currency="USD")[5].working


def test_what_needs_nothing_any_more_waits_no_longer(product: Product) -> None:
    first = planned()
    Product.objects.update(stock_quantity=900)
    assert planned(1).state == SuggestionState.SUPERSEDED

    Product.objects.update(stock_quantity=10)
    generate_reorder_suggestions(now=NOW + timedelta(days=2))

    again = ReorderSuggestion.objects.exclude(pk=first.pk).get()
    assert days_until(again.waits_until) == days_until(first.waits_until) + 2


def test_the_days_of_other_suppliers_say_nothing(product: Product) -> None:
    ends = days_until(planned().waits_until)
    other = make_product(stock=10, supplier=make_supplier(minimum_order_value=Decimal(5000)))
    sold(other, *[2] * 120)
    update_inventory_predictions(now=NOW)

    generate_reorder_suggestions(now=NOW + timedelta(days=ends))

    states = dict(ReorderSuggestion.objects.values_list("product", "state"))
    assert states == {
        product.pk: SuggestionState.PROPOSED,
        other.pk: SuggestionState.WAITING_MOV,
    }
