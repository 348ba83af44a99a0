"""Count sheets: made of what is due, filled in, large differences approved by a second person."""

from datetime import datetime

from django.db import connection, transaction

from inventory.choices import AbcClass, CountLineState, SheetState
from inventory.count_schedule import needs_second_person, next_to_count
from inventory.models import CountLine, CountSheet, Product
from inventory.services.counts import CountRefused, book_count
from techmart.core.audit import record_audit
from techmart.core.corrections import required_reason
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.locks import lock_key

MOST_LINES = 200


class SheetRefused(Refusal):
    """The step does not fit where the line or sheet stands; nothing was changed."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="sheet_refused", status=409)


@transaction.atomic
def make_sheet(*, abc_class: AbcClass, size: int, actor: User | None, now: datetime) -> CountSheet:
    """Put the products of a class that are most overdue on a sheet; none stands on two.

    size: products, 1 to 200. Raises CountRefused, SheetRefused when nothing is due.
    """
    if not 1 <= size <= MOST_LINES:
        raise CountRefused(f"A sheet has 1 to {MOST_LINES} products.")
    with connection.cursor() as cursor:
        # Two sheets made at once would hold the same products.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key("inventory.count_sheets")])
    products = next_to_count(abc_class, size=size, now=now)
    if not products:
        raise SheetRefused(f"No product of class {abc_class.label} is due that is on no sheet yet.")
    sheet = CountSheet.objects.create(abc_class=abc_class, created_at=now, created_by=actor)
    CountLine.objects.bulk_create(CountLine(sheet=sheet, product_id=key) for key in products)
    return sheet


@transaction.atomic
def enter_count(*, line_id: int, counted_units: int, actor: User, now: datetime) -> CountLine:
    """Write down what was counted; post it, or let it wait when the difference is large.

    Raises SheetRefused for a line that is posted or waits, CountRefused.
    """
    if counted_units < 0:
        raise CountRefused("A count is 0 or more.")
    line = _locked(line_id, CountLineState.TO_COUNT, CountLineState.REFUSED)
    product = Product.objects.select_for_update(no_key=True).get(pk=line.product_id)
    line.counted_units = counted_units
    line.booked_units = product.stock_quantity
    line.counted_at = now
    line.counted_by = actor
    # Nobody has decided on this count; who refused the one before stands in the audit trail.
    line.decided_by = line.decided_at = None
    difference = counted_units - product.stock_quantity
    if needs_second_person(
        difference, booked_units=product.stock_quantity, unit_cost=product.unit_cost
    ):
        line.state = CountLineState.WAITING
        line.save()
        return line
    _post(line, product, actor=actor, now=now)
    return line


@transaction.atomic
def approve_line(*, line_id: int, actor: User, now: datetime) -> CountLine:
    """Post a large difference that somebody else counted.

    What was sold since the count stays sold. Raises SheetRefused for the person who counted,
    InsufficientStock when less than the loss is left.
    """
    line = _locked(line_id, CountLineState.WAITING)
    _check_second(line, actor)
    product = Product.objects.select_for_update(no_key=True).get(pk=line.product_id)
    line.decided_by = actor
    line.decided_at = now
    _audit(line, "count.approve", actor=actor, now=now)
    _post(line, product, actor=line.counted_by, now=now)
    return line


@transaction.atomic
def refuse_line(*, line_id: int, reason: str, actor: User, now: datetime) -> CountLine:
    """Have a large difference counted again. Raises SheetRefused, ReasonMissing."""
    reason = required_reason(reason)
    line = _locked(line_id, CountLineState.WAITING)
    _check_second(line, actor)
    line.state = CountLineState.REFUSED
    line.decided_by = actor
    line.decided_at = now
    line.reason = reason[:300]
    line.save()
    _audit(line, "count.refuse", actor=actor, now=now, reason=reason)
    return line


def _post(line: CountLine, product: Product, *, actor: User | None, now: datetime) -> None:
    """Book the count and end the line; the sheet with its last one."""
    assert line.counted_units is not None  # noqa: S101  set with the count
    assert line.booked_units is not None  # noqa: S101
    line.count = book_count(
        product,
        counted_units=line.counted_units,
        booked_units=line.booked_units,
        counted_at=line.counted_at or now,
        reason=f"Count sheet {line.sheet_id}",
        actor=actor,
        now=now,
    )
    line.state = CountLineState.POSTED
    line.save()
    sheet = line.sheet
    if not sheet.lines.exclude(state=CountLineState.POSTED).exists():
        sheet.state = SheetState.DONE
        sheet.closed_at = now
        sheet.save(update_fields=["state", "closed_at"])


def _locked(line_id: int, *states: CountLineState) -> CountLine:
    """Return a line with its sheet locked. Raises SheetRefused."""
    sheet_id = CountLine.objects.values_list("sheet_id", flat=True).get(pk=line_id)
    sheet = CountSheet.objects.select_for_update().get(pk=sheet_id)
    line = CountLine.objects.select_related("product").get(pk=line_id)
    if line.state not in states:
        label = line.get_state_display().lower()
        raise SheetRefused(f"The count of {line.product.name} stands at “{label}”.")
    line.sheet = sheet
    return line


def _check_second(line: CountLine, actor: User) -> None:
    if line.counted_by_id == actor.pk:
        message = "Somebody else than who counted it looks at a large difference."
        raise SheetRefused(message)


def _audit(line: CountLine, action: str, *, actor: User, now: datetime, reason: str = "") -> None:
    record_audit(
        action=action,
        subject_kind="product",
        subject_id=line.product_id,
        now=now,
        actor=actor,
        before={"booked": line.booked_units},
        after={"counted": line.counted_units, "sheet": line.sheet_id},
        reason=reason,
    )
