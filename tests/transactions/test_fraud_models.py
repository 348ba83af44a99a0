"""Models are learned from the shop's labels, put in place, taken back, and watched."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from alerts.models import Alert
from tests.alerts.factories import make_analyst
from tests.inventory.factories import make_product
from tests.transactions.factories import NOW, make_customer, sale_of
from transactions.choices import LabelSource, ModelKind, ModelState, StatisticKind
from transactions.fraud.bulk import score_frame
from transactions.fraud.champion import current_model, load_model, model_of
from transactions.fraud.columns import PRIOR, SIGNALS
from transactions.fraud.learning.additive import AdditiveModel
from transactions.fraud.learning.boosted import BoostedModel
from transactions.fraud.recorded import recorded_sales
from transactions.models import FraudLabel, FraudModel, FraudStatistic, Transaction
from transactions.services import record_sales, refresh_fraud_statistics
from transactions.services.device_facts import rebuild_device_facts, refresh_device_facts
from transactions.services.fraud_learning import refit_fraud_model, refit_when_due
from transactions.services.fraud_models import (
    check_fraud_model,
    install_models,
    promote_model,
    roll_back_model,
)
from transactions.services.refusals import ModelUnusable, NoEarlierModel, UnknownModel
from transactions.services.review_capacity import CURVE, review_curve

pytestmark = pytest.mark.django_db


def a_model(version: str, *, base: float = -6.0, **fields: Any) -> FraudModel:
    """Return an unsaved model that differs from the priors in its base."""
    model = AdditiveModel.prior(SIGNALS, base=base, version=version)
    return FraudModel(
        **{
            "version": version,
            "kind": ModelKind.ADDITIVE,
            "state": ModelState.CANDIDATE,
            "artefact": model.to_json(),
            "learned_from": NOW - timedelta(days=90),
            "learned_until": NOW,
            "lines": 100,
            "frauds": 30,
            "created_at": NOW,
        }
        | fields
    )


def put_in_place(version: str, *, days: int = 0, **fields: Any) -> FraudModel:
    now = NOW + timedelta(days=days)
    return install_models(
        [a_model(version, created_at=now, **fields)], best=ModelKind.ADDITIVE, now=now
    )


def recorded(reference: str = "r") -> Transaction:
    product = make_product(stock=1000)
    [outcome] = record_sales([sale_of(product.sku, reference=reference)], now=NOW)
    return outcome.transaction


def test_sales_name_the_model_that_scored_them() -> None:
    assert recorded("before").score_version == PRIOR.version

    put_in_place("additive.1", base=-3.0)
    txn = recorded("after")

    assert txn.score_version == "additive.1"
    # σ(−3): the base of the model in place, for nothing else speaks.
    assert txn.fraud_score == pytest.approx(1 / (1 + np.exp(3.0)))
    assert [r["contribution"] for r in txn.reasons] == [-3.0]


def test_a_sale_is_scored_by_its_model_though_another_thread_turns_to_the_next() -> None:
    first, second = put_in_place("additive.1"), put_in_place("additive.2", days=1)

    class Interrupted(int):
        """A key; while it is compared, another thread asks for the second model."""

        def __ne__(self, other: object) -> bool:
            model_of(second.pk)
            return super().__ne__(other)

    assert model_of(first.pk).version == "additive.1"
    assert model_of(Interrupted(first.pk)).version == "additive.1"
    assert model_of(second.pk).version == "additive.2"


def test_one_step_back_is_the_champion_before_and_a_further_one_the_one_before_that() -> None:
    user = make_analyst()
    for number in (1, 2, 3):
        put_in_place(f"additive.{number}", days=number)
    back = NOW + timedelta(days=9)

    assert roll_back_model(actor=user, now=back).version == "additive.2"
    assert roll_back_model(actor=user, now=back).version == "additive.1"
    assert current_model().version == "additive.1"
    # Before it the shop scored by the priors.
    assert roll_back_model(actor=user, now=back).kind == ModelKind.PRIOR
    assert current_model() == PRIOR
    with pytest.raises(NoEarlierModel):
        roll_back_model(actor=user, now=back)
    assert FraudModel.objects.filter(state=ModelState.CHAMPION).count() == 1


def test_a_step_back_passes_over_what_cannot_be_used() -> None:
    put_in_place("additive.1", days=1)
    put_in_place("additive.2", days=2)
    put_in_place("additive.3", days=3)
    FraudModel.objects.filter(version="additive.2").update(artefact="{")

    assert roll_back_model(actor=make_analyst(), now=NOW).version == "additive.1"


def test_a_kept_model_can_be_put_in_place_unless_it_is_broken() -> None:
    put_in_place("additive.1")
    kept = FraudModel.objects.create(**_fields(a_model("additive.2")))
    broken = FraudModel.objects.create(**_fields(a_model("additive.3", artefact="no")))
    user = make_analyst()

    promoted = promote_model(model_id=kept.pk, actor=user, now=NOW)

    assert (promoted.state, promoted.promoted_by) == (ModelState.CHAMPION, user)
    assert FraudModel.objects.get(version="additive.1").state == ModelState.RETIRED
    with pytest.raises(ModelUnusable, match=r"additive\.3"):
        promote_model(model_id=broken.pk, actor=user, now=NOW)
    with pytest.raises(UnknownModel):
        promote_model(model_id=0, actor=user, now=NOW)


def _fields(model: FraudModel) -> dict[str, object]:
    return {
        field.attname: getattr(model, field.attname)
        for field in FraudModel._meta.concrete_fields
        if field.attname != "id"
    }


@pytest.mark.parametrize(
    "broken",
    [
        {"artefact": "no JSON"},
        {"artefact": AdditiveModel.prior(SIGNALS[:3], base=-4, version="v").to_json()},
        {"kind": ModelKind.BOOSTED, "trees": b"no trees"},
        {"kind": ModelKind.BOOSTED, "trees": None},
    ],
)
def test_a_broken_model_leaves_the_priors_and_raises_an_alert_until_it_is_gone(
    broken: dict[str, Any],
) -> None:
    good = put_in_place("additive.1")
    bad = FraudModel.objects.create(**_fields(a_model("bad", **broken)))
    FraudModel.objects.filter(pk=good.pk).update(state=ModelState.RETIRED, promoted_at=NOW)
    FraudModel.objects.filter(pk=bad.pk).update(
        state=ModelState.CHAMPION, promoted_at=NOW + timedelta(days=1)
    )

    assert recorded().score_version == PRIOR.version
    assert not check_fraud_model(now=NOW)
    assert [alert.kind for alert in Alert.objects.all()] == ["ops.model"]
    assert FraudModel.objects.get(pk=bad.pk).problem

    roll_back_model(actor=make_analyst(), now=NOW)
    assert check_fraud_model(now=NOW)
    assert Alert.objects.get().state == "resolved"
    assert recorded("again").score_version == "additive.1"


def test_models_without_a_champion_raise_the_alert_and_a_new_shop_does_not() -> None:
    assert check_fraud_model(now=NOW)
    assert not Alert.objects.exists()

    FraudModel.objects.create(**_fields(a_model("additive.1")))
    assert not check_fraud_model(now=NOW)
    assert Alert.objects.get().kind == "ops.model"


@pytest.fixture
def labelled_shop() -> datetime:
    """Record half a year in which every sale from 500 on, and all of one device, is fraud."""
    rng = np.random.default_rng(4)
    product = make_product(stock=1_000_000, price=Decimal(1))
    people = [make_customer() for _ in range(20)]
    sales = []
    for number, day in enumerate(np.sort(rng.uniform(0, 180, 900))):
        dear = rng.random() < 0.06
        bad_device = 60 < day < 120 and rng.random() < 0.08
        amount = rng.uniform(500, 600) if dear else rng.uniform(20, 480)
        sales.append(
            sale_of(
                product.sku,
                reference=f"s{number}",
                order_ref=f"o{number}",
                customer_code=people[int(rng.integers(20))].code,
                unit_price=Decimal(round(amount, 2)).quantize(Decimal("0.01")),
                device="bad" if bad_device else f"d{int(rng.integers(60))}",
                timestamp=NOW - timedelta(days=180 - float(day)),
            )
        )
        FraudLabel.objects.create(
            order_ref=f"o{number}",
            is_fraud=bool(dear or bad_device),
            source=LabelSource.PLANTED,
            known_at=NOW - timedelta(days=173 - float(day)),
        )
    record_sales(sales, now=NOW)
    rebuild_device_facts(now=NOW)
    return NOW


def test_a_refit_learns_from_the_shops_own_labels(labelled_shop: datetime) -> None:
    refit = refit_fraud_model(now=labelled_shop)

    champion = FraudModel.objects.get(state=ModelState.CHAMPION)
    assert refit.champion == champion.version
    assert champion.kind == ModelKind.ADDITIVE
    # The newest week has no labels yet.
    assert champion.learned_until <= NOW - timedelta(days=7)
    assert 800 < champion.lines == refit.lines < 900
    assert champion.metrics["additive"]["average_precision"] > (
        champion.metrics["prior"]["average_precision"] + 0.2
    )
    model = current_model()
    assert isinstance(model, AdditiveModel)
    # The cut that nobody wrote down.
    assert any(480 < cut <= 505 for cut in model.curves["L1"].cuts)
    other = FraudModel.objects.get(kind=ModelKind.BOOSTED)
    assert other.state == ModelState.CANDIDATE
    assert isinstance(load_model(other), BoostedModel)


def test_trees_in_place_score_one_by_one_as_in_bulk_and_add_up(labelled_shop: datetime) -> None:
    refit_fraud_model(now=labelled_shop)
    boosted = FraudModel.objects.get(kind=ModelKind.BOOSTED)
    promote_model(model_id=boosted.pk, actor=make_analyst(), now=NOW)
    refresh_fraud_statistics(now=NOW)
    product = make_product(stock=1000)
    sale = sale_of(product.sku, unit_price=Decimal(550), device="bad", timestamp=NOW)
    [outcome] = record_sales([sale], now=NOW)

    txn = outcome.transaction
    assert txn.score_version == boosted.version
    assert txn.fraud_score > 0.5
    total = sum(reason["contribution"] for reason in txn.reasons)
    assert 1 / (1 + np.exp(-total)) == pytest.approx(txn.fraud_score, abs=1e-9)
    again = recorded_sales(NOW, NOW + timedelta(seconds=1))
    assert again.scores.fraud_score.tolist() == pytest.approx([txn.fraud_score], abs=1e-9)


def test_recorded_sales_are_not_their_own_past(labelled_shop: datetime) -> None:
    sales = recorded_sales(NOW - timedelta(days=400), NOW)

    assert len(sales.label) == 900
    scores = {txn.order_ref: txn.fraud_score for txn in Transaction.objects.all()}
    # They were recorded in one call without the statistics of their days; the rest is equal.
    first = sales.frame.order_ref[0]
    assert sales.scores.fraud_score[0] == pytest.approx(scores[first])
    half = len(sales.label) // 2
    part = recorded_sales(sales.moment(half), NOW)
    np.testing.assert_allclose(part.scores.values, sales.scores.values[half:], atol=1e-9)
    assert score_frame(sales.frame, recorded=True).fraud_score.tolist() == pytest.approx(
        sales.scores.fraud_score.tolist(), abs=1e-12
    )


def test_a_refit_is_due_once_a_week_and_needs_frauds() -> None:
    assert refit_when_due(now=NOW) is not None
    assert not FraudModel.objects.exists()

    put_in_place("additive.1")
    assert refit_when_due(now=NOW + timedelta(days=6)) is None
    assert refit_when_due(now=NOW + timedelta(days=7)) is not None


def test_the_review_threshold_is_that_of_the_model_in_place() -> None:
    refresh_fraud_statistics(now=NOW)
    threshold = FraudStatistic.objects.get(kind=StatisticKind.REVIEW_THRESHOLD)
    assert threshold.value == 0.5

    put_in_place("additive.1", metrics={CURVE: [0.99, 0.5]})
    put_in_place("additive.2", days=1, metrics={CURVE: [0.97] * 1000})
    threshold.refresh_from_db()
    assert threshold.value == 0.97
    refresh_fraud_statistics(now=NOW)
    assert FraudStatistic.objects.get(kind=StatisticKind.REVIEW_THRESHOLD).value == 0.97
    roll_back_model(actor=make_analyst(), now=NOW)
    assert FraudStatistic.objects.get(kind=StatisticKind.REVIEW_THRESHOLD).value == 0.5


def test_the_review_curve_holds_so_many_cases_a_day() -> None:
    # Two days; orders a to e, b twice. By their highest: b .95, a .9, c .8, d .7; e is below.
    scores = np.array([0.9, 0.6, 0.95, 0.8, 0.7, 0.4])
    orders = ["a", "b", "b", "c", "d", "e"]

    # No case a day: above .95. One a day, two in all: above .8, which is the first too many.
    assert review_curve(scores, orders, days=2) == [0.95, 0.8, 0.5]


def test_facts_of_devices_follow_the_labels() -> None:
    product = make_product(stock=1000)
    record_sales(
        [sale_of(product.sku, reference="r", order_ref="o", device="d", timestamp=NOW)], now=NOW
    )
    known = {"order_ref": "o", "source": LabelSource.ANALYST}
    FraudLabel.objects.create(is_fraud=True, known_at=NOW + timedelta(days=1), **known)
    assert refresh_device_facts(["o", "unknown"]) == 1
    FraudLabel.objects.create(is_fraud=False, known_at=NOW + timedelta(days=3), **known)

    # The fraud until the third day, genuine from then on; made anew, not added.
    assert rebuild_device_facts(now=NOW + timedelta(days=4)) == 2
    assert rebuild_device_facts(now=NOW + timedelta(days=4)) == 2
    assert rebuild_device_facts(now=NOW + timedelta(days=400)) == 0
