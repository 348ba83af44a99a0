"""Refunds, disputes and chargebacks: what goes back, once, and what does not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.models import StockMovement
from tests.transactions.factories import recorded
from tests.transactions.stages import LATER, S, charged_back, disputed, in_status
from transactions.choices import (
    LabelSource,
)
from transactions.models import (
    Adjustment,
    FraudLabel,
    Transaction,
)
from transactions.services import (
    IllegalTransition,
    ReferenceConflict,
    RefundRefused,
    charge_back,
    close_dispute,
    open_dispute,
    refund,
    reverse_charge_back,
)

pytestmark = pytest.mark.django_db


def test_refunds_add_up_to_the_whole_and_restock_what_can_be_sold() -> None:
    txn = recorded(quantity=3, unit_price=Decimal("4.00"))
    assert txn.product.stock_quantity == 7

    first = refund(
        transaction_id=txn.pk,
        amount=Decimal("5.50"),
        units_returned=2,
        units_restocked=1,
        reference="r1",
        reason="one broken",
        now=LATER,
    )
    half_way = Transaction.objects.get(pk=txn.pk)
    second = refund(
        transaction_id=txn.pk, amount=Decimal("6.50"), reference="r2", reason="rest", now=LATER
    )

    txn.refresh_from_db()
    txn.product.refresh_from_db()
    assert (half_way.status, half_way.refunded_amount, half_way.units_returned) == (
        S.PARTIALLY_REFUNDED,
        Decimal("5.50"),
        2,
    )
    assert (txn.status, txn.refunded_amount) == (S.REFUNDED.value, Decimal(12))
    assert txn.units_returned == 2
    assert txn.product.stock_quantity == 8
    movement = StockMovement.objects.get(kind="return")
    assert (movement.quantity, movement.source_type, movement.source_id) == (
        1,
        "adjustment",
        first.pk,
    )
    assert [first.kind, first.booked_at, second.units_restocked] == ["refund", LATER, 0]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": Decimal("0")}, "amount"),
        ({"amount": Decimal("-1")}, "amount"),
        ({"amount": Decimal("10.01")}, "amount"),
        ({"amount": Decimal("1.001")}, "amount"),
        ({"units_returned": 3}, "units_returned"),
        ({"units_returned": -1}, "units_returned"),
        ({"units_returned": 1, "units_restocked": 2}, "units_restocked"),
        ({"units_restocked": -1}, "units_restocked"),
        ({"reference": " "}, "reference"),
    ],
)
def test_more_than_there_is_does_not_go_back(fields: dict[str, object], field: str) -> None:
    txn = recorded(quantity=2)
    asked = {"amount": Decimal("1"), "reference": "r", "reason": "x"} | fields

    with pytest.raises(RefundRefused) as refusal:
        refund(transaction_id=txn.pk, now=LATER, **asked)  # type: ignore[arg-type]

    assert [error.field for error in refusal.value.errors] == [field]
    assert not Adjustment.objects.exists()


def test_a_refund_sent_twice_is_one_refund() -> None:
    txn = recorded(quantity=2)

    def pay_back(**fields: object) -> Adjustment:
        asked = {"amount": Decimal("3"), "reference": "r", "reason": "x"} | fields
        return refund(transaction_id=txn.pk, now=LATER, **asked)  # type: ignore[arg-type]

    assert pay_back() == pay_back(reason="in other words")
    with pytest.raises(ReferenceConflict):
        pay_back(amount=Decimal("4"))
    with pytest.raises(ReferenceConflict):
        pay_back(units_returned=1)
    txn.refresh_from_db()
    assert txn.refunded_amount == 3


def test_the_last_refund_sent_twice_is_answered_though_nothing_is_left() -> None:
    txn = in_status(S.REFUNDED)

    again = refund(
        transaction_id=txn.pk, amount=Decimal("10"), reference="first", reason="late", now=LATER
    )

    assert again == Adjustment.objects.get()


def test_a_reference_of_another_sale_is_a_conflict() -> None:
    in_status(S.PARTIALLY_REFUNDED)
    other = recorded(quantity=2)

    with pytest.raises(ReferenceConflict):
        refund(
            transaction_id=other.pk, amount=Decimal("4"), reference="first", reason="x", now=LATER
        )


def test_a_won_dispute_goes_back_to_where_it_was() -> None:
    txn = in_status(S.PARTIALLY_REFUNDED)
    open_dispute(transaction_id=txn.pk, reason="bank wrote", now=LATER)

    won = close_dispute(transaction_id=txn.pk, reason="proof sent", now=LATER)

    assert won.status == S.PARTIALLY_REFUNDED


def test_a_chargeback_takes_what_is_left_and_labels_the_order() -> None:
    txn = in_status(S.PARTIALLY_REFUNDED)
    open_dispute(transaction_id=txn.pk, reason="bank wrote", now=LATER)
    told = LATER - timedelta(hours=5)

    booked = charge_back(
        transaction_id=txn.pk, reference="c", reason="lost", known_at=told, now=LATER
    )

    # 10.00 − 4.00 refunded before.
    assert (booked.kind, booked.amount, booked.booked_at) == ("chargeback", Decimal(6), LATER)
    label = FraudLabel.objects.get()
    assert (label.is_fraud, label.source, label.known_at) == (True, LabelSource.CHARGEBACK, told)
    again = charge_back(transaction_id=txn.pk, reference="c", reason="lost", now=LATER)
    assert again == booked


def test_a_chargeback_can_be_reversed_once() -> None:
    txn = charged_back()

    booked = reverse_charge_back(transaction_id=txn.pk, reference="v", reason="won", now=LATER)
    again = reverse_charge_back(transaction_id=txn.pk, reference="v", reason="won", now=LATER)

    txn.refresh_from_db()
    assert (booked.kind, booked.amount, again) == (
        "chargeback_reversed",
        Decimal(10),
        booked,
    )
    assert txn.status == S.CHARGEBACK
    with pytest.raises(IllegalTransition):
        reverse_charge_back(transaction_id=txn.pk, reference="w", reason="won", now=LATER)


def test_without_a_chargeback_there_is_nothing_to_reverse() -> None:
    txn = disputed()

    with pytest.raises(IllegalTransition):
        reverse_charge_back(transaction_id=txn.pk, reference="v", reason="won", now=LATER)
