"""Forecasts that lean to one side: class A products ordered too much or too little of for weeks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, ExpressionWrapper, F, FloatField, Sum
from django.db.models.functions import Abs, Greatest, Sqrt
from django.utils import timezone

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec
from inventory.choices import AbcClass
from inventory.forecast_accuracy import DAYS, scored_forecasts
from inventory.paths import product_path
from inventory.services.stock_alerts import SUBJECT
from inventory.services.worst_first import EASED, STAYS, Finding, announce_worst
from techmart.lib import formats

# Whole days that a lean is looked for over, and what it may be, as a share of what was asked for.
WEEKS = 4
LIMIT = 0.25
# Weeks of these that must have been scored: a shelf empty for a part of one does not say.
LEAST_WEEKS = 3
# An error that one count in twenty would have by chance is no lean.
CHANCE_SDS = 2.0


@dataclass(frozen=True, slots=True)
class Lean:
    """What was forecast of a product and what was asked for, units over its scored weeks.

    strength: the error over what it may be; above 1 it is announced.
    """

    product_id: int
    sku: str
    name: str
    weeks: int
    forecast: float
    units: int
    strength: float

    @property
    def bias(self) -> float | None:
        """Share by which the forecast was above what was asked for; None when nothing was."""
        return (self.forecast - self.units) / self.units if self.units else None


def review_forecast_bias(*, now: datetime) -> int:
    """Announce the class A products whose forecasts lean most; return those raised.

    Over the forecasts of the last 28 days whose days are over: |Σ(forecast − units)| above a
    quarter of Σ units, and above twice √Σ forecast, the sd of a count of that mean, which slow
    sellers would pass by chance. The dearest errors come first, at the product's price.
    """
    findings = [Finding(_spec(lean), fires=lean.strength > 1) for lean in _dearest_leans(now=now)]
    return announce_worst([AlertKind.FORECAST_BIAS], findings, now=now)


def _dearest_leans(*, now: datetime) -> Iterator[Lean]:
    """Yield the products beyond EASED of what an error may be, the dearest first; one query."""
    last_day = timezone.localdate(now) - timedelta(days=DAYS)
    dearest = ExpressionWrapper(F("error") * F("product__price"), FloatField())
    found = (
        scored_forecasts(last_day - timedelta(days=WEEKS * DAYS - 1), last_day)
        .filter(product__active=True, product__abc_class=AbcClass.A)
        .order_by()
        .values("product", "product__sku", "product__name", "product__price")
        .annotate(weeks=Count("pk"), forecast=Sum("predicted"), units=Sum("actual"))
        .annotate(
            error=Abs(F("forecast") - F("units"), output_field=FloatField()),
            allowed=Greatest(
                LIMIT * F("units"), CHANCE_SDS * Sqrt("forecast"), output_field=FloatField()
            ),
        )
        .filter(weeks__gte=LEAST_WEEKS, error__gt=EASED * F("allowed"))
        .order_by(dearest.desc(), "product")
    )
    for row in found[:STAYS]:
        yield Lean(
            product_id=row["product"],
            sku=row["product__sku"],
            name=row["product__name"],
            weeks=row["weeks"],
            forecast=row["forecast"],
            units=row["units"],
            strength=row["error"] / row["allowed"],
        )


def _spec(lean: Lean) -> AlertSpec:
    side = "high" if lean.forecast > lean.units else "low"
    share, bias = "", {}
    if lean.bias is not None:
        share, bias = f" {formats.rate(abs(lean.bias), places=0)}", {"bias": round(lean.bias, 4)}
    return AlertSpec(
        kind=AlertKind.FORECAST_BIAS,
        severity=Severity.LOW,
        dedupe_key=f"fc.bias:{lean.product_id}",
        subject_kind=SUBJECT,
        subject_id=lean.product_id,
        title=f"{lean.name}: forecast{share} too {side}",
        message=(
            f"{lean.sku}: {formats.count(lean.forecast)} forecast over {lean.weeks} weeks that "
            f"were scored, {formats.count(lean.units)} asked for."
        ),
        path=product_path(lean.sku),
        facts={
            "sku": lean.sku,
            "weeks": lean.weeks,
            "forecast": round(lean.forecast, 1),
            "units": lean.units,
            **bias,
        },
    )
