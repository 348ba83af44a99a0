"""Measures of fraud work: by hand on small arrays, and on a shop whose truth is known."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from techmart.core.models import ShopSettings
from tests.pages import htmx, signed_in, text_of
from tests.transactions.factories import held, make_analyst, make_customer, recorded
from transactions.choices import Decision, LabelSource, ModelKind, ModelState, Verdict
from transactions.fraud.columns import SIGNALS
from transactions.fraud.labels import Label, fraud_spells
from transactions.fraud.learning.additive import AdditiveModel
from transactions.models import FraudLabel, FraudModel, ReviewDecision, Transaction
from transactions.quality.loading import (
    Span,
    customers_in,
    decision_times,
    labelled_lines,
    riskiest_orders,
    signal_bins,
)
from transactions.quality.measures import (
    LabelledLines,
    RiskiestOrders,
    false_positives_per_1000,
    median_of,
    model_quality,
    population_stability,
    precision_at_capacity,
    recall_by_amount,
)
from transactions.quality.report import computed_report
from transactions.services import Choice, decide

ZONE = ZoneInfo("America/New_York")


def lines_of(fraud: list[bool], **columns: Sequence[float]) -> LabelledLines:
    n = len(fraud)

    def column(name: str, default: float) -> np.ndarray:
        return np.array(columns.get(name, [default] * n))

    return LabelledLines(
        day=column("day", 1).astype(np.int64),
        customer=column("customer", 1).astype(np.int64),
        amount=column("amount", 1.0).astype(np.float64),
        score=column("score", 0.5).astype(np.float64),
        stopped=column("stopped", 0).astype(np.bool_),
        fraud=np.array(fraud, np.bool_),
        version=np.array(["v"] * n, np.object_),
    )


def orders_of(fraud: list[bool], known: list[bool]) -> RiskiestOrders:
    return RiskiestOrders(
        np.ones(len(fraud), np.int64), np.array(fraud, np.bool_), np.array(known, np.bool_)
    )


def test_precision_leaves_orders_without_a_label_out() -> None:
    # 15 frauds of 20 labelled; 30 more are unknown
    fraud = [True] * 15 + [False] * 35
    known = [True] * 20 + [False] * 30

    measure = precision_at_capacity(orders_of(fraud, known))

    assert (measure.value, measure.of) == (0.75, 20)


def test_recall_counts_money_and_not_orders() -> None:
    # 20 frauds: one of 900 is caught, nineteen of 100 are not: 900 of 2,800
    lines = lines_of([True] * 20, amount=[900.0] + [100.0] * 19, stopped=[1] + [0] * 19)

    measure = recall_by_amount(lines)

    assert measure.value == pytest.approx(900 / 2800)


def test_a_customer_who_is_wronged_twice_counts_once_and_anonymous_ones_do_not() -> None:
    lines = lines_of(
        [False] * 20, stopped=[1] * 6 + [0] * 14, customer=[7, 7, 8, 0, 0, 9] + [5] * 14
    )

    # customers 7, 8 and 9 of 600
    assert false_positives_per_1000(lines, customers=600).value == pytest.approx(5.0)


@pytest.mark.parametrize("labels", [0, 19])
def test_of_too_few_labels_nothing_is_told_but_how_many_are_missing(labels: int) -> None:
    few = [True] * labels

    for measure in (
        precision_at_capacity(orders_of(few, few)),
        recall_by_amount(lines_of(few)),
        false_positives_per_1000(lines_of(few), customers=10),
    ):
        assert (measure.value, measure.missing) == (None, 20 - labels)
    assert median_of([1.0, 2.0, 3.0, 4.0]).value is None


def test_a_models_ranking_and_threshold_are_judged() -> None:
    # 20 frauds at .9 and 20 genuine at .1, and 20 genuine at .6: two thirds genuine below frauds
    lines = lines_of([True] * 20 + [False] * 40, score=[0.9] * 20 + [0.1] * 20 + [0.6] * 20)

    quality = model_quality("v", lines, threshold=0.5)

    assert (quality.auc, quality.average_precision) == (1.0, 1.0)
    assert (quality.precision, quality.recall) == (0.5, 1.0)


def test_psi_of_a_signal_that_moved() -> None:
    # (.9−.5)·ln(.9/.5) + (.1−.5)·ln(.1/.5) = .2351 + .6438 = .8789
    moved = population_stability(np.array([500, 500]), np.array([900, 100]))

    assert moved == pytest.approx(0.8789, abs=1e-4)
    assert population_stability(np.array([500, 500]), np.array([250, 250])) == pytest.approx(0)
    assert population_stability(np.array([500, 500]), np.array([100, 99])) is None


# --- the same from rows

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
SPAN = Span(NOW - timedelta(days=30), NOW + timedelta(days=1))


def label(order_ref: str, is_fraud: bool, source: str = LabelSource.ANALYST, days: int = 0) -> None:
    FraudLabel.objects.create(
        order_ref=order_ref,
        is_fraud=is_fraud,
        source=source,
        known_at=NOW + timedelta(hours=1 + days),
    )


@pytest.mark.django_db
def test_conflicting_labels_are_settled_as_scoring_settles_them() -> None:
    sources = [s.value for s in LabelSource]
    rng = np.random.default_rng(7)
    for number in range(30):
        order = f"o{number}"
        recorded(order_ref=order, now=NOW)
        for step, source in enumerate(rng.permutation(sources)[: rng.integers(1, 5)]):
            label(order, bool(rng.integers(2)), source, days=step)

    found = labelled_lines(SPAN)

    rows = FraudLabel.objects.order_by("known_at", "pk")
    told = [Label(r.order_ref, r.is_fraud, r.source, r.known_at) for r in rows]
    frauds = {spell.order_ref for spell in fraud_spells(told) if spell.until is None}
    assert int(found.fraud.sum()) == len(frauds)
    assert len(found) == 30


@pytest.mark.django_db
def test_the_riskiest_orders_of_each_day_are_taken_whatever_the_size_of_the_day() -> None:
    for number, score in enumerate([0.9, 0.8, 0.7, 0.6]):
        sale = recorded(order_ref=f"o{number}", now=NOW)
        Transaction.objects.filter(pk=sale.pk).update(fraud_score=score)
    yesterday = recorded(order_ref="y", now=NOW - timedelta(days=1))
    label("o0", True)
    label("o3", True)
    label(yesterday.order_ref, False)

    found = riskiest_orders(SPAN, capacity=2)

    # o0 and o1 of today, and the only one of yesterday
    assert (len(found.day), int(found.fraud.sum()), int(found.known.sum())) == (3, 1, 2)


@pytest.mark.django_db
def test_times_run_from_recording_and_from_claiming_and_undone_decisions_do_not_count() -> None:
    sales = [held(order_ref=f"o{number}", now=NOW) for number in range(2)]
    analyst = make_analyst()
    for sale in sales:
        decide(
            order_refs=[sale.order_ref],
            choice=Choice(verdict=Verdict.APPROVE),
            actor=analyst,
            now=NOW + timedelta(minutes=9),
        )
    ReviewDecision.objects.filter(transaction=sales[1]).update(withdrawn_at=NOW)
    ReviewDecision.objects.filter(transaction=sales[0]).update(
        claimed_at=NOW + timedelta(minutes=6)
    )

    times = decision_times(SPAN)

    assert (times.waited.tolist(), times.handled.tolist()) == ([540.0], [180.0])


@pytest.mark.django_db
def test_silent_sales_are_a_bin_of_their_own() -> None:
    customer = make_customer()
    for days in (20, 19, 1):
        recorded(now=NOW - timedelta(days=days), customer_code=customer.code)
    sale = Transaction.objects.latest("timestamp")
    reasons = [
        {"code": "base", "contribution": -4.8, "value": 1.0},
        {"code": "F1", "contribution": 1.0, "value": 0.6},
    ]
    Transaction.objects.filter(pk=sale.pk).update(reasons=reasons)

    before, lately = signal_bins(SPAN, recent_from=NOW - timedelta(days=7))["F1"]

    assert (before.tolist(), lately.tolist()) == ([2, 0, 0, 0, 0], [0, 0, 0, 1, 0])
    assert customers_in(SPAN) == 1


@pytest.mark.django_db
def test_the_report_of_a_shop_with_known_truth() -> None:
    ShopSettings.objects.update_or_create(pk=1, defaults={"review_capacity_per_day": 25})
    customer = make_customer()
    for number in range(40):
        sale = recorded(order_ref=f"o{number}", now=NOW, customer_code=customer.code)
        fraud = number < 20
        # Half of the frauds were held; so was one genuine sale.
        stopped = number < 10 or number == 39
        Transaction.objects.filter(pk=sale.pk).update(
            fraud_score=0.9 if fraud else 0.2,
            decision=Decision.REVIEW if stopped else Decision.ALLOW,
        )
        label(sale.order_ref, fraud)

    report = computed_report(now=NOW + timedelta(days=1), zone=ZONE)

    # 25 riskiest: the 20 frauds and five genuine ones; 10 of 20 equal amounts were held
    assert report.now.precision.value == pytest.approx(20 / 25)
    assert report.now.recall.value == pytest.approx(0.5)
    # one customer bought, and was wronged
    assert report.now.false_positives.value == pytest.approx(1000)
    assert report.before.precision.value is None
    assert [week.recall.of for week in report.weeks] == [0] * 11 + [20]
    assert [(model.lines, model.frauds, model.auc) for model in report.models] == [(40, 20, 1.0)]


@pytest.fixture
def client() -> Client:
    return signed_in("transactions.view_transaction", "transactions.view_fraudlabel")


@pytest.mark.django_db
def test_an_empty_shop_says_what_each_figure_needs(client: Client) -> None:
    text = text_of(client.get("/transactions/quality/"))

    assert "Precision needs 20 more labelled orders. Recall needs 20 more known frauds." in text
    assert "No rule met a sale" in text
    assert "Population stability index" in text


@pytest.mark.django_db
def test_the_page_needs_the_permission_to_see_labels(client: Client) -> None:
    fragment = client.get("/transactions/quality/", **htmx("transactions-quality"))

    assert fragment.content.startswith(b'<div id="transactions-quality"')
    assert (
        signed_in("transactions.view_transaction").get("/transactions/quality/").status_code == 403
    )


@pytest.mark.django_db
def test_the_page_costs_the_same_queries_whatever_the_shop_sold(
    client: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        recorded(order_ref=f"o{number}", now=timezone.now(), price=Decimal("5.00"))

    client.get("/transactions/quality/")
    with django_assert_max_num_queries(8):  # type: ignore[operator]  # pytest-django's fixture
        client.get("/transactions/quality/")


@pytest.mark.django_db
def test_a_kept_model_is_put_in_place_and_taken_back_with_one_click() -> None:
    person = signed_in(
        "transactions.view_transaction",
        "transactions.view_fraudlabel",
        "transactions.change_fraudmodel",
    )
    first, second = (kept_model(f"learned.{number}") for number in (1, 2))
    page = "/transactions/quality/"
    assert b"Roll back" not in person.get(page).content

    for model in (first, second):
        answer = person.post(f"{page}models/{model.pk}/promote/", **htmx("transactions-quality"))
        assert f"{model.version} scores from now on" in answer["HX-Trigger"]
    back = person.post(f"{page}roll-back/")

    first.refresh_from_db()
    assert (back.status_code, first.state) == (303, "champion")
    assert person.post(f"{page}models/999/promote/").status_code == 404
    reader = signed_in(
        "transactions.view_transaction", "transactions.view_fraudlabel", email="r@x.y"
    )
    assert reader.post(f"{page}roll-back/").status_code == 403
    assert b"Roll back" not in reader.get(page).content


def kept_model(version: str) -> FraudModel:
    """Keep the written weights as a learned model would be kept."""
    return FraudModel.objects.create(
        version=version,
        kind=ModelKind.ADDITIVE,
        state=ModelState.CANDIDATE,
        artefact=AdditiveModel.prior(SIGNALS, base=-4.8, version=version).to_json(),
        learned_from=NOW - timedelta(days=90),
        learned_until=NOW,
        lines=1000,
        frauds=40,
    )
