import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import alerts.notifying.models
from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Send alerts by mail and webhook, and silence them for a while."""

    replaces = [("alerts", "0006_send_and_silence")]

    dependencies = [
        ("alerts", "0001_alerts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NotificationChannel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("mail", "Mail"), ("webhook", "Webhook")], max_length=8
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        help_text="An e-mail address, or an https address.", max_length=300
                    ),
                ),
                (
                    "secret",
                    models.CharField(default=alerts.notifying.models.new_secret, max_length=80),
                ),
                (
                    "severity_from",
                    models.CharField(
                        choices=[
                            ("info", "Info"),
                            ("low", "Low"),
                            ("medium", "Medium"),
                            ("high", "High"),
                            ("critical", "Critical"),
                        ],
                        default="high",
                        max_length=10,
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("stock.out", "Out of stock"),
                                ("stock.low", "Low stock"),
                                ("stock.critical20", "Fewer than 20 left"),
                                ("stock.soon", "Runs out before delivery"),
                                ("stock.over", "More than can be sold soon"),
                                ("stock.dead", "Does not sell"),
                                ("stock.drift", "Ledger and stock differ"),
                                ("po.late", "Order is late"),
                                ("supplier.slip", "Supplier became less reliable"),
                                ("fraud.block", "Sale blocked"),
                                ("fraud.review", "Sale held for review"),
                                ("fraud.burst", "Burst of suspicious sales"),
                                ("metric.threshold", "Number passed its limit"),
                                ("metric.change", "Number changed much"),
                                ("metric.anomaly", "Number is unusual"),
                                ("sales.drop", "Sales dropped"),
                                ("forecast.bias", "Forecast leans to one side"),
                                ("report.failed", "Report was not delivered"),
                                ("ops.model", "Fraud model cannot be used"),
                                ("ops.stale_view", "Numbers are late"),
                                ("ops.queue_age", "Jobs are waiting"),
                                ("ops.beat", "Scheduler is silent"),
                                ("ops.rollup_drift", "Rollup and sales differ"),
                                ("ops.cache_evict", "Queue server evicts"),
                            ],
                            max_length=40,
                        ),
                        blank=True,
                        default=list,
                        help_text="Types of alerts; empty for all.",
                        size=None,
                    ),
                ),
                (
                    "is_escalation",
                    models.BooleanField(
                        default=False,
                        help_text="Critical alerts after 15 minutes, high ones after 60, no others.",
                        verbose_name="only when nobody acknowledges",
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "db_table": "notification_channels",
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="alerts.notificationchannel",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("recipient", models.CharField(max_length=40)),
                ("group", models.CharField(max_length=40)),
                (
                    "episodes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("payload", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Given up")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "db_table": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["next_attempt_at"],
                        name="idx_deliveries_due",
                    ),
                    models.Index(
                        fields=["recipient", "group", "-created_at"], name="idx_deliveries_latest"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("channel__isnull", False), ("person", None)),
                            models.Q(("channel", None), ("person__isnull", False)),
                            _connector="OR",
                        ),
                        name="deliveries_one_recipient",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Silence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("stock.out", "Out of stock"),
                            ("stock.low", "Low stock"),
                            ("stock.critical20", "Fewer than 20 left"),
                            ("stock.soon", "Runs out before delivery"),
                            ("stock.over", "More than can be sold soon"),
                            ("stock.dead", "Does not sell"),
                            ("stock.drift", "Ledger and stock differ"),
                            ("po.late", "Order is late"),
                            ("supplier.slip", "Supplier became less reliable"),
                            ("fraud.block", "Sale blocked"),
                            ("fraud.review", "Sale held for review"),
                            ("fraud.burst", "Burst of suspicious sales"),
                            ("metric.threshold", "Number passed its limit"),
                            ("metric.change", "Number changed much"),
                            ("metric.anomaly", "Number is unusual"),
                            ("sales.drop", "Sales dropped"),
                            ("forecast.bias", "Forecast leans to one side"),
                            ("report.failed", "Report was not delivered"),
                            ("ops.model", "Fraud model cannot be used"),
                            ("ops.stale_view", "Numbers are late"),
                            ("ops.queue_age", "Jobs are waiting"),
                            ("ops.beat", "Scheduler is silent"),
                            ("ops.rollup_drift", "Rollup and sales differ"),
                            ("ops.cache_evict", "Queue server evicts"),
                        ],
                        max_length=40,
                    ),
                ),
                ("subject_kind", models.CharField(blank=True, max_length=40)),
                ("subject_id", models.BigIntegerField(blank=True, null=True)),
                ("reason", models.CharField(max_length=300)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "silences",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="silences_end_after_start",
                    )
                ],
            },
        ),
    ]
