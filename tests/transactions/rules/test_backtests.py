"""A version tried on recorded sales: as of their time, and kept with its figures."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from django.conf import settings

from techmart.core.models import Outbox
from techmart.core.problems import Refusal
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_customer, recorded, sale_of
from tests.transactions.rules.rules import LARGE, author, make_active, make_rule
from transactions.choices import BacktestStatus
from transactions.fraud.calendar import microseconds
from transactions.fraud.labels import Label, verdicts
from transactions.models import FraudLabel, FraudRule, RuleBacktest, Transaction
from transactions.rules.columns import CASE_COLUMNS, fact_columns
from transactions.rules.facts import SaleToJudge, facts_of
from transactions.rules.fields import FIELDS
from transactions.services import record_sales, rules
from transactions.services.rules import backtests
from transactions.services.rules.history import PastSales, load_labels
from transactions.tasks import backtest_rule

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo(settings.TIME_ZONE)
TODAY = NOW.astimezone(ZONE).date()


def _request(rule: FraudRule, **fields: Any) -> RuleBacktest:
    values: dict[str, Any] = {"number": 1, "actor": author(), "now": NOW}
    return rules.request_backtest(rule_id=rule.pk, **values | fields)


def _tried(rule: FraudRule, *, now: datetime = NOW, **fields: Any) -> dict[str, Any]:
    backtest = _request(rule, now=now, **fields)
    rules.run_backtest(backtest_id=backtest.pk, now=now)
    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.DONE, backtest.error
    return dict(backtest.result)


def _past(days_ago: float, **fields: Any) -> Transaction:
    at = NOW - timedelta(days=days_ago)
    values: dict[str, Any] = {"price": Decimal("150.00"), "timestamp": at, "now": at}
    return recorded(**values | fields)


def _label(order: str, is_fraud: bool, *, known: datetime, source: str = "analyst") -> None:
    FraudLabel.objects.create(order_ref=order, is_fraud=is_fraud, source=source, known_at=known)


def test_past_sales_are_compared_with_what_is_known_today() -> None:
    for number, days_ago in enumerate((2, 5, 9, 40)):
        _past(days_ago, order_ref=f"o-{number}")
    _past(3, price=Decimal("5.00"), order_ref="small")
    _label("o-0", True, known=NOW - timedelta(days=1))
    _label("o-1", False, known=NOW - timedelta(days=1))
    _label("small", True, known=NOW - timedelta(days=1))
    # Nobody knows it yet.
    _label("o-2", True, known=NOW + timedelta(days=1))

    found = _tried(make_rule(), since=TODAY - timedelta(days=10), until=TODAY)

    assert (found["sales"], found["cases"], found["days"]) == (4, 3, 10)
    assert (found["labelled"], found["caught"], found["frauds"]) == (2, 1, 2)
    assert found["amount_cents"] == 45_000
    assert (found["fraud_cents"], found["all_fraud_cents"]) == (15_000, 15_500)
    # Both labels of the day before: one day after its sale, and four.
    assert found["lag_days"]["p90"] == 4


def test_a_period_is_whole_shop_days() -> None:
    midnight = datetime(2026, 3, 5, tzinfo=ZONE)
    for moment in (midnight - timedelta(seconds=1), midnight, midnight + timedelta(hours=23.9)):
        recorded(price=Decimal("150.00"), timestamp=moment, now=NOW)

    found = _tried(make_rule(), since=date(2026, 3, 5), until=date(2026, 3, 6))

    assert (found["cases"], found["daily"]) == (2, [["2026-03-05", 2, 0]])


def _watch(value: str = "FR", *, at: datetime, until: datetime | None = None) -> None:
    rules.create_list(key="watch", name="W", kind="country", reason="", actor=author(), now=at)
    rules.add_values(
        key="watch", values=[value], expires_at=until, reason="", actor=author(), now=at
    )


def test_a_list_is_read_as_it_was() -> None:
    _watch(at=NOW - timedelta(days=6), until=NOW - timedelta(days=3))
    for days_ago in (8, 5, 2):
        _past(days_ago, ship_country="FR")

    found = _tried(
        make_rule({"all": [{"field": "ship_country", "operator": "in_list", "value": "watch"}]})
    )

    # Only the middle one came while France was watched; today it is not.
    assert (found["cases"], found["cases_with_todays_lists"]) == (1, 0)


def test_signals_and_scores_are_those_of_their_time() -> None:
    product = make_product(stock=9, price=Decimal("5.00"))
    customer = make_customer()
    at = NOW - timedelta(days=3)
    for number in range(2):
        record_sales(
            [
                sale_of(
                    product.sku, customer_code=customer.code, timestamp=at, order_ref=f"{number}"
                )
            ],
            now=at,
        )
        at += timedelta(seconds=30)
    twin = Transaction.objects.order_by("pk")[1]
    assert "F8" in {reason["code"] for reason in twin.reasons}

    found = _tried(make_rule({"all": [{"field": "signal.F8", "operator": "is", "value": 1}]}))
    assert found["cases"] == 1

    score = {"field": "score", "operator": "is", "value": twin.fraud_score * 100}
    assert _tried(make_rule({"all": [score]}))["cases"] == 1


def test_what_runs_already_takes_its_share() -> None:
    make_active({"all": [{"field": "quantity", "operator": "at_least", "value": 2}]}, name="Many")
    _past(2, quantity=2)
    _past(3)
    at = NOW - timedelta(days=4)
    recorded(price=Decimal("1.00"), quantity=2, timestamp=at, now=at)

    found = _tried(make_rule(), until=TODAY, since=TODAY - timedelta(days=10))

    assert (found["cases"], found["added"]) == (2, 1)
    assert found["held_otherwise_a_day"] == 0.2
    [overlap] = found["overlap"]
    assert (overlap["name"], overlap["cases"], overlap["both"]) == ("Many", 2, 1)


def test_a_rule_is_not_measured_against_itself() -> None:
    rule = make_active()
    _past(2)
    rules.add_version(
        rule_id=rule.pk,
        expression={"all": [{"field": "amount", "operator": "more_than", "value": 99}]},
        note="",
        actor=author(),
        now=NOW,
    )

    found = _tried(rule, number=2)

    assert (found["added"], found["held_otherwise_a_day"], found["overlap"]) == (1, 0.0, [])


def test_a_finished_backtest_opens_the_gate() -> None:
    rule = make_rule()
    _past(2)
    _tried(rule)

    active = rules.activate(rule_id=rule.pk, number=1, actor=author(), now=NOW)

    assert active.state == "active"


def test_fields_that_are_not_kept_are_named() -> None:
    condition = {"field": "email_domain", "operator": "is", "value": "x.example"}

    assert _tried(make_rule({"all": [condition]}))["of_today"] == ["e-mail domain"]


def test_a_request_is_handed_to_a_worker_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = make_rule()

    backtest = _request(rule)

    message = Outbox.objects.get()
    assert message.payload == {
        "task": "transactions.backtest_rule",
        "kwargs": {"backtest_id": backtest.pk},
        "queue": "exports",
    }
    assert (backtest.since_date, backtest.until_date) == (TODAY - timedelta(days=90), TODAY)
    assert _refused(lambda: _request(rule)) == [("", "wrong_state")]
    assert backtest_rule.name == "transactions.backtest_rule"

    backtest_rule(backtest_id=backtest.pk)
    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.DONE
    # Delivered again, it does nothing.
    monkeypatch.setattr(backtests, "_tried", lambda *_args, **_kwargs: pytest.fail("again"))
    backtest_rule(backtest_id=backtest.pk)


def _refused(act: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as refusal:
        act()
    return [(error.field, error.code) for error in refusal.value.errors] or [
        ("", refusal.value.code)
    ]


@pytest.mark.parametrize(
    ("period", "error"),
    [
        ({"until": TODAY + timedelta(days=1)}, ("until", "future")),
        ({"since": TODAY, "until": TODAY}, ("since", "invalid")),
        ({"since": date(2020, 1, 1)}, ("since", "too_long")),
    ],
)
def test_a_period_that_cannot_be_tried_is_refused(
    period: dict[str, date], error: tuple[str, str]
) -> None:
    assert _refused(lambda: _request(make_rule(), **period)) == [error]


def test_an_unknown_version_is_said() -> None:
    assert _refused(lambda: _request(make_rule(), number=4)) == [("", "unknown_rule")]


def test_what_goes_wrong_is_kept_and_rises(monkeypatch: pytest.MonkeyPatch) -> None:
    backtest = _request(make_rule())

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(backtests, "findings", fail)
    with pytest.raises(RuntimeError):
        rules.run_backtest(backtest_id=backtest.pk, now=NOW)

    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.FAILED
    assert "run it again" in backtest.error
    assert _request(FraudRule.objects.get()).status == BacktestStatus.QUEUED


def test_a_backtest_whose_worker_is_gone_makes_room() -> None:
    rule = make_rule()
    lost = _request(rule)
    RuleBacktest.objects.update(status=BacktestStatus.RUNNING, progress_at=NOW)
    assert _refused(lambda: _request(rule, now=NOW + timedelta(minutes=4)))

    later = NOW + timedelta(minutes=6)
    assert _request(rule, now=later).status == BacktestStatus.QUEUED

    lost.refresh_from_db()
    assert (lost.status, lost.error) == (
        BacktestStatus.FAILED,
        "Its worker stopped; run it again.",
    )


def test_progress_is_told_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for days_ago in (80, 40, 2):
        _past(days_ago)
    told: list[int] = []
    note = backtests._note_progress

    def listen(backtest: RuleBacktest) -> None:
        note(backtest)
        told.append(RuleBacktest.objects.get(pk=backtest.pk).sales_done)

    monkeypatch.setattr(backtests, "_note_progress", listen)
    _tried(make_rule())

    assert told == sorted(told)
    assert set(told) == {0, 1, 2, 3}
    assert RuleBacktest.objects.get().sales_total == 3


def test_the_past_is_seen_as_the_sale_was_when_recorded() -> None:
    customer = make_customer(email="Ada@Mail.example", created_at=NOW - timedelta(days=30))
    sold: list[dict[str, Any]] = [
        {
            "customer_code": customer.code,
            "device": ' a, "b" ',
            "ip_country": "gb",
            "ship_country": "FR",
            "discount": Decimal("0.37"),
            "store": 'Städte, "Nord"',
            "card_token": "tok-1",
            "ship_address": "1 High Street",
            "bill_address": "2 Low Road",
        },
        {"channel": "phone", "payment_method": "cash", "quantity": 3},
        {"customer_code": customer.code, "device": "x", "payment_status": "declined"},
        {"customer_code": customer.code, "email": "Ada.L+1@Order.example"},
    ]
    for number, fields in enumerate(sold):
        recorded(timestamp=NOW - timedelta(days=2, hours=-5 * number), now=NOW, **fields)
    codes = frozenset(FIELDS)

    past = PastSales(codes).between(NOW - timedelta(days=9), NOW)
    rows = fact_columns(past, fields=codes, zone=ZONE).sort("timestamp_us")

    assert rows["email_domain"].to_list() == ["mail.example", None, "mail.example", "order.example"]
    txns = Transaction.objects.select_related("product", "customer").order_by("timestamp")
    assert rows.select("timestamp_us", *FIELDS).to_dicts() == [
        dict(facts_of(_to_judge(txn), zone=ZONE)) for txn in txns
    ]
    assert set(CASE_COLUMNS) <= set(rows.columns)


def _to_judge(txn: Transaction) -> SaleToJudge:
    return SaleToJudge(
        timestamp=txn.timestamp,
        amount_cents=int(txn.total_amount * 100),
        discount_cents=int(txn.discount * 100),
        quantity=txn.quantity,
        channel=txn.channel,
        payment_method=txn.payment_method,
        device=txn.device,
        card=txn.card_hash,
        ship_address=txn.ship_address_hash,
        bill_address=txn.bill_address_hash,
        email_stem=txn.email_stem,
        declined=txn.declined_at is not None,
        ip_country=txn.ip_country,
        ship_country=txn.ship_country,
        store=txn.store,
        sku=txn.product.sku,
        category=txn.product.category,
        customer=txn.customer.code if txn.customer else "",
        customer_since=txn.customer.created_at if txn.customer else None,
        email=txn.customer.email if txn.customer else "",
        score=txn.fraud_score,
        reasons=txn.reasons,
    )


def test_labels_are_settled_as_scoring_settles_them() -> None:
    told = [
        ("a", "chargeback", True, 1),
        ("a", "analyst", False, 2),
        ("b", "analyst", True, 1),
        ("b", "analyst", False, 3),
        ("c", "customer", True, 2),
        ("c", "planted", False, 1),
        ("d", "customer", False, 1),
    ]
    for order, source, is_fraud, hour in told:
        _label(order, is_fraud, known=NOW + timedelta(hours=hour), source=source)

    found = load_labels(since=NOW, known_by=NOW + timedelta(hours=5))

    labels = [
        Label(order, is_fraud, source, NOW + timedelta(hours=hour))
        for order, source, is_fraud, hour in sorted(told, key=lambda each: each[3])
    ]
    last = {verdict.order_ref: verdict.is_fraud for verdict in verdicts(labels)}
    assert dict(found.select("order_ref", "is_fraud").iter_rows()) == last
    b = found.filter(pl.col("order_ref") == "b")["known_us"].item()
    assert b == microseconds(NOW + timedelta(hours=3))


def test_a_hit_of_the_past_is_a_hit_of_today() -> None:
    """What a backtest says of a sale is what the running rule says of it."""
    rule = make_active(LARGE, action="review")
    at = NOW - timedelta(days=2)
    sold = recorded(price=Decimal("100.00"), timestamp=at, now=at)
    less = recorded(price=Decimal("99.99"), timestamp=at, now=at)
    assert (sold.decision, less.decision) == ("review", "allow")

    assert _tried(rule)["cases"] == 1
