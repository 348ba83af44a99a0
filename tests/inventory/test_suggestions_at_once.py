"""People and the planner at the same suggestions at the same time: ordered once."""

import pytest

from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
)
from inventory.services.orders import (
    send_order,
)
from inventory.services.suggestions import (
    SuggestionDecided,
)
from tests.inventory.factories import NOW, make_product, make_supplier
from tests.inventory.planned import predict_and_plan
from tests.inventory.suggested import accept, at_once, low_product, open_of, plan, suggest


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_order_once() -> None:
    suggestion = suggest(make_product())

    raised = at_once(*[lambda: accept(suggestion)] * 4)

    assert sum(error is None for error in raised) == 1
    assert all(isinstance(error, SuggestionDecided) for error in raised if error)
    assert PurchaseOrderLine.objects.get().quantity == 40


@pytest.mark.django_db(transaction=True)
def test_suggestions_of_one_supplier_at_once_share_one_draft() -> None:
    supplier = make_supplier()
    rows = [suggest(make_product(supplier=supplier)) for _ in range(4)]

    raised = at_once(*[lambda row=row: accept(row) for row in rows])

    assert raised == [None] * 4
    assert PurchaseOrder.objects.get().lines.count() == 4


@pytest.mark.django_db(transaction=True)
def test_planning_and_sending_at_once_never_order_twice() -> None:
    product = low_product()
    predict_and_plan()
    suggestion = open_of(product)
    assert suggestion is not None
    [order] = accept(suggestion)

    raised = at_once(plan, lambda: send_order(order_id=order.pk, actor=None, now=NOW), plan)

    assert raised == [None] * 3
    assert open_of(product) is None
    product.refresh_from_db()
    assert product.on_order_quantity == suggestion.quantity
