"""Rules of people on sales: what they say, what their trials showed, and which sales they met."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from transactions.choices import BacktestStatus, Decision, ListKind, RuleState
from transactions.models.sales import Transaction


class FraudRule(models.Model):
    """A rule by its name; what it says is in its versions, and what it does never changes.

    live: the version that decides; shadow: the one that is only counted, which may be a newer
    one beside it.
    """

    name = models.CharField(max_length=120, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Why it is there, for whoever finds it in a year.
    reason = models.CharField(max_length=500)
    action = models.CharField(max_length=6, choices=Decision)
    state = models.CharField(max_length=8, choices=RuleState, default=RuleState.DRAFT)
    versions_made = models.PositiveIntegerField(default=0)
    live = models.ForeignKey(
        "FraudRuleVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    shadow = models.ForeignKey(
        "FraudRuleVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "fraud_rules"
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=Decision.values), name="fraud_rules_action"
            ),
            # The state says what runs, so that neither can be changed without the other.
            models.CheckConstraint(
                condition=Q(state=RuleState.ACTIVE, live__isnull=False)
                | Q(state=RuleState.SHADOW, live__isnull=True, shadow__isnull=False)
                | Q(
                    state__in=[RuleState.DRAFT, RuleState.RETIRED],
                    live__isnull=True,
                    shadow__isnull=True,
                ),
                name="fraud_rules_state_runs",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FraudRuleVersion(models.Model):
    """What a rule says, once and for all. Append-only by trigger."""

    rule = models.ForeignKey(
        FraudRule, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    # As `transactions.rules.parsing` reads it.
    expression = models.JSONField()
    # What it says in words at the time.
    sentence = models.TextField()
    note = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "fraud_rule_versions"
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_versions_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class RuleApproval(models.Model):
    """A second person's word for a version that blocks. Append-only by trigger."""

    version = models.OneToOneField(
        FraudRuleVersion, on_delete=models.PROTECT, related_name="approval"
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "fraud_rule_approvals"

    def __str__(self) -> str:
        return f"{self.version} approved"


class RuleBacktest(models.Model):
    """A version tried on the past: sales of [since, until), both shop days."""

    version = models.ForeignKey(
        FraudRuleVersion, on_delete=models.PROTECT, related_name="backtests", db_index=False
    )
    since_date = models.DateField()
    until_date = models.DateField()
    status = models.CharField(max_length=8, choices=BacktestStatus, default=BacktestStatus.QUEUED)
    sales_total = models.PositiveBigIntegerField(default=0)
    sales_done = models.PositiveBigIntegerField(default=0)
    # `transactions.rules.backtest.Findings` once done.
    result = models.JSONField(default=dict, blank=True)
    error = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    # When it last moved on: one that stands still was lost with its worker.
    progress_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "rule_backtests"
        constraints = [
            models.CheckConstraint(
                condition=Q(since_date__lt=F("until_date")), name="rule_backtests_period"
            ),
            models.CheckConstraint(
                condition=Q(status__in=BacktestStatus.values), name="rule_backtests_status"
            ),
            # One at a time for a version.
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(status__in=[BacktestStatus.QUEUED, BacktestStatus.RUNNING]),
                name="rule_backtests_one_runs",
            ),
        ]
        indexes = [
            # A version's newest backtests: its page, and the gate before it may become active.
            models.Index(fields=["version", "-id"], name="idx_backtests_version"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.since_date} to {self.until_date}"


class RuleHit(models.Model):
    """A sale that a running version met when it was recorded. Append-only by trigger."""

    version = models.ForeignKey(
        FraudRuleVersion, on_delete=models.PROTECT, related_name="hits", db_index=False
    )
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="rule_hits", db_index=False
    )
    action = models.CharField(max_length=6, choices=Decision)
    # Counted only: it changed nothing.
    shadow = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        db_table = "rule_hits"
        constraints = [
            # Also finds the hits of one sale.
            models.UniqueConstraint(fields=["transaction", "version"], name="rule_hits_once"),
        ]
        indexes = [
            # Hits a day of a rule's versions.
            models.Index(fields=["version", "-at"], name="idx_rule_hits_version"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} on {self.transaction_id}"


class ValueList(models.Model):
    """Values that rules look up by the list's key, which never changes."""

    key = models.SlugField(max_length=60, unique=True, db_index=False)
    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=12, choices=ListKind)
    reason = models.CharField(max_length=500, blank=True)
    # What stands in it raises the score of a sale (F17, F19), beside what rules make of it.
    watched = models.BooleanField(default=False, db_default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "value_lists"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ListKind.values), name="value_lists_kind"),
        ]

    def __str__(self) -> str:
        return self.name


class ValueListEntry(models.Model):
    """A value that stands in a list from added_at until expires_at, or for good.

    Never removed: what a list held at any moment stays known, for backtests.
    """

    list = models.ForeignKey(
        ValueList, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    value = models.CharField(max_length=200)
    added_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        db_table = "value_list_entries"
        verbose_name_plural = "value list entries"
        constraints = [
            # Also pages through a list by value.
            models.UniqueConstraint(
                fields=["list", "value", "added_at"], name="value_list_entries_once"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gte=F("added_at")),
                name="value_list_entries_spell",
            ),
        ]

    def __str__(self) -> str:
        return self.value


class RuleStamp(models.Model):
    """One row whose stamp is another after every change of what runs: rules, versions, lists.

    Recording compares it with the stamp of what it holds in memory.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        db_table = "rule_stamps"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="rule_stamps_one_row")]

    def __str__(self) -> str:
        return str(self.stamp)
