"""The suggested order and the supplier, on a product's page."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from inventory.choices import SuggestionState
from inventory.forecasting.confidence import (
    LOW_CONFIDENCE,
    ConfidenceParts,
    certainty,
    confidence_parts,
)
from inventory.models import InventoryPrediction, PurchaseOrder, ReorderSuggestion
from inventory.paths import order_path, suggestion_path, supplier_path
from inventory.product_page.steps import Step, steps_of
from inventory.product_page.view import ProductView
from inventory.scorecards import load_scorecards
from inventory.services.suggestions import UNDECIDED
from techmart.lib import formats


@dataclass(frozen=True, slots=True)
class SuggestionCard:
    """The open suggestion. confidence_parts: names and factors, 0 to 1 each.

    suggested: the planner's quantity where a person wants another, else None. url: of its page.
    undecided: whether it may be accepted, changed or dismissed. order_url: its draft, or "".
    """

    url: str
    order_url: str
    undecided: bool
    suggested: int | None
    least: int
    quantity: int
    cost: Decimal
    supplier_name: str
    packs: int
    pack_size: int
    expected_at: date | None
    confidence: float | None
    confidence_parts: list[tuple[str, float]]
    low_confidence_reason: str
    steps: list[Step]
    state_label: str
    computed_at: datetime
    footer: str


@dataclass(frozen=True, slots=True)
class SupplierCard:
    """How well the supplier delivers; shares 0 to 1."""

    name: str
    url: str
    reliability: float
    reliability_low: float
    reliability_high: float
    on_time_of: tuple[int, int] | None
    lead_time_mean_days: float
    lead_time_sd_days: float
    minimum_order: str


def suggestion_card(view: ProductView) -> SuggestionCard | None:
    """Return the open suggestion with its arithmetic; None when nothing is to be ordered."""
    suggestion = view.suggestion
    if suggestion is None:
        return None
    quantity = suggestion.order_quantity
    parts = _confidence(view)
    given = suggestion.arithmetic.get("inputs", {})
    lead = given.get("lead_time_days", view.lead_time_days)
    pack = int(given.get("pack", view.product.pack_size))
    confidence = float(parts.confidence) if parts else suggestion.confidence
    return SuggestionCard(
        url=suggestion_path(suggestion.pk),
        order_url=_order_url(suggestion),
        undecided=suggestion.state in UNDECIDED,
        suggested=suggestion.quantity if suggestion.edited_quantity is not None else None,
        least=view.product.minimum_order_quantity,
        quantity=quantity,
        cost=quantity * suggestion.unit_cost,
        supplier_name=view.product.supplier.name,
        packs=quantity // pack,
        pack_size=pack,
        expected_at=(
            timezone.localdate(suggestion.updated_at) + timedelta(days=round(lead))
            if quantity
            else None
        ),
        confidence=confidence,
        confidence_parts=_named(parts) if parts else [],
        low_confidence_reason=_why_low(view.prediction, parts, confidence),
        steps=steps_of(suggestion.arithmetic, currency=settings.SHOP_CURRENCY),
        state_label=_state_label(suggestion),
        computed_at=suggestion.updated_at,
        footer=_footer(suggestion),
    )


def _order_url(suggestion: ReorderSuggestion) -> str:
    """Return the page of the order that it became a line of."""
    if suggestion.order_line_id is None:
        return ""
    number = PurchaseOrder.objects.values_list("number", flat=True).get(
        lines=suggestion.order_line_id
    )
    return order_path(number)


def _confidence(view: ProductView) -> ConfidenceParts | None:
    """The factors as they are now: freshness halves each day."""
    prediction = view.prediction
    if prediction is None:
        return None
    age = (view.now - prediction.computed_at).total_seconds() / 3600
    certain = certainty(prediction.daily_mean, prediction.daily_sd, prediction.protection_days)
    return confidence_parts(
        float(certain), prediction.coverage, origins=prediction.origins, age_hours=age
    )


def _named(parts: ConfidenceParts) -> list[tuple[str, float]]:
    return [
        ("Certainty, mean over mean and spread", float(parts.certainty)),
        ("Freshness", float(parts.freshness)),
        ("Coverage of the 80% interval", float(parts.coverage_ok)),
    ]


def _why_low(
    prediction: InventoryPrediction | None, parts: ConfidenceParts | None, confidence: float
) -> str:
    """Name the weakest factor of a low confidence; "" when it is not low."""
    if confidence >= LOW_CONFIDENCE:
        return ""
    if prediction is None or parts is None:
        return "Low confidence: there is no prediction to check it against."
    if not prediction.tested:
        return "Low confidence: there is too little history yet to test the forecast."
    reasons = {
        "certainty": "demand over the interval varies a lot",
        "freshness": "the prediction is old",
        "coverage_ok": "past outcomes fell too often, or too seldom, outside its interval",
    }
    weakest = min(reasons, key=lambda name: float(getattr(parts, name)))
    return f"Low confidence: {reasons[weakest]}. Check it before ordering."


def _state_label(suggestion: ReorderSuggestion) -> str:
    label = SuggestionState(suggestion.state).label
    if suggestion.waits_until:
        return f"{label}, until {formats.day(suggestion.waits_until)}"
    return label


def _footer(suggestion: ReorderSuggestion) -> str:
    chance = f"Chance to run out before delivery {formats.rate(suggestion.p_stockout, places=0)}"
    if suggestion.need_by:
        return f"{chance}, order by {formats.day(suggestion.need_by)}."
    return f"{chance}."


def supplier_card(view: ProductView) -> SupplierCard:
    """Return how well the product's supplier delivers."""
    supplier = view.product.supplier
    known = load_scorecards([supplier.pk], now=view.now)[supplier.pk]
    shown = known.reliability
    given = view.suggestion.arithmetic.get("inputs", {}) if view.suggestion else {}
    minimum = supplier.minimum_order_value
    return SupplierCard(
        name=supplier.name,
        url=supplier_path(supplier.code),
        reliability=shown.share,
        reliability_low=shown.low,
        reliability_high=shown.high,
        on_time_of=known.otif,
        # What the suggestion counted with, which has learned from receipts.
        lead_time_mean_days=given.get("lead_time_days", view.lead_time_days),
        lead_time_sd_days=given.get("lead_time_sd_days", float(supplier.lead_time_sd_days)),
        minimum_order=formats.money(minimum, settings.SHOP_CURRENCY) if minimum else "",
    )
