import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """What is worth ordering, and replays of how other rules would have done."""

    replaces = [("inventory", "0006_add_replay_runs")]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("inventory", "0003_forecasts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReorderSuggestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="inventory.product",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.forecastrun",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("accepted", "Accepted"),
                            ("ordered", "Ordered"),
                            ("partially_received", "Partly received"),
                            ("closed", "Closed"),
                            ("rejected", "Rejected"),
                            ("superseded", "No longer needed"),
                            ("waiting_mov", "Waiting for the supplier's minimum"),
                            ("blocked", "Blocked by the stock cap"),
                        ],
                        default="proposed",
                        max_length=20,
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                ("edited_quantity", models.PositiveIntegerField(blank=True, null=True)),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
                ("arithmetic", models.JSONField(default=dict)),
                ("expected_lost_margin", models.DecimalField(decimal_places=2, max_digits=14)),
                ("lost_revenue_per_day", models.DecimalField(decimal_places=2, max_digits=14)),
                (
                    "p_stockout",
                    models.FloatField(verbose_name="chance of running out before receipt"),
                ),
                ("need_by", models.DateField(blank=True, null=True)),
                ("expected_stockout_on", models.DateField(blank=True, null=True)),
                ("confidence", models.FloatField()),
                ("reruns", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                (
                    "order_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="suggestions",
                        to="inventory.purchaseorderline",
                    ),
                ),
            ],
            options={
                "db_table": "reorder_suggestions",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("proposed", "accepted", "waiting_mov", "blocked"))
                        ),
                        fields=["-expected_lost_margin", "id"],
                        name="idx_suggestions_open",
                    ),
                    models.Index(fields=["product", "-created_at"], name="idx_suggestions_product"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ("proposed", "accepted", "waiting_mov", "blocked"))
                        ),
                        fields=("product",),
                        name="suggestions_one_open_per_product",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "proposed",
                                    "accepted",
                                    "ordered",
                                    "partially_received",
                                    "closed",
                                    "rejected",
                                    "superseded",
                                    "waiting_mov",
                                    "blocked",
                                ],
                            )
                        ),
                        name="suggestions_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("edited_quantity__isnull", True),
                            ("edited_quantity__gte", 1),
                            _connector="OR",
                        ),
                        name="suggestions_edited_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("p_stockout__gte", 0), ("p_stockout__lte", 1)),
                        name="suggestions_p_stockout_share",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplayRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=100)),
                (
                    "abc_class",
                    models.CharField(
                        blank=True, choices=[("A", "A"), ("B", "B"), ("C", "C")], max_length=1
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.supplier",
                    ),
                ),
                (
                    "named_products",
                    models.BooleanField(default=False, verbose_name="products named one by one"),
                ),
                (
                    "product_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("policies", models.JSONField()),
                ("seed", models.PositiveIntegerField(default=1)),
                ("draws", models.PositiveSmallIntegerField(default=5)),
                ("backorder_share", models.FloatField(default=0.0)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("days_done", models.PositiveIntegerField(default=0)),
                ("days_total", models.PositiveIntegerField()),
                ("courses", models.JSONField(blank=True, default=list)),
                ("results", models.JSONField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "replay_runs",
                "indexes": [
                    models.Index(
                        fields=["requested_by", "-requested_at"], name="idx_replay_runs_person"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["queued", "running", "done", "failed", "cancelled"])
                        ),
                        name="replay_runs_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_day__lte", models.F("last_day"))),
                        name="replay_runs_days_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("backorder_share__gte", 0), ("backorder_share__lte", 1)
                        ),
                        name="replay_runs_backorder_share",
                    ),
                ],
            },
        ),
    ]
