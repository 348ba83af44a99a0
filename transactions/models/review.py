"""What analysts do with held sales: who looks at a case, what is decided, what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from transactions.choices import ReviewReason, Verdict
from transactions.models.sales import Transaction
from transactions.querysets import ReviewDecisionQuerySet

# Stored, and neither carried out nor taken back.
WAITING = Q(applied_at=None, withdrawn_at=None, failed_at=None)


class ReviewDecision(models.Model):
    """What somebody decided on one held line. It is stored at once and takes effect later.

    Exactly one thing becomes of it: it is applied, withdrawn by its actor before that, or it
    fails because the sale had moved on; `result` then says why. Lines decided by one act share
    a batch, which is undone as a whole.
    """

    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    batch = models.UUIDField()
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.CharField(max_length=16, choices=ReviewReason)
    note = models.CharField(max_length=250, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # When the actor took the case on, for the minutes a case costs; unknown where nobody did.
    claimed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField()
    takes_effect_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = ReviewDecisionQuerySet.as_manager()

    class Meta:
        db_table = "review_decisions"
        constraints = [
            # Two people decide one line at once: the second is refused. Also finds, among the
            # few that wait, the lines that are decided already, and what is due.
            models.UniqueConstraint(
                fields=["transaction"], condition=WAITING, name="review_decisions_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values) & Q(reason__in=ReviewReason.values),
                name="review_decisions_codes",
            ),
            models.CheckConstraint(
                condition=Q(takes_effect_at__gte=F("decided_at")),
                name="review_decisions_effect_after_decision",
            ),
            models.CheckConstraint(
                condition=WAITING
                | Q(applied_at__isnull=False, withdrawn_at=None, failed_at=None)
                | Q(applied_at=None, withdrawn_at__isnull=False, failed_at=None)
                | Q(applied_at=None, withdrawn_at=None, failed_at__isnull=False),
                name="review_decisions_one_outcome",
            ),
        ]
        indexes = [
            # The lines of one act, to undo it.
            models.Index(fields=["batch"], name="idx_review_batch"),
            # What was decided on one sale.
            models.Index(fields=["transaction", "id"], name="idx_review_transaction"),
            # What was decided lately, by key; the times of a period.
            models.Index(fields=["-decided_at", "-id"], name="idx_review_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.get_reason_display()}"

    @property
    def words(self) -> str:
        """The reason with the note, as the sale's history keeps it."""
        reason = str(ReviewReason(self.reason).label)
        return f"{reason}: {self.note}" if self.note else reason


class ReviewClaim(models.Model):
    """Who looks at an order's case now. Past expires_at anybody may take it."""

    order_ref = models.CharField(max_length=80, unique=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    claimed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "review_claims"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("claimed_at")), name="review_claims_end_after_begin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_ref} by {self.actor}"


class ReviewCase(models.Model):
    """What people arranged about an order's case: whose it is, and until when it rests."""

    order_ref = models.CharField(max_length=80, unique=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "review_cases"

    def __str__(self) -> str:
        return self.order_ref
