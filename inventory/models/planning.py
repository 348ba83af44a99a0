"""Forecasts and what they suggest to order."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.choices import (
    OPEN_SUGGESTION_STATES,
    RunKind,
    RunStatus,
    SuggestionState,
)
from inventory.forecasting.confidence import MIN_ORIGINS
from inventory.models.orders import PurchaseOrderLine
from inventory.models.products import Product
from inventory.querysets import (
    ReorderSuggestionQuerySet,
)


class ForecastRun(models.Model):
    """One run of the predictions or the planner, with its progress."""

    kind = models.CharField(max_length=12, choices=RunKind)
    status = models.CharField(max_length=8, choices=RunStatus, default=RunStatus.RUNNING)
    as_of = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    products_total = models.PositiveIntegerField(default=0)
    products_done = models.PositiveIntegerField(default=0)
    # Only this category, or only these products; all when both are empty.
    category = models.CharField(max_length=100, blank=True)
    product_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # "schedule", or the person who asked.
    triggered_by = models.CharField(max_length=160, default="schedule")
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "forecast_runs"
        indexes = [
            # The newest run of each kind: page, health, rate limit.
            models.Index(fields=["kind", "-started_at"], name="idx_forecast_runs_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class InventoryPrediction(models.Model):
    """Newest demand prediction of one product over its protection interval P = L + R."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="prediction")
    run = models.ForeignKey(ForecastRun, on_delete=models.PROTECT, related_name="+", db_index=False)
    model = models.CharField(max_length=40)
    # Mean demand over P, units.
    predicted = models.DecimalField(max_digits=14, decimal_places=3)
    daily_mean = models.FloatField()
    daily_sd = models.FloatField()
    protection_days = models.FloatField()
    # {"7": {"0.5": 3, ...}, "14": …, "28": …, "P": …}: quantiles of summed demand, units.
    quantiles = models.JSONField(default=dict)
    # certainty × freshness × coverage_ok at computing time, 0 to 1.
    confidence = models.FloatField()
    # 1 − loss / loss of a naive forecast, and the share of outcomes in the 80 % interval.
    skill = models.FloatField()
    coverage = models.FloatField()
    # Error of the backtest as a share of demand; empty where it could not be judged.
    wape = models.FloatField(null=True, blank=True)
    bias = models.FloatField(null=True, blank=True)
    # Past weeks that it was judged by.
    origins = models.PositiveSmallIntegerField(default=0)
    # Why this method leads, in words.
    reason = models.CharField(max_length=200, blank=True)
    # What the machine said of P before planners' overrides; the same where there is none.
    proposed = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    # {"first_day", "mean": [7], "quantiles": {"0.1": [7], …}} of single days, before overrides:
    # a week from the first day ahead on, which repeats.
    days = models.JSONField(default=dict)
    history_days = models.PositiveIntegerField()
    censored_days = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "inventory_predictions"
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1),
                name="predictions_confidence_share",
            ),
            models.CheckConstraint(condition=Q(predicted__gte=0), name="predictions_not_negative"),
        ]
        indexes = [
            # Least sure predictions first, on the planner's list.
            models.Index(fields=["confidence", "id"], name="idx_predictions_confidence"),
        ]

    def __str__(self) -> str:
        return f"{self.predicted} over {self.protection_days:g} d"

    @property
    def tested(self) -> bool:
        """Whether there was enough history to judge it by."""
        return self.origins >= MIN_ORIGINS


class ReorderSuggestion(models.Model):
    """What to order of one product and the arithmetic behind it; one open a product."""

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="suggestions", db_index=False
    )
    run = models.ForeignKey(ForecastRun, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(
        max_length=20, choices=SuggestionState, default=SuggestionState.PROPOSED
    )
    # What the planner found; a rerun writes it anew.
    quantity = models.PositiveIntegerField()
    # What a person wants instead; a rerun leaves it.
    edited_quantity = models.PositiveIntegerField(null=True, blank=True)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4)
    # The six steps with their inputs; see inventory.reorder.
    arithmetic = models.JSONField(default=dict)
    expected_lost_margin = models.DecimalField(max_digits=14, decimal_places=2)
    lost_revenue_per_day = models.DecimalField(max_digits=14, decimal_places=2)
    p_stockout = models.FloatField("chance of running out before receipt")
    need_by = models.DateField(null=True, blank=True)
    expected_stockout_on = models.DateField(null=True, blank=True)
    confidence = models.FloatField()
    reruns = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # Out of the list to decide on until then.
    snoozed_until = models.DateTimeField(null=True, blank=True)
    # The line that it became once accepted.
    order_line = models.ForeignKey(
        PurchaseOrderLine,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="suggestions",
    )

    objects = ReorderSuggestionQuerySet.as_manager()

    class Meta:
        db_table = "reorder_suggestions"
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                name="suggestions_one_open_per_product",
                condition=Q(state__in=OPEN_SUGGESTION_STATES),
            ),
            models.CheckConstraint(
                condition=Q(state__in=SuggestionState.values), name="suggestions_state"
            ),
            models.CheckConstraint(
                condition=Q(edited_quantity__isnull=True) | Q(edited_quantity__gte=1),
                name="suggestions_edited_positive",
            ),
            models.CheckConstraint(
                condition=Q(p_stockout__gte=0) & Q(p_stockout__lte=1),
                name="suggestions_p_stockout_share",
            ),
        ]
        indexes = [
            # Open suggestions, most expected lost margin first.
            models.Index(
                fields=["-expected_lost_margin", "id"],
                name="idx_suggestions_open",
                condition=Q(state__in=OPEN_SUGGESTION_STATES),
            ),
            # History of one product's suggestions.
            models.Index(fields=["product", "-created_at"], name="idx_suggestions_product"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"

    @property
    def order_quantity(self) -> int:
        """Units to order: what a person wants, or what the planner found."""
        return self.quantity if self.edited_quantity is None else self.edited_quantity

    @property
    def waits_until(self) -> date | None:
        """Day on which waiting for the supplier's minimum ends; None when it does not wait."""
        steps = self.arithmetic.get("steps")
        if self.state != SuggestionState.WAITING_MOV or not steps:
            return None
        until = steps[-1].get("wait_until")
        return date.fromisoformat(until) if until else None
