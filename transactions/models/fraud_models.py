"""Fraud models that were learned, and what labels say of devices."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from transactions.choices import ModelKind, ModelState
from transactions.models.sales import Transaction


class FraudModel(models.Model):
    """A model learned from labels. The champion scores; the others are kept to go back to."""

    version = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=8, choices=ModelKind)
    state = models.CharField(max_length=9, choices=ModelState)
    # The additive model, as JSON with exact numbers; of a boosted one, the one beside it.
    artefact = models.TextField()
    # Trees of a boosted model, as XGBoost saves them.
    trees = models.BinaryField(null=True, blank=True)
    # Sales that it was learned from, by their time.
    learned_from = models.DateTimeField()
    learned_until = models.DateTimeField()
    lines = models.PositiveIntegerField()
    frauds = models.PositiveIntegerField()
    # Measures of the newest fully labelled weeks, of models that had not seen them.
    metrics = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    promoted_at = models.DateTimeField(null=True, blank=True)
    # Empty for the weekly refit.
    promoted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    # Why it cannot be used.
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "fraud_models"
        constraints = [
            # Scoring asks for the one champion with every sale.
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=ModelState.CHAMPION),
                name="fraud_models_one_champion",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ModelState.values) & Q(kind__in=ModelKind.values),
                name="fraud_models_codes",
            ),
        ]

    def __str__(self) -> str:
        return self.version


class DeviceFact(models.Model):
    """What a label says of the device that a line came through; made anew when labels change.

    `transactions.fraud.devices` says what counts. One row a line and verdict.
    """

    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    device = models.CharField(max_length=80)
    sale_at = models.DateTimeField()
    is_fraud = models.BooleanField()
    # Share of the fraud's odds that its amount leaves open; 1 of a genuine line.
    unexplained = models.FloatField()
    known_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "device_facts"
        constraints = [
            # All facts of a line, to make them anew.
            models.UniqueConstraint(fields=["transaction", "known_at"], name="device_facts_once"),
        ]
        indexes = [
            # The newest genuine sale of a device, and the frauds after it.
            models.Index(fields=["device", "is_fraud", "sale_at"], name="idx_device_facts_run"),
        ]

    def __str__(self) -> str:
        return f"{self.device} {'fraud' if self.is_fraud else 'genuine'}"
