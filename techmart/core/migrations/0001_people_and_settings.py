from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import techmart.core.models
from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """People, their keys, the shop's settings, and what is kept of acts and work to do."""

    replaces = [
        ("core", "0001_initial"),
        ("core", "0003_drop_idempotency_records"),
        ("core", "0004_correct_stockouts"),
        ("core", "0006_keep_what_reaches_people"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("is_staff", models.BooleanField(default=False, verbose_name="may use admin")),
                ("is_active", models.BooleanField(default=True)),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        max_length=64,
                        validators=[techmart.core.models.validate_time_zone],
                    ),
                ),
                (
                    "density",
                    models.CharField(
                        choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
                        default="comfortable",
                        max_length=12,
                    ),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")],
                        default="system",
                        max_length=8,
                    ),
                ),
                ("single_key_shortcuts", models.BooleanField(default=True)),
                (
                    "notices_from",
                    models.CharField(
                        choices=[
                            ("never", "Never"),
                            ("critical", "Critical only"),
                            ("high", "High and above"),
                            ("medium", "Medium and above"),
                            ("info", "Everything"),
                        ],
                        db_default="info",
                        default="info",
                        max_length=8,
                    ),
                ),
                (
                    "mail_from",
                    models.CharField(
                        choices=[
                            ("never", "Never"),
                            ("critical", "Critical only"),
                            ("high", "High and above"),
                            ("medium", "Medium and above"),
                            ("info", "Everything"),
                        ],
                        db_default="never",
                        default="never",
                        max_length=8,
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "db_table": "users",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        name="users_email_lower_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(help_text="The program that uses it.", max_length=80)),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("rate", models.CharField(blank=True, max_length=20)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "api_tokens",
            },
        ),
        migrations.CreateModel(
            name="ShopSettings",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(default="TechMart", max_length=120)),
                (
                    "holding_rate",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0.25"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("5")),
                        ],
                        verbose_name="holding cost a year, share of unit cost",
                    ),
                ),
                (
                    "order_cost",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("8.00"),
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="fixed cost of one order line",
                    ),
                ),
                (
                    "review_capacity_per_day",
                    models.PositiveIntegerField(default=60, verbose_name="cases a day"),
                ),
                ("review_minutes_per_case", models.PositiveSmallIntegerField(default=6)),
                (
                    "review_critical_amount",
                    models.DecimalField(
                        decimal_places=2, default=Decimal("1000.00"), max_digits=14
                    ),
                ),
                (
                    "opens_at",
                    models.TimeField(blank=True, help_text="Empty: learned from sales.", null=True),
                ),
                ("closes_at", models.TimeField(blank=True, null=True)),
                (
                    "correct_stockouts",
                    models.BooleanField(
                        default=True,
                        help_text="Forecasts take what would have been sold; products may differ.",
                        verbose_name="correct demand for days without stock",
                    ),
                ),
                (
                    "simulated",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "shop settings",
                "db_table": "shop_settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="shop_settings_one_row"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("holding_rate__gte", 0), ("order_cost__gte", 0)),
                        name="shop_settings_costs_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("action", models.CharField(max_length=60)),
                ("subject_kind", models.CharField(max_length=40)),
                ("subject_id", models.BigIntegerField()),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "db_table": "audit_entries",
                "indexes": [
                    models.Index(
                        fields=["subject_kind", "subject_id", "-at"], name="idx_audit_subject"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("payload", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "outbox",
                "db_table": "outbox",
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at", None)),
                        fields=["not_before", "id"],
                        name="idx_outbox_due",
                    )
                ],
            },
        ),
    ]
