"""What is known of fraud: labels, and counts kept from them."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from transactions.choices import (
    LabelSource,
    StatisticKind,
)


class FraudLabel(models.Model):
    """What an order turned out to be, and since when that is known. Append-only by trigger."""

    order_ref = models.CharField(max_length=80)
    is_fraud = models.BooleanField()
    source = models.CharField(max_length=12, choices=LabelSource)
    known_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        db_table = "fraud_labels"
        constraints = [
            models.UniqueConstraint(fields=["order_ref", "source", "known_at"], name="labels_once"),
        ]
        indexes = [
            # Labels known by a moment, for signals and training.
            models.Index(fields=["known_at", "id"], name="idx_labels_known"),
        ]

    def __str__(self) -> str:
        return f"{self.order_ref} {'fraud' if self.is_fraud else 'legitimate'}"


class FraudStatistic(models.Model):
    """What is usual, as of the start of a shop day: what scoring needs beside a customer's past.

    A table the size of the assortment, made anew once a day from the sales of a bounded time, so
    that scoring costs the same whatever the history. `transactions.fraud.baselines` holds the
    formulas.
    """

    kind = models.CharField(max_length=20, choices=StatisticKind)
    # Product id, category, "country|channel", country, channel; empty for the shop.
    key = models.CharField(max_length=100, blank=True)
    as_of_date = models.DateField()
    # Lines behind it (of a risk: in the window that was worst).
    lines = models.BigIntegerField()
    # Amounts: median of ln(1 + amount). Quantities: q99 of units. Rates: orders. Risks: ratio.
    value = models.FloatField()
    # Amounts: MAD of ln(1 + amount).
    spread = models.FloatField(null=True, blank=True)
    # Risks: frauds known, and days of the window.
    frauds = models.BigIntegerField(null=True, blank=True)
    window_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        db_table = "fraud_statistics"
        constraints = [
            # Scoring reads a handful of rows by kind and key.
            models.UniqueConstraint(fields=["kind", "key"], name="fraud_statistics_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
