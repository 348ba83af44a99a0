"""An order as its supplier gets it: CSV, PDF, and the mail that brings both."""

import csv
import socket
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from email.message import Message as MailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from django.core import mail

from inventory.models import Product, PurchaseOrder
from inventory.order_documents import order_csv, order_document
from inventory.order_pdf import order_pdf
from inventory.services.order_mail import mail_order
from inventory.services.orders import LineInput, cancel_order, create_order, send_order
from techmart.core.models import Outbox
from tests.inventory.factories import NOW, make_product, make_supplier

pytestmark = pytest.mark.django_db


def sent_order(*, mail: bool = True, **supplier: Any) -> PurchaseOrder:
    """Send an order of two products: 3 packs of 12 at 1.25, and 5 at 2.5."""
    seller = make_supplier(**{"email": "orders@dairy.example"} | supplier)
    milk = make_product(
        supplier=seller,
        sku=f"B-{seller.code}",
        name="Milk, 1 l",
        pack_size=12,
        unit_cost=Decimal("1.25"),
    )
    bread = make_product(
        supplier=seller, sku=f"A-{seller.code}", name="=SUM(A1)", unit_cost=Decimal("2.5")
    )
    order = create_order(
        supplier_id=seller.pk,
        lines=[LineInput(milk.pk, 36), LineInput(bread.pk, 5)],
        actor=None,
        now=NOW,
    )
    return send_order(order_id=order.pk, actor=None, now=NOW, mail=mail)


def test_the_csv_has_a_line_a_product_and_no_formulas() -> None:
    order = sent_order()

    rows = list(csv.DictReader(order_csv(order_document(order)).splitlines()))

    code = order.supplier.code
    assert [row["sku"] for row in rows] == [f"A-{code}", f"B-{code}"]
    assert rows[0]["name"] == "'=SUM(A1)"
    assert rows[1] == {
        "order": order.number,
        "line": "2",
        "sku": f"B-{code}",
        "name": "Milk, 1 l",
        "quantity": "36",
        "packs": "3",
        "unit_cost": "1.2500",
        # 36 x 1.25
        "amount": "45.00",
    }


def test_the_document_sums_units_and_money() -> None:
    document = order_document(sent_order())

    # 36 x 1.25 + 5 x 2.5
    assert (document.units, document.total) == (41, Decimal("57.50"))


def test_the_pdf_is_one_and_grows_with_the_order() -> None:
    supplier = make_supplier()
    products = Product.objects.bulk_create(
        Product(
            sku=f"SKU-{n}",
            name="<b>Name & more</b>" * 4,
            category="Dairy",
            supplier=supplier,
            price=Decimal(2),
            unit_cost=Decimal(1),
        )
        for n in range(120)
    )
    order = create_order(
        supplier_id=supplier.pk,
        lines=[LineInput(product.pk, 5) for product in products],
        actor=None,
        now=NOW,
    )

    long, short = order_pdf(order_document(order)), order_pdf(order_document(sent_order()))

    assert long.startswith(b"%PDF-")
    assert long.count(b"/Type /Page\n") > 3
    assert short.count(b"/Type /Page\n") == 1


def test_sending_asks_for_the_mail_in_the_same_transaction() -> None:
    order = sent_order()

    message = Outbox.objects.get()
    assert message.payload == {
        "task": "inventory.mail_order",
        "kwargs": {"order_id": order.pk},
        "queue": "default",
    }


def test_without_an_address_or_unasked_no_mail_is_sent() -> None:
    by_phone = sent_order(email="")
    sent_order(mail=False)

    assert not Outbox.objects.exists()
    assert not mail_order(order_id=by_phone.pk, now=NOW)


def test_an_order_is_mailed_once() -> None:
    order = sent_order()

    sent = [mail_order(order_id=order.pk, now=NOW) for _ in range(2)]

    assert sent == [True, False]
    assert len(mail.outbox) == 1
    order.refresh_from_db()
    assert order.mailed_at == NOW


def test_an_order_called_off_meanwhile_is_not_mailed() -> None:
    order = sent_order()
    cancel_order(order_id=order.pk, reason="mistake", actor=None, now=NOW)

    assert not mail_order(order_id=order.pk, now=NOW)
    assert not mail.outbox


class Inbox(Message):
    """Keeps what a supplier's mail server got."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[MailMessage] = []

    def handle_message(self, message: MailMessage) -> None:
        self.mails.append(message)


@pytest.fixture
def mail_server(settings: Any) -> Iterator[Inbox]:
    """A real mail server on this machine, which Django sends to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield inbox
    server.stop()


def test_a_supplier_gets_pdf_and_csv_over_smtp(mail_server: Inbox) -> None:
    order = sent_order()

    mail_order(order_id=order.pk, now=NOW)

    [got] = mail_server.mails
    parts = {part.get_filename(): part for part in got.walk() if part.get_filename()}
    assert got["To"] == "orders@dairy.example"
    assert order.number in got["Subject"]
    assert got["Message-ID"].startswith(f"<order-{order.pk}@")
    assert set(parts) == {f"{order.number}.pdf", f"{order.number}.csv"}
    pdf = parts[f"{order.number}.pdf"].get_payload(decode=True)
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF-")
    body = BytesParser().parsebytes(got.as_bytes()).get_payload(0)
    assert isinstance(body, MailMessage)
    assert "41 units for $57.50" in str(body.get_payload())


def test_a_mail_server_that_is_away_leaves_the_order_unmailed(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = free.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    order = sent_order()

    with pytest.raises(OSError, match="refused"):
        mail_order(order_id=order.pk, now=NOW + timedelta(minutes=1))

    order.refresh_from_db()
    assert order.mailed_at is None


def test_the_pdf_has_letters_beyond_western_europe() -> None:
    order = sent_order()
    order.supplier.name = "Żółć i synowie"
    order.supplier.save()

    # The typeface is put into the file; the built-in ones have no such letters.
    assert b"DejaVuSans" in order_pdf(order_document(order))
