"""What `inventory/parts/forecast_acts.html` asks for."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.choices import OverrideKind
from inventory.models import ForecastOverride
from inventory.paths import product_path
from inventory.product_page.view import ProductView
from techmart.lib import formats


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """A planner's word. outcome: how it turned out, "" until its days are over."""

    days: str
    says: str
    reason: str
    by: str
    outcome: str
    withdraw_url: str


def forecast_acts_context(view: ProductView, *, may_act: bool) -> dict[str, Any]:
    """Return overrides, and the forms for those who may."""
    product, path = view.product, product_path(view.product.sku)
    correct = product.correct_stockouts
    return {
        "overrides": [
            _row(override, view.today, path, may_act=may_act) for override in view.overrides
        ],
        "may_forecast": may_act,
        "override_url": f"{path}override/",
        "recompute_url": f"{path}forecast/",
        "stockouts_url": f"{path}stockouts/",
        "override_kinds": OverrideKind.choices,
        "today": view.today.isoformat(),
        "correct": "" if correct is None else "yes" if correct else "no",
        "product_version": product.version,
    }


def _row(override: ForecastOverride, today: date, path: str, *, may_act: bool) -> OverrideRow:
    says = (
        f"{formats.decimal(float(override.value))} times the forecast"
        if override.kind == OverrideKind.FACTOR
        else f"{formats.decimal(float(override.value), places=0)} units"
    )
    first = formats.day(override.first_day, year=False)
    last = formats.day(override.last_day, year=False)
    over = override.last_day < today
    return OverrideRow(
        days=first if override.first_day == override.last_day else f"{first} to {last}",
        says=says,
        reason=override.reason,
        by=override.actor.get_full_name() if override.actor else "",
        outcome=_outcome(override),
        withdraw_url="" if over or not may_act else f"{path}override/{override.pk}/withdraw/",
    )


def _outcome(override: ForecastOverride) -> str:
    gain = override.gain_units
    if gain is None:
        return ""
    came = f"{formats.count(override.actual_units or 0)} came"
    if gain > 0:
        return f"{came}, {formats.decimal(gain)} units nearer than the machine"
    if gain < 0:
        return f"{came}, {formats.decimal(-gain)} units further off than the machine"
    return f"{came}, as near as the machine"
