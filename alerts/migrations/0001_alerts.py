import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Alerts, the events that tell pages of them, and the heartbeats of queues."""

    replaces = [
        ("alerts", "0001_initial"),
        ("alerts", "0002_follow_life_cycle_and_queues"),
        ("alerts", "0003_drop_unused_index"),
        ("alerts", "0004_name_more_kinds"),
        ("alerts", "0005_index_titles"),
        ("alerts", "0007_lengthen_paths"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
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
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("info", "Info"),
                            ("low", "Low"),
                            ("medium", "Medium"),
                            ("high", "High"),
                            ("critical", "Critical"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "severity_rank",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(severity="info", then=models.Value(0)),
                            models.When(severity="low", then=models.Value(1)),
                            models.When(severity="medium", then=models.Value(2)),
                            models.When(severity="high", then=models.Value(3)),
                            models.When(severity="critical", then=models.Value(4)),
                            default=models.Value(0),
                        ),
                        output_field=models.SmallIntegerField(),
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("acknowledged", "Acknowledged"),
                            ("snoozed", "Snoozed"),
                            ("flapping", "Flapping"),
                            ("resolved", "Resolved"),
                        ],
                        default="open",
                        max_length=14,
                    ),
                ),
                ("dedupe_key", models.CharField(max_length=160)),
                ("subject_kind", models.CharField(max_length=40)),
                ("subject_id", models.BigIntegerField(blank=True, null=True)),
                ("title", models.CharField(max_length=200)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("path", models.CharField(blank=True, max_length=2000)),
                ("facts", models.JSONField(blank=True, default=dict)),
                ("audience", models.CharField(blank=True, max_length=80)),
                ("occurrences", models.PositiveIntegerField(default=1)),
                (
                    "changed_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), blank=True, default=list, size=None
                    ),
                ),
                ("notified_at", models.DateTimeField(blank=True, null=True)),
                ("reopened", models.PositiveIntegerField(default=0)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("acknowledged_until", models.DateTimeField(blank=True, null=True)),
                (
                    "snooze_rule",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("time", "A moment"),
                            ("severity", "A higher severity"),
                            ("count", "Twice as many"),
                        ],
                        max_length=10,
                    ),
                ),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                ("snooze_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("clearing_since", models.DateTimeField(blank=True, null=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolution",
                    models.CharField(
                        blank=True,
                        choices=[("auto", "By itself"), ("manual", "By a person")],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "db_table": "alerts",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("open", "acknowledged", "snoozed", "flapping"))
                        ),
                        fields=["-severity_rank", "-last_seen_at", "-id"],
                        name="idx_alerts_live",
                    ),
                    models.Index(fields=["-last_seen_at", "-id"], name="idx_alerts_seen"),
                    models.Index(fields=["kind", "-last_seen_at", "-id"], name="idx_alerts_kind"),
                    models.Index(
                        fields=["subject_kind", "subject_id", "-last_seen_at"],
                        name="idx_alerts_subject",
                    ),
                    models.Index(
                        condition=models.Q(("state", "resolved")),
                        fields=["dedupe_key", "-resolved_at"],
                        name="idx_alerts_key_resolved",
                    ),
                    models.Index(
                        condition=models.Q(("state", "acknowledged")),
                        fields=["acknowledged_until"],
                        name="idx_alerts_ack_until",
                    ),
                    models.Index(
                        condition=models.Q(("state", "snoozed")),
                        fields=["snoozed_until"],
                        name="idx_alerts_snoozed_until",
                    ),
                    models.Index(
                        condition=models.Q(("clearing_since__isnull", False)),
                        fields=["clearing_since"],
                        name="idx_alerts_clearing",
                    ),
                    models.Index(
                        condition=models.Q(("state", "flapping")),
                        fields=["id"],
                        name="idx_alerts_flapping",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("title", name="gin_trgm_ops"),
                        name="idx_alerts_title_trgm",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("open", "acknowledged", "snoozed", "flapping"))
                        ),
                        fields=["assigned_to", "-severity_rank", "-last_seen_at", "-id"],
                        name="idx_alerts_assigned",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ("open", "acknowledged", "snoozed", "flapping"))
                        ),
                        fields=("dedupe_key",),
                        name="alerts_one_live_per_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["open", "acknowledged", "snoozed", "flapping", "resolved"],
                            )
                        ),
                        name="alerts_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("severity__in", ["info", "low", "medium", "high", "critical"])
                        ),
                        name="alerts_severity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", False), ("state", "resolved")),
                            models.Q(
                                models.Q(("state", "resolved"), _negated=True),
                                ("resolved_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="alerts_resolved_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("alerts", "Alerts"),
                            ("dashboard", "Numbers of the dashboard"),
                            ("transactions", "Sales"),
                            ("stock", "Stock"),
                        ],
                        max_length=20,
                    ),
                ),
                ("seq", models.BigIntegerField(blank=True, null=True)),
                ("kind", models.CharField(max_length=40)),
                (
                    "alert",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="alerts.alert",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("subject_kind", models.CharField(blank=True, max_length=40)),
                ("subject_id", models.BigIntegerField(blank=True, null=True)),
                ("audience", models.CharField(blank=True, max_length=80)),
                ("payload", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "alert_events",
                "indexes": [
                    models.Index(
                        condition=models.Q(("seq", None)),
                        fields=["topic", "id"],
                        name="idx_events_unnumbered",
                    ),
                    models.Index(fields=["alert", "id"], name="idx_events_alert"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("topic", "seq"), name="alert_events_topic_seq_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("topic__in", ["alerts", "dashboard", "transactions", "stock"])
                        ),
                        name="alert_events_topic",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventStream",
            fields=[
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("alerts", "Alerts"),
                            ("dashboard", "Numbers of the dashboard"),
                            ("transactions", "Sales"),
                            ("stock", "Stock"),
                        ],
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("head", models.BigIntegerField(default=0)),
                ("trimmed_through", models.BigIntegerField(default=0)),
                ("epoch", models.UUIDField(default=uuid.uuid4)),
                ("announced_head", models.BigIntegerField(default=0)),
                ("announced_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "event_streams",
            },
        ),
        migrations.CreateModel(
            name="JobHeartbeat",
            fields=[
                ("queue", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("sent_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "job_heartbeats",
            },
        ),
    ]
