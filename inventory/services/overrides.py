"""Planners' words on demand: given with a reason, taken back, scored when their days are over."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from inventory.choices import OverrideKind
from inventory.forecasting.overrides import DemandOverride, overridden
from inventory.models import ForecastOverride, InventoryPrediction
from techmart.core.audit import record_audit
from techmart.core.corrections import ReasonMissing
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.cache import Tag, bump_on_commit

SUBJECT = "product"
# A word on more days than this is a change of the range, not of a forecast.
LONGEST_DAYS = 180
LARGEST_FACTOR = Decimal("100")


class OverrideRefused(Refusal):
    """It is over, or was taken back already."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="override_refused", status=409)


@transaction.atomic
def give_override(
    *,
    product_id: int,
    first_day: date,
    last_day: date,
    kind: OverrideKind,
    value: Decimal,
    reason: str,
    actor: User | None,
    now: datetime,
) -> ForecastOverride:
    """Say what will be asked for on some days; the next run of predictions applies it.

    value: units over all these days together, or the factor of the forecast, by kind. What the
    machine says of them now is kept beside it, to be scored by what comes. Raises
    ReasonMissing, ValidationError by field.
    """
    if not reason.strip():
        raise ReasonMissing
    _check(first_day, last_day, kind, value, today=timezone.localdate(now))
    machine = _machine_units(product_id, first_day, last_day)
    override = ForecastOverride(
        product_id=product_id,
        first_day=first_day,
        last_day=last_day,
        kind=kind,
        value=value,
        reason=reason.strip(),
        actor=actor,
        created_at=now,
        machine_units=machine,
        planned_units=_planned_units(kind, value, machine),
    )
    override.full_clean()
    override.save(force_insert=True)
    record_audit(
        action="forecast.override",
        subject_kind=SUBJECT,
        subject_id=product_id,
        now=now,
        actor=actor,
        after={"days": f"{first_day} to {last_day}", kind.value: value},
        reason=reason,
    )
    bump_on_commit(Tag.PREDICTIONS)
    return override


@transaction.atomic
def withdraw_override(*, override_id: int, actor: User | None, now: datetime) -> ForecastOverride:
    """Take a word back: it no longer applies, and is kept. Raises OverrideRefused when too late."""
    override = ForecastOverride.objects.select_for_update().get(pk=override_id)
    if override.withdrawn_at is not None:
        raise OverrideRefused("This override was taken back already.")
    if override.last_day < timezone.localdate(now):
        raise OverrideRefused("The days of this override are over; it can only be scored.")
    override.withdrawn_at = now
    override.save(update_fields=["withdrawn_at"])
    record_audit(
        action="forecast.override_withdrawn",
        subject_kind=SUBJECT,
        subject_id=override.product_id,
        now=now,
        actor=actor,
        before={"days": f"{override.first_day} to {override.last_day}"},
    )
    bump_on_commit(Tag.PREDICTIONS)
    return override


def _check(
    first_day: date, last_day: date, kind: OverrideKind, value: Decimal, *, today: date
) -> None:
    errors: dict[str, str] = {}
    if first_day < today:
        errors["first_day"] = "Begin today or later: what was asked for is known."
    if last_day < first_day:
        errors["last_day"] = "End on the first day or later."
    elif (last_day - first_day).days >= LONGEST_DAYS:
        errors["last_day"] = f"At most {LONGEST_DAYS} days."
    if value < 0:
        errors["value"] = "0 or more."
    elif kind == OverrideKind.FACTOR and value > LARGEST_FACTOR:
        errors["value"] = f"At most {LARGEST_FACTOR} times the forecast."
    if errors:
        raise ValidationError(errors)


def _machine_units(product_id: int, first_day: date, last_day: date) -> float | None:
    """Return what the newest prediction says of these days; None without one."""
    days = (
        InventoryPrediction.objects.filter(product_id=product_id)
        .values_list("days", flat=True)
        .first()
    )
    if not days:
        return None
    week = days["mean"]
    offset = (first_day - date.fromisoformat(days["first_day"])).days
    length = (last_day - first_day).days + 1
    return float(sum(week[(offset + day) % len(week)] for day in range(length)))


def _planned_units(kind: OverrideKind, value: Decimal, machine: float | None) -> float | None:
    if kind == OverrideKind.UNITS:
        return float(value)
    if machine is None:
        return None
    word = DemandOverride(first=1, last=1, factor=float(value))
    return float(overridden(np.array([machine]), [word]).sum())


_SCORE = """
UPDATE forecast_overrides AS o
SET actual_units = (
    SELECT coalesce(sum(d.demand_units), 0) FROM product_daily d
    WHERE d.product_id = o.product_id AND d.day BETWEEN o.first_day AND o.last_day
)
WHERE o.withdrawn_at IS NULL AND o.last_day < %(today)s AND o.actual_units IS NULL
"""


def score_overrides(*, now: datetime) -> int:
    """Enter what was asked for into the overrides whose days are over; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_SCORE, {"today": timezone.localdate(now)})
        scored: int = cursor.rowcount
    return scored
