"""Rules on numbers: what fires, what ends it, and the pages that make them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.choices import LIVE_STATES, AlertKind, Severity
from alerts.models import Alert
from analytics.metric_rules import measures, pages, services, words
from analytics.metric_rules.choices import Comparison, Measure, Side, Span
from analytics.metric_rules.evaluation import evaluate_metric_rules
from analytics.metric_rules.judging import (
    Verdict,
    judge_anomaly,
    judge_change,
    judge_threshold,
)
from analytics.metric_rules.models import MetricRule
from techmart.core.models import AuditEntry, User
from techmart.core.problems import Refusal
from techmart.lib.plain_list import PlainList
from tests.alerts.factories import make_user
from tests.analytics.factories import NOW, give_back, make_sale
from tests.inventory.factories import make_product
from transactions import list_filters
from transactions.choices import AdjustmentKind, TransactionStatus
from transactions.sales_list import ControlTotals, computed_totals

ZONE = ZoneInfo(settings.TIME_ZONE)
MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)

FIELDS: dict[str, Any] = {
    "name": "Slow hour",
    "measure": Measure.NET_SALES,
    "span": Span.HOUR,
    "category": "",
    "store": "",
    "comparison": Comparison.THRESHOLD,
    "side": Side.BELOW,
    "limit": Decimal(100),
    "severity": Severity.HIGH,
}


def make_rule(now: datetime = NOW, **fields: Any) -> MetricRule:
    owner = User.objects.filter(email="rules@techmart.example").first() or make_user(
        "rules@techmart.example"
    )
    return services.create_metric_rule(fields={**FIELDS, **fields}, actor=owner, now=now)


def live_alerts() -> list[Alert]:
    return list(Alert.objects.filter(state__in=LIVE_STATES))


@pytest.mark.parametrize(
    ("value", "side", "verdict"),
    [
        (101, Side.ABOVE, Verdict.FIRES),
        (100, Side.ABOVE, Verdict.HOLDS),
        (91, Side.ABOVE, Verdict.HOLDS),
        (90, Side.ABOVE, Verdict.CLEAR),
        (99, Side.BELOW, Verdict.FIRES),
        (100, Side.BELOW, Verdict.HOLDS),
        (109, Side.BELOW, Verdict.HOLDS),
        (110, Side.BELOW, Verdict.CLEAR),
    ],
)
def test_a_limit_has_a_tenth_of_hysteresis(value: float, side: Side, verdict: Verdict) -> None:
    assert judge_threshold(value, limit=100, side=side).verdict is verdict


def test_a_change_is_relative_and_has_no_size_from_nothing() -> None:
    assert judge_change(79, before=100, limit=0.2, side=Side.BELOW).verdict is Verdict.FIRES
    assert judge_change(81, before=100, limit=0.2, side=Side.BELOW).verdict is Verdict.HOLDS
    assert judge_change(83, before=100, limit=0.2, side=Side.BELOW).verdict is Verdict.CLEAR
    assert judge_change(130, before=100, limit=0.2, side=Side.ABOVE).verdict is Verdict.FIRES
    assert judge_change(130, before=100, limit=0.2, side=Side.BELOW).verdict is Verdict.CLEAR
    assert judge_change(130, before=0, limit=0.2, side=Side.ABOVE).verdict is Verdict.UNKNOWN
    assert judge_change(130, before=None, limit=0.2, side=Side.ABOVE).verdict is Verdict.UNKNOWN


def test_what_is_unusual_is_measured_in_robust_deviations() -> None:
    # Median 100; deviations 10, 0, 10, 0, 300: their median 10, so one deviation is 14.826.
    history = [90.0, 100.0, 110.0, 100.0, 400.0]

    assert judge_anomaly(40.0, history=history, limit=4, side=Side.BELOW).verdict is Verdict.FIRES
    assert judge_anomaly(41.0, history=history, limit=4, side=Side.BELOW).verdict is Verdict.HOLDS
    assert judge_anomaly(60.0, history=history, limit=4, side=Side.BELOW).verdict is Verdict.CLEAR
    assert judge_anomaly(40.0, history=history[:3], limit=4, side=Side.BELOW).reference is None
    # All alike: a twentieth of the median is the least deviation.
    same = [100.0] * 8
    assert judge_anomaly(81.0, history=same, limit=4, side=Side.BELOW).verdict is Verdict.HOLDS
    assert judge_anomaly(79.0, history=same, limit=4, side=Side.BELOW).verdict is Verdict.FIRES
    assert (
        judge_anomaly(5.0, history=[0.0] * 8, limit=4, side=Side.ABOVE).verdict is Verdict.UNKNOWN
    )


@pytest.mark.django_db
def test_a_rule_fires_and_its_alert_ends_when_the_number_is_back() -> None:
    rule = make_rule()
    make_sale(at=NOW - 30 * MINUTE, price="50.00")

    evaluate_metric_rules(now=NOW)

    [alert] = live_alerts()
    assert (alert.kind, alert.severity, alert.title) == (
        AlertKind.METRIC_THRESHOLD,
        Severity.HIGH,
        "Slow hour",
    )
    assert "$50.00" in alert.message
    rule.refresh_from_db()
    assert (rule.value, rule.reference, rule.fires) == (50.0, 100.0, True)

    make_sale(at=NOW - 20 * MINUTE, price="55.00")
    evaluate_metric_rules(now=NOW + MINUTE)
    assert live_alerts() == [alert]  # 105: inside, but not by a tenth

    make_sale(at=NOW - 10 * MINUTE, price="10.00")
    evaluate_metric_rules(now=NOW + 2 * MINUTE)
    assert live_alerts() == []


@pytest.mark.django_db
def test_only_the_rules_part_of_the_shop_counts() -> None:
    make_rule(category="Socks", store="S1")
    socks, hats = make_product(category="Socks"), make_product(category="Hats")
    make_sale(at=NOW - MINUTE, product=hats, store="S1", price="500.00")
    make_sale(at=NOW - MINUTE, product=socks, store="S2", price="500.00")
    make_sale(at=NOW - MINUTE, product=socks, store="S1", price="60.00")
    make_sale(at=NOW - 61 * MINUTE, product=socks, store="S1", price="500.00")

    [look] = evaluate_metric_rules(now=NOW)

    assert look.value == 60.0


@pytest.mark.django_db
def test_a_change_is_held_against_the_same_hour_a_week_before() -> None:
    make_rule(comparison=Comparison.CHANGE, limit=Decimal("0.2"))
    make_sale(at=NOW - WEEK - MINUTE, price="100.00")
    make_sale(at=NOW - MINUTE, price="70.00")

    [look] = evaluate_metric_rules(now=NOW)

    assert (look.value, look.judgement.reference) == (70.0, 100.0)
    assert look.judgement.verdict is Verdict.FIRES
    assert live_alerts()[0].kind == AlertKind.METRIC_CHANGE


@pytest.mark.django_db
def test_a_week_before_is_the_same_time_of_the_shops_clock() -> None:
    # Clocks went back on 1 November 2026: 10:00 was at 14:00 UTC before, at 15:00 after.
    now = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
    make_rule(comparison=Comparison.CHANGE, limit=Decimal("0.2"))
    make_rule(name="Unusual", comparison=Comparison.ANOMALY, limit=Decimal(4))
    for week in range(1, 5):
        make_sale(at=datetime(2026, 11, 3, 13, 59, tzinfo=UTC) - week * WEEK, price="100.00")

    looks = evaluate_metric_rules(now=now)

    assert [look.judgement.reference for look in looks] == [100.0, 50.0]


# The measure, its value by hand, and what the list of the rows behind it must say.
MEASURED = [
    # 60 + 30 + 10 + 200 sold, 25 + 5 back, of which 5 came again.
    (Measure.NET_SALES, 275.0, lambda rows: rows.net),
    (Measure.REFUNDS, 25.0, lambda rows: rows.refunds),
    (Measure.ORDERS, 3.0, lambda rows: rows.orders),
    (Measure.AVERAGE_ORDER, 100.0, lambda rows: rows.amount / rows.orders),
    (Measure.SUSPICIOUS_SHARE, 0.25, lambda rows: rows.rows / 4),
]


@pytest.mark.django_db
@pytest.mark.parametrize("span", Span)
@pytest.mark.parametrize(("measure", "value", "read"), MEASURED)
def test_the_rows_behind_a_number_come_to_it(
    span: Span, measure: Measure, value: float, read: Callable[[ControlTotals], Any]
) -> None:
    now = NOW + timedelta(microseconds=123_456)
    begin = now - span.length
    socks, hats = make_product(category="Socks"), make_product(category="Hats")
    in_part: dict[str, Any] = {"product": socks, "store": "S1"}
    make_sale(at=begin - timedelta(microseconds=1), price="1000.00", **in_part)
    first = make_sale(at=begin, price="60.00", order_ref="two", **in_part)
    make_sale(at=now - MINUTE, price="30.00", order_ref="two", **in_part)
    make_sale(at=now - MINUTE, price="10.00", is_suspicious=True, **in_part)
    # Made long before it became revenue.
    make_sale(at=now - MINUTE, timestamp=now - 5 * WEEK, price="200.00", **in_part)
    make_sale(at=now, price="1000.00", **in_part)
    make_sale(at=now - MINUTE, product=hats, store="S1", price="1000.00")
    make_sale(at=now - MINUTE, product=socks, store="S2", price="1000.00")
    give_back(first, "25.00", at=now - MINUTE)
    give_back(first, "5.00", at=begin, kind=AdjustmentKind.CHARGEBACK)
    give_back(first, "5.00", at=now - MINUTE, kind=AdjustmentKind.CHARGEBACK_REVERSED)
    give_back(first, "10.00", at=begin - MINUTE)
    rule = make_rule(
        measure=measure, span=span, category="Socks", store="S1", side=Side.ABOVE, limit=Decimal(0)
    )

    [look] = evaluate_metric_rules(now=now)

    assert look.value == value
    [alert] = live_alerts()
    rule.refresh_from_db()
    view = PlainList("/alerts/rules/", pages.COLUMNS)
    [row] = pages.list_context(view, may_change=True, now=now + MINUTE)["rows"]
    assert alert.path == row.rows_url
    path, _, query = alert.path.partition("?")
    filters = list_filters.parse_filters(dict(parse_qsl(query)), zone=ZONE)
    assert (path, filters.ignored) == ("/transactions/", ())
    # An hour later, the same rows.
    sales = filters.sales(now=now + timedelta(hours=1), zone=ZONE)
    assert float(read(computed_totals(sales, basis=filters.basis))) == value


@pytest.mark.django_db
def test_the_longest_part_of_a_shop_has_an_address() -> None:
    make_rule(category="ö" * 100, store="ü" * 40)

    evaluate_metric_rules(now=NOW)

    assert live_alerts()[0].path.endswith("%C3%B6")


@pytest.mark.django_db
def test_what_was_found_is_written_in_as_many_statements_however_many_rules() -> None:
    costs = []
    for number in range(2):
        for part in range(1 + 4 * number):
            make_rule(name=f"Held {number} {part}", measure=Measure.HELD, side=Side.ABOVE)
        with CaptureQueriesContext(connection) as queries:
            evaluate_metric_rules(now=NOW + number * MINUTE)
        costs.append(sum("UPDATE" in query["sql"].split(" SET ")[0] for query in queries))
    assert costs[0] == costs[1]
    assert set(MetricRule.objects.values_list("judged_at", flat=True)) == {NOW + MINUTE}


@pytest.mark.django_db
def test_a_rule_turned_off_while_its_number_is_read_raises_no_alert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = make_rule()

    def turned_off_meanwhile(*_: Any) -> float:
        services.switch_metric_rule(
            rule_id=rule.pk, enabled=False, version=1, actor=rule.owner, now=NOW
        )
        return 50.0

    monkeypatch.setattr(measures, "read_window", turned_off_meanwhile)

    assert evaluate_metric_rules(now=NOW) == []
    assert live_alerts() == []


@pytest.mark.django_db
def test_levels_count_what_is_so_now() -> None:
    make_rule(name="Queue", measure=Measure.HELD, side=Side.ABOVE, limit=Decimal(1))
    for _ in range(2):
        make_sale(at=NOW, status=TransactionStatus.IN_REVIEW)

    evaluate_metric_rules(now=NOW)

    assert [alert.title for alert in live_alerts()] == ["Queue"]


@pytest.mark.django_db
def test_a_level_is_read_in_one_statement(django_assert_num_queries: Any) -> None:
    # Three at their reorder point, two of which are out; of the held sale's product is enough.
    levels = {"reorder_threshold": 5, "order_up_to": 9}
    for stock in (5, 0, 0):
        make_product(stock=stock, **levels)
    product = make_product(stock=6, **levels)
    make_sale(product, at=NOW, status=TransactionStatus.IN_REVIEW)

    for measure, count in ((Measure.HELD, 1), (Measure.LOW_STOCK, 3), (Measure.OUT_OF_STOCK, 2)):
        with django_assert_num_queries(1):
            assert measures.read_level(measure) == count


@pytest.mark.django_db
def test_a_rule_that_is_off_is_not_looked_at_and_has_no_alert() -> None:
    rule = make_rule()
    evaluate_metric_rules(now=NOW)
    assert live_alerts()

    services.switch_metric_rule(
        rule_id=rule.pk, enabled=False, version=1, actor=rule.owner, now=NOW
    )

    assert live_alerts() == []
    assert evaluate_metric_rules(now=NOW) == []


@pytest.mark.django_db
def test_what_does_not_go_together_is_refused_by_field() -> None:
    with pytest.raises(services.RuleRefused) as refused:
        make_rule(measure=Measure.HELD, comparison=Comparison.CHANGE, store="S1")
    assert [error.field for error in refused.value.errors] == ["comparison", "store"]

    with pytest.raises(services.RuleRefused) as refused:
        make_rule(comparison=Comparison.CHANGE, limit=Decimal(0))
    assert [error.field for error in refused.value.errors] == ["limit"]

    make_rule()
    with pytest.raises(services.RuleRefused) as refused:
        make_rule()
    assert [error.code for error in refused.value.errors] == ["taken"]
    assert MetricRule.objects.count() == 1


@pytest.mark.django_db
def test_a_rule_changed_meanwhile_is_not_written_over() -> None:
    rule = make_rule()
    change: dict[str, Any] = {"rule_id": rule.pk, "version": 1, "actor": rule.owner, "now": NOW}
    services.change_metric_rule(fields={**FIELDS, "limit": Decimal(50)}, **change)

    with pytest.raises(services.StaleRule):
        services.change_metric_rule(fields={**FIELDS, "limit": Decimal(70)}, **change)
    with pytest.raises(Refusal):
        services.delete_metric_rule(**change)

    rule.refresh_from_db()
    assert (rule.limit, rule.version) == (Decimal(50), 2)
    audit = AuditEntry.objects.get(action="metric_rule.change")
    assert (audit.before["limit"], audit.after["limit"]) == ("100.0000", "50")


def test_a_rule_reads_as_a_sentence() -> None:
    rule = MetricRule(**{**FIELDS, "category": "Socks"})
    assert words.sentence(rule) == "Net sales in Socks of the last hour falls below $100.00"
    rule.comparison, rule.limit = Comparison.CHANGE, Decimal("0.25")
    assert words.sentence(rule).endswith(
        "falls below the same time a week before by more than 25.0%"
    )


@pytest.fixture
def manager(client: Client) -> Client:
    user = make_user("chief@techmart.example")
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


TYPED = {
    "name": "Fall",
    "measure": "net_sales",
    "span": "24h",
    "comparison": "change",
    "side": "below",
    "limit": "20",
    "severity": "high",
}


@pytest.mark.django_db
def test_percent_are_typed_and_shares_are_kept(manager: Client) -> None:
    answer = manager.post("/alerts/rules/new/", TYPED)
    assert (answer.status_code, answer["Location"]) == (303, "/alerts/rules/")
    rule = MetricRule.objects.get()
    assert rule.limit == Decimal("0.2")

    page = manager.get(f"/alerts/rules/{rule.pk}/").content.decode()
    assert 'value="20"' in page

    htmx = manager.post(
        f"/alerts/rules/{rule.pk}/",
        {**TYPED, "limit": "30", "version": "1"},
        headers={"HX-Request": "true", "HX-Target": "analytics-metric-rule-form"},
    )
    assert (htmx.status_code, htmx["HX-Redirect"]) == (204, "/alerts/rules/")
    rule.refresh_from_db()
    assert rule.limit == Decimal("0.3")


@pytest.mark.django_db
def test_a_form_that_is_refused_keeps_what_was_typed(manager: Client) -> None:
    answer = manager.post("/alerts/rules/new/", {**TYPED, "category": "Nonsense", "limit": "-1"})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "No product has the category Nonsense." in text
    assert 'value="Nonsense"' in text
    assert 'aria-invalid="true"' in text
    assert not MetricRule.objects.exists()


@pytest.mark.django_db
def test_the_list_costs_the_same_however_many_rules(manager: Client) -> None:
    for number in range(5):
        make_rule(name=f"Rule {number}")
    manager.get("/alerts/rules/")
    with CaptureQueriesContext(connection) as few:
        page = manager.get("/alerts/rules/").content.decode()
    assert page.count('id="rule-') == 5
    for number in range(5, 15):
        make_rule(name=f"Rule {number}")
    with CaptureQueriesContext(connection) as many:
        manager.get("/alerts/rules/")
    assert len(many) == len(few)


@pytest.mark.django_db
def test_rules_are_switched_and_removed_without_script(manager: Client) -> None:
    rule = make_rule()
    manager.post(f"/alerts/rules/{rule.pk}/switch/", {"enabled": "0", "version": "1"})
    rule.refresh_from_db()
    assert not rule.enabled

    stale = manager.post(f"/alerts/rules/{rule.pk}/delete/", {"version": "1"}, follow=True)
    assert "Somebody changed this rule" in stale.content.decode()
    manager.post(f"/alerts/rules/{rule.pk}/delete/", {"version": "2"})
    assert not MetricRule.objects.exists()


@pytest.mark.django_db
def test_who_may_not_change_rules_does_not(client: Client) -> None:
    client.force_login(
        make_user("plain@techmart.example"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get("/alerts/rules/").status_code == 403
    assert client.post("/alerts/rules/new/", TYPED).status_code == 403
    assert not MetricRule.objects.exists()
