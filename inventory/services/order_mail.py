"""The mail that brings an order to its supplier."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from inventory.choices import OrderState
from inventory.models import PurchaseOrder
from inventory.order_documents import OrderDocument, order_csv, order_document
from inventory.order_pdf import order_pdf
from techmart.core.audit import record_audit
from techmart.lib import formats


@transaction.atomic
def mail_order(*, order_id: int, now: datetime) -> bool:
    """Send a sent order to its supplier, with PDF and CSV, and keep that it went.

    Returns whether it was sent now: not when it went before, was called off meanwhile or the
    supplier has no address. Runs twice at once do one after the other. The message's id is the
    order's, so that a repeat after a lost worker can be told by the receiver. Raises what the
    mail server answers; nothing is kept then.
    """
    order = PurchaseOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
    if order.mailed_at or order.state in (OrderState.DRAFT, OrderState.CANCELLED):
        return False
    document = order_document(order)
    if not document.supplier_email:
        return False
    message = _message(document, order_id=order.pk)
    message.send(fail_silently=False)
    order.mailed_at = now
    order.save(update_fields=["mailed_at"])
    record_audit(
        action="order.mail",
        subject_kind="purchase_order",
        subject_id=order.pk,
        now=now,
        actor=None,
        after={"to": document.supplier_email},
    )
    return True


def _message(document: OrderDocument, *, order_id: int) -> EmailMessage:
    total = formats.money(document.total, document.currency)
    wanted = f" They are wanted by {formats.day(document.wanted_by)}." if document.wanted_by else ""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    message = EmailMessage(
        subject=f"Purchase order {document.number} from {document.shop}",
        body=(
            f"Please deliver the {len(document.lines)} products of purchase order "
            f"{document.number}, {formats.count(document.units)} units for {total}.{wanted}\n\n"
            "The order is attached as PDF, and as CSV for your system.\n\n"
            f"{document.shop}\n"
        ),
        to=[document.supplier_email],
        headers={"Message-ID": f"<order-{order_id}@{host}>"},
    )
    message.attach(f"{document.number}.pdf", order_pdf(document), "application/pdf")
    message.attach(f"{document.number}.csv", order_csv(document), "text/csv")
    return message
