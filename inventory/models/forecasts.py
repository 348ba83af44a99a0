"""What planners say of demand against the forecast, and how past forecasts turned out."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.choices import AbcClass, DemandClass, OverrideKind
from inventory.models.products import Product


class ForecastOverride(models.Model):
    """A planner's word on the demand of some days, applied on top of the forecast.

    Kept for good, so that it can be scored against what the machine had said; taken back, it no
    longer applies.
    """

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="overrides", db_index=False
    )
    first_day = models.DateField()
    last_day = models.DateField()
    kind = models.CharField(max_length=6, choices=OverrideKind)
    # Units over all its days together, or the factor of the forecast.
    value = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=300)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # Units over its days as the machine had them when it was made, and as it makes them; empty
    # without a prediction to compare with.
    machine_units = models.FloatField(null=True, blank=True)
    planned_units = models.FloatField(null=True, blank=True)
    # What was asked for, once its days are over.
    actual_units = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        db_table = "forecast_overrides"
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="overrides_days_ordered"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="overrides_not_negative"),
            models.CheckConstraint(
                condition=Q(kind__in=OverrideKind.values), name="overrides_kind"
            ),
        ]
        indexes = [
            # Those of one product, newest days first.
            models.Index(fields=["product", "-first_day", "id"], name="idx_overrides_product"),
            # Those that apply, by the run of predictions; and those to score, when they are over.
            models.Index(
                fields=["last_day", "id"],
                name="idx_overrides_standing",
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value:f} on {self.first_day} to {self.last_day}"

    @property
    def gain_units(self) -> float | None:
        """Units that it came nearer to what was asked for than the machine; None until then."""
        if self.actual_units is None or self.machine_units is None or self.planned_units is None:
            return None
        machine = abs(self.machine_units - self.actual_units)
        return machine - abs(self.planned_units - self.actual_units)


class ForecastAccuracy(models.Model):
    """One forecast of seven days' demand as it stood, and what came. A row a product and week."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_day = models.DateField()
    model = models.CharField(max_length=40)
    abc_class = models.CharField(max_length=1, choices=AbcClass)
    demand_class = models.CharField(max_length=12, choices=DemandClass)
    confidence = models.FloatField()
    # Units over the seven days: mean, and the interval that four in five outcomes should meet.
    predicted = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    # The rule it is compared with: the same weekday a week before.
    naive = models.PositiveIntegerField()
    # What was asked for; empty until the days are over.
    actual = models.PositiveIntegerField(null=True, blank=True)
    # The shelf was empty for a part of the time: it is not counted.
    censored = models.BooleanField(default=False)

    class Meta:
        db_table = "forecast_accuracy"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "first_day"], name="accuracy_once_a_product_and_day"
            ),
        ]
        indexes = [
            # Forecasts of a period, by class; those to score; those to remove.
            models.Index(fields=["first_day", "abc_class"], name="idx_accuracy_day"),
        ]

    def __str__(self) -> str:
        return f"{self.predicted:g} of product {self.product_id} from {self.first_day}"
