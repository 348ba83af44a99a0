"""Replays from rows to rows: the shop's ledger, a queue, progress, cancelling, taking up again."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db.models import Sum
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.choices import MovementKind, ReplayStatus
from inventory.models import Product, ProductDaily, ReplayRun, StockMovement, Supplier
from inventory.replay.paths import Paths
from inventory.replay.simulation import replay_actual
from inventory.replay.specs import parse_policies
from inventory.replay_runs import (
    ReplayRequest,
    cancel_replay,
    request_replay,
    run_replay,
    work,
)
from inventory.replay_runs.loading import load_world
from inventory.services.ledger import post_movements
from inventory.services.orders import LineInput, create_order, receive_line, send_order
from techmart.core.models import Outbox, User
from techmart.core.problems import Refusal
from tests.inventory.factories import NOW, entry, make_product, make_supplier, make_user
from tests.inventory.planned import sold

pytestmark = pytest.mark.django_db

FIRST_DAY, LAST_DAY = date(2025, 12, 1), date(2026, 1, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
POLICIES = parse_policies(
    [{"kind": "today"}, {"kind": "min_max", "minimum_days": 5, "maximum_days": 12}]
)


# Of demand five (days, firsts, empty shelves, hours, settings), and one each of the rest.
QUERIES = 17


def at(day: date, hour: int = 12) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def trade(product: Product, *, start: date, days: int, seed: int) -> None:
    """Write sales, returns, counts and write-offs of successive days into the ledger."""
    chance = np.random.default_rng(seed)
    stock = product.stock_quantity
    entries, daily = [], []
    for day in (start + timedelta(days=n) for n in range(days)):
        for kind, units, hour in (
            (MovementKind.RETURN, int(chance.random() < 0.05), 9),
            (MovementKind.COUNT_GAIN, int(chance.random() < 0.03), 10),
        ):
            if units:
                entries.append(entry(product, kind, units, at=at(day, hour)))
                stock += units
        sold = min(stock, int(chance.poisson(1.5)))
        if sold:
            entries.append(entry(product, MovementKind.SALE, -sold, at=at(day, 14)))
            daily.append(ProductDaily(product=product, day=day, demand_units=sold, units=sold))
            stock -= sold
        if stock and chance.random() < 0.03:
            entries.append(entry(product, MovementKind.WRITE_OFF, -1, at=at(day, 20)))
            stock -= 1
        # What was ordered four days before comes when the shelf was empty for a while.
        if not stock and chance.random() < 0.4:
            # The ledger is written in the order in which things happened.
            post_movements(entries, now=at(day, 21))
            entries = []
            order_and_receive(product, 25, sent=at(day - timedelta(days=4)), came=at(day, 21))
            stock += 25
    post_movements(entries, now=at(start + timedelta(days=days)))
    ProductDaily.objects.bulk_create(daily)
    product.refresh_from_db()


def order_and_receive(product: Product, units: int, *, sent: datetime, came: datetime) -> None:
    order = create_order(
        supplier_id=product.supplier_id,
        lines=[LineInput(product.pk, units)],
        actor=None,
        now=sent,
    )
    send_order(order_id=order.pk, actor=None, now=sent)
    receive_line(line_id=order.lines.get().pk, quantity=units, actor=None, now=came)


@pytest.fixture
def shop() -> list[Product]:
    """Two products that traded from two months before the replay to after it."""
    supplier = make_supplier(lead_time_days=Decimal("4"))
    made = []
    for seed in (1, 2):
        product = make_product(supplier=supplier)
        start = FIRST_DAY - timedelta(days=60)
        post_movements([entry(product, MovementKind.OPENING, 30, at=at(start, 1))], now=at(start))
        product.refresh_from_db()
        trade(product, start=start, days=60 + DAYS + 10, seed=seed)
        made.append(product)
    return made


def request_of(**fields: Any) -> ReplayRequest:
    return replace(ReplayRequest(POLICIES, FIRST_DAY, LAST_DAY), **fields)


def queued(actor: User | None = None, **fields: Any) -> ReplayRun:
    return request_replay(request_of(**fields), actor=actor or make_user(), now=NOW)


# --- the shop's own past --------------------------------------------------------------------


def test_actual_reproduces_the_ledger(shop: list[Product]) -> None:
    past = load_world([product.pk for product in shop], first_day=FIRST_DAY, last_day=LAST_DAY)

    replayed = list(replay_actual(past, Paths.of(past, draws=1, seed=1)))

    for column, product in enumerate(shop):
        for day in replayed:
            end = at(FIRST_DAY + timedelta(days=day.number + 1), 0)
            booked = StockMovement.objects.filter(product=product, occurred_at__lt=end).aggregate(
                units=Sum("quantity")
            )["units"]
            assert day.on_hand[0, column] == booked, (product.sku, day.number)
    kinds = set(StockMovement.objects.values_list("kind", flat=True))
    assert {"receipt", "return", "write_off", "count_gain", "sale"} <= kinds
    assert past.imputed.any()
    assert 0.5 < (~past.censored).mean() < 1


def test_orders_and_receipts_are_told_apart(shop: list[Product]) -> None:
    product = shop[0]
    sent = at(FIRST_DAY + timedelta(days=10))
    order_and_receive(product, 7, sent=sent, came=sent + timedelta(days=6))
    order_and_receive(product, 5, sent=at(FIRST_DAY, 0) - timedelta(hours=2), came=at(FIRST_DAY))
    post_movements([entry(product, MovementKind.RECEIPT, 9, at=at(FIRST_DAY))], now=NOW)
    before = load_world([product.pk], first_day=FIRST_DAY, last_day=LAST_DAY)

    assert before.real_lead_days[10, 0] == 6
    assert before.order_lines[10, 0] >= 1
    # Ordered two hours before the first day: every policy gets it.
    assert before.inbound[0, 0] >= 5
    # What no order of ours explains came from somewhere: a line, and no policy gets it.
    assert before.order_lines[0, 0] >= 1
    assert before.receipts[0, 0] == before.inbound[0, 0] + 9


def test_classes_are_those_of_the_year_before_each_block(shop: list[Product]) -> None:
    first, second = shop
    first_block = FIRST_DAY - timedelta(days=20)
    ProductDaily.objects.filter(product__in=shop).update(gross=0, cost=0)
    ProductDaily.objects.filter(product=first, day__lt=FIRST_DAY, day__gte=first_block).update(
        gross=100
    )
    ProductDaily.objects.filter(product=second, day__gte=FIRST_DAY).update(gross=10_000)

    past = load_world([first.pk, second.pk], first_day=FIRST_DAY, last_day=LAST_DAY)

    # At first only the first product ever earned; later the second earns nearly all.
    assert past.abc[0].tolist() == ["A", "C"]
    assert past.abc[2].tolist() == ["C", "A"]


def test_a_part_of_a_supplier_s_products_has_its_share_of_the_minimum(
    shop: list[Product],
) -> None:
    first, second = shop
    Supplier.objects.update(minimum_order_value=Decimal(1000))
    ProductDaily.objects.all().delete()
    for product, units in ((first, 30), (second, 10)):
        sold(product, units, last_day=FIRST_DAY - timedelta(days=1))
        # Neither what came later nor what is older counts, nor what is no longer bought.
        sold(product, 99, last_day=FIRST_DAY)
        sold(product, 99, last_day=FIRST_DAY - timedelta(days=366))
    gone = make_product(supplier=first.supplier, active=False)
    sold(gone, 50, last_day=FIRST_DAY - timedelta(days=1))

    def minimum(*products: Product) -> list[float]:
        keys = [product.pk for product in products]
        past = load_world(keys, first_day=FIRST_DAY, last_day=LAST_DAY)
        return [float(money) for money in past.terms.supplier_minimum]

    assert minimum(first) == [750]
    assert minimum(first, second) == [1000, 1000]
    ProductDaily.objects.all().delete()
    assert minimum(first) == [1000]


def test_today_s_policy_orders_of_a_supplier_together(shop: list[Product]) -> None:
    apart = run_replay(run_id=queued().pk, now=NOW).results
    Supplier.objects.update(minimum_order_value=Decimal(400))

    together = run_replay(run_id=queued(make_user("other@example.test")).pk, now=NOW).results

    assert apart is not None
    assert together is not None
    for before, after in zip(apart["policies"], together["policies"], strict=True):
        if before["kind"] == "actual":
            assert before == after
        else:
            assert after["figures"]["stock_value"] > before["figures"]["stock_value"]


def test_a_world_is_loaded_with_the_same_number_of_queries_for_any_products(
    shop: list[Product], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Supplier.objects.update(minimum_order_value=Decimal(10))
    with django_assert_num_queries(QUERIES):
        load_world([shop[0].pk], first_day=FIRST_DAY, last_day=LAST_DAY)
    with django_assert_num_queries(QUERIES):
        load_world([product.pk for product in shop], first_day=FIRST_DAY, last_day=LAST_DAY)


# --- a run ----------------------------------------------------------------------------------


def test_a_run_compares_each_policy_with_what_the_shop_did(shop: list[Product]) -> None:
    run = queued()
    [message] = Outbox.objects.all()

    done = run_replay(run_id=run.pk, now=NOW)

    assert message.payload["task"] == "inventory.run_replay"
    assert (done.status, done.progress, done.courses) == (ReplayStatus.DONE, 1.0, [])
    assert done.results is not None
    assert [one["name"] for one in done.results["policies"]] == [
        "What the shop did",
        "Today's policy",
        "Minimum and maximum",
    ]
    shop_did, today, _ = done.results["policies"]
    assert shop_did["differences"] == {}
    difference = today["differences"]["stock_value"]
    assert difference["value"] == pytest.approx(
        today["figures"]["stock_value"] - shop_did["figures"]["stock_value"]
    )
    assert difference["low"] <= difference["value"] <= difference["high"]
    assert len(done.results["weeks"]) == len(today["weekly"]["fill_rate"]) == 9


def test_a_seed_gives_the_same_results_again(shop: list[Product]) -> None:
    actor = make_user()
    runs = [queued(actor, seed=seed) for seed in (7, 7)]

    first, again = (run_replay(run_id=run.pk, now=NOW).results for run in runs)

    assert first == again


def test_a_run_whose_worker_was_lost_goes_on_where_it_was(
    shop: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = make_user()
    whole = run_replay(run_id=queued(actor).pk, now=NOW)
    run = queued(actor)
    replayed: list[str] = []
    course = work._course

    def lost_at_the_last(run: ReplayRun, policy: Any, *args: Any, **kwargs: Any) -> Any:
        replayed.append(policy.kind)
        if len(replayed) == 3:
            raise KeyboardInterrupt
        return course(run, policy, *args, **kwargs)

    monkeypatch.setattr(work, "_course", lost_at_the_last)
    with pytest.raises(KeyboardInterrupt):
        run_replay(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    assert (run.status, run.days_done) == (ReplayStatus.RUNNING, 2 * DAYS)

    done = run_replay(run_id=run.pk, now=NOW)

    assert replayed == ["actual", "today", "min_max", "min_max"]
    assert (done.status, done.results) == (ReplayStatus.DONE, whole.results)


def test_a_run_that_is_done_is_not_done_again(shop: list[Product]) -> None:
    done = run_replay(run_id=queued().pk, now=NOW)

    again = run_replay(run_id=done.pk, now=NOW + timedelta(hours=1))

    assert again.finished_at == done.finished_at


def test_an_error_is_kept_and_raised(shop: list[Product], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ArithmeticError("no")

    monkeypatch.setattr(work, "_course", broken)
    run = queued()

    with pytest.raises(ArithmeticError):
        run_replay(run_id=run.pk, now=NOW)

    run.refresh_from_db()
    assert (run.status, run.error) == (ReplayStatus.FAILED, "ArithmeticError: no")


def test_a_run_stops_when_it_is_cancelled(
    shop: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued()
    course = work._course

    def cancelled_meanwhile(*args: Any, **kwargs: Any) -> Any:
        cancel_replay(run_id=run.pk, now=NOW)
        return course(*args, **kwargs)

    monkeypatch.setattr(work, "_course", cancelled_meanwhile)

    ended = run_replay(run_id=run.pk, now=NOW)

    assert (ended.status, ended.results, ended.days_done) == (ReplayStatus.CANCELLED, None, 0)


def test_a_cancelled_run_is_never_started(shop: list[Product]) -> None:
    run = queued()
    cancel_replay(run_id=run.pk, now=NOW)

    assert run_replay(run_id=run.pk, now=NOW).status == ReplayStatus.CANCELLED


def test_what_has_ended_cannot_be_cancelled(shop: list[Product]) -> None:
    done = run_replay(run_id=queued().pk, now=NOW)

    with pytest.raises(Refusal, match="ended already"):
        cancel_replay(run_id=done.pk, now=NOW)
