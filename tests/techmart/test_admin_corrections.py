"""Rows corrected in admin go through services: reason, version, audit entry, ledger."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from alerts.choices import AlertKind, AlertState, Severity
from alerts.models import Alert
from alerts.services import raise_alert
from inventory.choices import MovementKind, OrderState
from inventory.models import Product, StockMovement, Supplier
from inventory.services.orders import LineInput, create_order
from inventory.services.products import change_product
from techmart.core.models import AuditEntry, User
from tests.inventory.factories import NOW, make_product, make_supplier
from tests.techmart.test_admin import act_url, person, row_url
from tests.transactions.factories import make_customer, recorded
from transactions.choices import TransactionStatus
from transactions.models import Customer, TransactionEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward() -> User:
    return person("Data stewards")


@pytest.fixture
def staff(client: Client, steward: User) -> Client:
    client.force_login(steward)
    return client


def form_of(row: models.Model, client: Client) -> dict[str, Any]:
    """Return what the browser would send back of the row's form as it is shown."""
    form = client.get(row_url(row)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {
        name: value for name, value in values.items() if value is not None and value is not False
    }


def test_a_product_is_corrected_with_what_was_and_why(staff: Client, steward: User) -> None:
    product = make_product(stock=7, price=Decimal("5.00"))
    form = form_of(product, staff)

    answer = staff.post(
        row_url(product),
        # Stock is no field of the form: what is sent for it does nothing.
        {**form, "price": "4.50", "stock_quantity": "99", "reason": "wrong list price"},
    )

    product.refresh_from_db()
    audit = AuditEntry.objects.get(action="product.change")
    assert answer.status_code == 302
    assert (product.price, product.stock_quantity, product.version) == (Decimal("4.50"), 7, 2)
    assert (audit.actor, audit.reason) == (steward, "wrong list price")
    assert (audit.before, audit.after) == ({"price": "5.00"}, {"price": "4.50"})


def test_a_correction_without_a_reason_is_refused(staff: Client) -> None:
    product = make_product()
    form = form_of(product, staff)

    answer = staff.post(row_url(product), {**form, "name": "Other", "reason": " "})

    product.refresh_from_db()
    assert b"This field is required" in answer.content
    assert product.name != "Other"


def test_a_form_that_changes_nothing_says_so(staff: Client) -> None:
    product = make_product()

    answer = staff.post(row_url(product), {**form_of(product, staff), "reason": "just so"})

    assert answer.status_code == 422
    assert b"is so already" in answer.content


def test_an_older_form_shows_what_differs_and_can_be_saved_again(staff: Client) -> None:
    product = make_product(price=Decimal("5.00"))
    old, new = product.supplier, make_supplier(name="New Supplier")
    form = {**form_of(product, staff), "price": "4.50", "reason": "list price"}
    change_product(
        product_id=product.pk,
        changes={"price": Decimal("6.00"), "supplier_id": new.pk},
        version=1,
        actor=None,
        reason="meanwhile",
        now=NOW,
    )

    refused = staff.post(row_url(product), form)

    page = refused.content.decode()
    product.refresh_from_db()
    assert refused.status_code == 422
    assert "Somebody changed this since it was read." in page
    assert "Now 6.00; you wrote 4.50." in page
    assert f"Now New Supplier; you wrote {old.name}." in page
    assert (product.price, product.version) == (Decimal("6.00"), 2)

    seen = refused.context["adminform"].form["version_seen"].value()
    staff.post(row_url(product), {**form, "version_seen": seen})

    product.refresh_from_db()
    assert (product.price, product.supplier, product.version) == (Decimal("4.50"), old, 3)


def test_a_product_is_added_with_its_opening_stock(staff: Client, steward: User) -> None:
    supplier = make_supplier()

    answer = staff.post(
        reverse("admin:inventory_product_add"),
        {
            "sku": "TEA-9",
            "name": "Tea",
            "category": "Tea",
            "supplier": supplier.pk,
            "price": "4.00",
            "unit_cost": "2.50",
            "pack_size": "6",
            "minimum_order_quantity": "12",
            "opening_units": "30",
        },
    )

    product = Product.objects.get(sku="TEA-9")
    opening = StockMovement.objects.get(product=product)
    assert answer.status_code == 302
    assert (opening.kind, opening.quantity, opening.actor) == (MovementKind.OPENING, 30, steward)
    assert (product.stock_quantity, product.pack_size) == (30, 6)


def test_a_code_that_exists_in_another_case_is_refused_in_the_form(staff: Client) -> None:
    product = make_product(sku="TEA-9")

    answer = staff.post(
        reverse("admin:inventory_product_add"),
        {
            "sku": "tea-9",
            "name": "Tea",
            "category": "Tea",
            "supplier": product.supplier_id,
            "price": "4.00",
            "unit_cost": "2.50",
            "pack_size": "1",
            "minimum_order_quantity": "1",
            "opening_units": "0",
        },
    )

    assert answer.context["errors"]
    assert Product.objects.count() == 1


def test_a_product_leaves_the_range_together_with_a_correction(staff: Client) -> None:
    product = make_product()
    form = {**form_of(product, staff), "name": "Old tea", "reason": "discontinued"}
    del form["active"]

    staff.post(row_url(product), form)

    product.refresh_from_db()
    assert (product.active, product.name, product.version) == (False, "Old tea", 3)
    assert AuditEntry.objects.filter(action="product.deactivate", reason="discontinued").exists()


def test_a_supplier_in_use_stays_and_the_whole_form_is_undone(staff: Client) -> None:
    supplier = make_product().supplier
    form = {**form_of(supplier, staff), "name": "Renamed", "reason": "closed"}
    del form["active"]

    answer = staff.post(row_url(supplier), form)

    supplier.refresh_from_db()
    assert answer.status_code == 422
    assert b"Products in the range come from this supplier." in answer.content
    assert (supplier.active, supplier.version) == (True, 1)
    assert supplier.name != "Renamed"


def test_a_supplier_is_added_and_a_wrong_weekday_named(staff: Client) -> None:
    form = {
        "code": "ACME",
        "name": "Acme",
        "lead_time_days": "7",
        "lead_time_sd_days": "0",
        "tolerance_days": "0",
        "minimum_order_value": "0",
    }
    add = reverse("admin:inventory_supplier_add")

    refused = staff.post(add, {**form, "order_weekdays": "1,9"})
    staff.post(add, {**form, "order_weekdays": "1,4"})

    assert b"Give each weekday once" in refused.content
    assert Supplier.objects.get().order_weekdays == [1, 4]


def test_a_customer_is_corrected_and_deactivated(staff: Client) -> None:
    customer = make_customer(name="Ada", country="GB")
    form = form_of(customer, staff)

    refused = staff.post(row_url(customer), {**form, "country": "uk", "reason": "moved"})
    staff.post(row_url(customer), {**form, "country": "IE", "reason": "moved"})
    gone = {**form_of(customer, staff), "reason": "asked to be left alone"}
    del gone["active"]
    staff.post(row_url(customer), gone)

    customer.refresh_from_db()
    assert b"two capital letters" in refused.content
    assert (customer.country, customer.active, customer.version) == ("IE", False, 3)
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "customer.change",
        "customer.deactivate",
    ]


def test_a_customer_is_added(staff: Client) -> None:
    staff.post(
        reverse("admin:transactions_customer_add"),
        {"code": "C-9", "name": "Ada", "email": "", "country": "GB"},
    )

    assert Customer.objects.get(code="C-9").country == "GB"
    assert AuditEntry.objects.get().action == "customer.create"


def test_who_may_only_look_sees_no_reason_and_saves_nothing(client: Client) -> None:
    client.force_login(person("Integrators"))
    product = make_product(name="Tea")

    page = client.get(row_url(product)).content.decode()

    assert "Tea" in page
    assert 'name="reason"' not in page
    assert act_url(product, "count") not in page
    assert client.post(row_url(product), {"name": "x"}).status_code == 403
    assert client.get(act_url(product, "count")).status_code == 403


def test_stock_is_corrected_by_a_count(staff: Client, steward: User) -> None:
    product = make_product(stock=10)
    assert act_url(product, "count") in staff.get(row_url(product)).content.decode()

    asked = staff.get(act_url(product, "count"))
    refused = staff.post(act_url(product, "count"), {"counted_units": "-1", "reason": "shelf"})
    staff.post(act_url(product, "count"), {"counted_units": "8", "reason": "shelf"})

    movement = StockMovement.objects.latest("pk")
    product.refresh_from_db()
    assert asked.status_code == 200
    assert refused.status_code == 422
    assert product.stock_quantity == 8
    assert (movement.kind, movement.quantity) == (MovementKind.COUNT_LOSS, -2)
    assert (movement.actor, movement.reason) == (steward, "shelf")
    assert "Correct stock" in staff.get(f"{row_url(product)[:-7]}history/").content.decode()


def test_more_than_there_is_cannot_be_written_off(staff: Client) -> None:
    product = make_product(stock=2)

    answer = staff.post(act_url(product, "write-off"), {"units": "3", "reason": "broken"})

    assert answer.status_code == 422
    assert b"3 asked, 2 left" in answer.content


def test_a_wrong_entry_is_reversed_once(staff: Client) -> None:
    product = make_product(stock=5)
    opening = StockMovement.objects.get(product=product)

    staff.post(act_url(opening, "reverse"), {"reason": "typed twice"})
    again = staff.post(act_url(opening, "reverse"), {"reason": "typed twice"})

    product.refresh_from_db()
    assert product.stock_quantity == 0
    assert b"reversed already" in again.content
    assert act_url(opening, "reverse") not in staff.get(row_url(opening)).content.decode()


def test_a_sale_is_refunded_within_what_was_paid(staff: Client, steward: User) -> None:
    sale = recorded(price=Decimal("5.00"))
    form = {"units_returned": "1", "units_restocked": "1", "reference": "R-1", "reason": "broken"}

    refused = staff.post(act_url(sale, "refund"), {**form, "amount": "5.01"})
    staff.post(act_url(sale, "refund"), {**form, "amount": "5.00"})

    sale.refresh_from_db()
    assert b"Only 5.00 of this sale is left to refund." in refused.content
    assert (sale.status, sale.refunded_amount) == (TransactionStatus.REFUNDED, Decimal("5.00"))
    event = TransactionEvent.objects.latest("pk")
    assert (event.actor, event.reason) == (steward, "broken")


@pytest.mark.parametrize(
    ("status", "acts"),
    [
        ("paid", {"refund", "dispute"}),
        ("outstanding", {"settle", "fail", "cancel"}),
    ],
)
def test_a_sale_offers_the_acts_of_its_state(staff: Client, status: str, acts: set[str]) -> None:
    sale = recorded(payment_status=status)

    shown = {link["url"].split("/")[-2] for link in staff.get(row_url(sale)).context["acts"]}

    assert shown == acts


def test_a_disputed_sale_goes_its_way(staff: Client) -> None:
    sale = recorded()
    booked = {"reason": "bank letter"}

    staff.post(act_url(sale, "dispute"), booked)
    staff.post(act_url(sale, "dispute-won"), booked)
    staff.post(act_url(sale, "dispute"), booked)
    staff.post(act_url(sale, "chargeback"), {**booked, "reference": "CB-1"})
    staff.post(act_url(sale, "chargeback-reversed"), {**booked, "reference": "CB-2"})

    sale.refresh_from_db()
    assert sale.status == TransactionStatus.CHARGEBACK
    assert [row.amount for row in sale.adjustments.order_by("pk")] == [sale.total_amount] * 2
    assert staff.get(row_url(sale)).context["acts"] == []


def test_an_order_is_sent_received_and_closed(client: Client) -> None:
    client.force_login(person("Inventory planners"))
    product = make_product(stock=1)
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 5)], actor=None, now=NOW
    )
    line = order.lines.get()

    client.post(act_url(order, "send"))
    client.post(act_url(line, "receive"), {"quantity": "3", "unit_cost": ""})
    client.post(act_url(order, "close"), {"reason": "rest never came"})

    order.refresh_from_db()
    product.refresh_from_db()
    assert order.state == OrderState.CLOSED
    assert (product.stock_quantity, product.on_order_quantity) == (4, 0)
    assert product.sku in client.get(row_url(order)).content.decode()


def test_an_act_that_does_not_fit_is_refused(client: Client) -> None:
    client.force_login(person("Inventory planners"))
    product = make_product()
    order = create_order(
        supplier_id=product.supplier_id, lines=[LineInput(product.pk, 5)], actor=None, now=NOW
    )

    answer = client.post(act_url(order, "close"), {"reason": "rest never came"})

    order.refresh_from_db()
    assert b"is draft" in answer.content
    assert order.state == OrderState.DRAFT
    assert client.get(act_url(order, "burn")).status_code == 404


def test_an_alert_is_taken_on_and_resolved(client: Client) -> None:
    user = person("Inventory planners")
    client.force_login(user)
    alert, hidden = (
        raise_alert(
            kind=AlertKind.STOCK_LOW,
            severity=Severity.LOW,
            dedupe_key=f"stock.low:{audience}",
            subject_kind="product",
            subject_id=1,
            title="Low",
            audience=audience,
            now=NOW,
        )
        for audience in ("", "core.delete_user")
    )

    client.post(act_url(alert, "acknowledge"))
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, user)

    client.post(act_url(alert, "resolve"), {"reason": "ordered"})
    assert Alert.objects.get(pk=alert.pk).state == AlertState.RESOLVED
    assert client.get(act_url(hidden, "resolve")).status_code == 404
