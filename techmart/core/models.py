"""People, settings of the shop, audit history and outbox."""

import zoneinfo
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from techmart.core.choices import AlertLevel, CheckName, Density, ServiceMode, Theme
from techmart.core.exports.models import ExportJob
from techmart.core.reports.models import ReportDelivery, ReportSchedule
from techmart.core.saved_views.models import SavedView

__all__ = [
    "ApiToken",
    "AuditEntry",
    "CheckResult",
    "DefaultGrant",
    "ExportJob",
    "Outbox",
    "ReportDelivery",
    "ReportSchedule",
    "SavedView",
    "ShopSettings",
    "User",
    "UserManager",
    "validate_time_zone",
]


class UserManager(BaseUserManager["User"]):
    """Creates users who sign in by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; an unusable password when none is given."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail in any letter case."""
        return self.get(email__iexact=username)


def validate_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not have."""
    if name and name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name!r} is no time zone; use a name such as Europe/London.")


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail. People are deactivated, never deleted."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_staff = models.BooleanField("may use admin", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # Empty means the shop's.
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    single_key_shortcuts = models.BooleanField(default=True)
    # From which severity on alerts reach the person: as notices on pages, and by mail.
    notices_from = models.CharField(
        max_length=8, choices=AlertLevel, default=AlertLevel.INFO, db_default=AlertLevel.INFO
    )
    mail_from = models.CharField(
        max_length=8, choices=AlertLevel, default=AlertLevel.NEVER, db_default=AlertLevel.NEVER
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        db_table = "users"
        constraints = [models.UniqueConstraint(Lower("email"), name="users_email_lower_unique")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name, or the e-mail address when none is known."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return the first word of the name."""
        return self.get_full_name().split(" ")[0]


class ApiToken(models.Model):
    """A program's key to the API, kept as a SHA-256 digest; shown once when made."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="The program that uses it.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Empty means the rate of every caller; "6000/min" is a rate of its own.
    rate = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "api_tokens"

    def __str__(self) -> str:
        return self.name


class ShopSettings(models.Model):
    """What the shop decides, one row. Currency and time zone are settings of the deployment."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=120, default="TechMart")
    holding_rate = models.DecimalField(
        "holding cost a year, share of unit cost",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.25"),
        validators=[MinValueValidator(Decimal("0")), MaxValueValidator(Decimal("5"))],
    )
    order_cost = models.DecimalField(
        "fixed cost of one order line",
        max_digits=10,
        decimal_places=2,
        default=Decimal("8.00"),
        validators=[MinValueValidator(Decimal("0"))],
    )
    service_mode = models.CharField(
        "service level",
        max_length=5,
        choices=ServiceMode,
        default=ServiceMode.BY_CLASS,
        help_text=(
            "How sure to be not to run out: as the product's class has it, or as what a missing "
            "unit loses and what a unit in stock costs say. Orders follow with the next plan."
        ),
    )
    review_capacity_per_day = models.PositiveIntegerField("cases a day", default=60)
    review_minutes_per_case = models.PositiveSmallIntegerField(default=6)
    # A held sale above this amount makes its alert critical.
    review_critical_amount = models.DecimalField(
        max_digits=14, decimal_places=2, default=Decimal("1000.00")
    )
    opens_at = models.TimeField(null=True, blank=True, help_text="Empty: learned from sales.")
    closes_at = models.TimeField(null=True, blank=True)
    correct_stockouts = models.BooleanField(
        "correct demand for days without stock",
        default=True,
        help_text="Forecasts take what would have been sold; products may differ.",
    )
    # Names of what a generator made up, such as "stock" or "product.name"; empty for a real shop.
    simulated = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        db_table = "shop_settings"
        verbose_name_plural = "shop settings"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="shop_settings_one_row"),
            models.CheckConstraint(
                condition=models.Q(holding_rate__gte=0) & models.Q(order_cost__gte=0),
                name="shop_settings_costs_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """One correction by a person: what was, what is, why. Append-only by trigger."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "audit_entries"
        verbose_name_plural = "audit entries"
        indexes = [
            # History of one row on its page and in admin, newest first.
            models.Index(fields=["subject_kind", "subject_id", "-at"], name="idx_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_kind} {self.subject_id}"


class CheckResult(models.Model):
    """What the newest run of a check found, such as ledger against stock. One row a check."""

    name = models.CharField(max_length=20, primary_key=True, choices=CheckName)
    checked_at = models.DateTimeField()
    differences = models.PositiveIntegerField()

    class Meta:
        db_table = "check_results"

    def __str__(self) -> str:
        return f"{self.name}: {self.differences} differences"


class DefaultGrant(models.Model):
    """A permission that was given to one of the default groups once, and is not given again.

    So what an operator takes from a group, or a group that was removed, stays so.
    """

    group = models.CharField(max_length=150)
    permission = models.CharField(max_length=200)
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "default_grants"
        constraints = [
            models.UniqueConstraint(fields=["group", "permission"], name="default_grants_once"),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.permission}"


class Outbox(models.Model):
    """A side effect that must happen once its transaction has committed, though a broker fail.

    Written in the transaction, sent after commit, swept when sending failed.
    """

    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "outbox"
        verbose_name_plural = "outbox"
        indexes = [
            # The sweep: what is due and not yet sent, oldest first.
            models.Index(
                fields=["not_before", "id"], name="idx_outbox_due", condition=models.Q(sent_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
