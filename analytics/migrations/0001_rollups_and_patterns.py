from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Rollups and their notes, refreshes, levels by the hour, and what customers do."""

    replaces = [
        ("analytics", "0001_initial"),
        ("analytics", "0002_add_level_readings"),
        ("analytics", "0006_add_repeat_models"),
        ("analytics", "0007_count_cohorts"),
    ]

    initial = True

    dependencies = [
        ("transactions", "0001_customers_and_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="SalesHourly",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "hour",
                        "channel",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("channel", models.CharField(max_length=12)),
                ("lines", models.IntegerField(default=0)),
                ("orders", models.IntegerField(default=0)),
                ("units", models.IntegerField(default=0)),
                ("units_returned", models.IntegerField(default=0)),
                (
                    "gross",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                (
                    "refunds",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                (
                    "cost",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18),
                ),
            ],
            options={
                "db_table": "sales_hourly",
            },
        ),
        migrations.CreateModel(
            name="CategoryDaily",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day",
                        "category",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("category", models.CharField(max_length=100)),
                ("lines", models.IntegerField(default=0)),
                ("orders", models.IntegerField(default=0)),
                ("units", models.IntegerField(default=0)),
                ("units_returned", models.IntegerField(default=0)),
                (
                    "gross",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                (
                    "refunds",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                (
                    "cost",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18),
                ),
            ],
            options={
                "db_table": "category_daily",
            },
        ),
        migrations.CreateModel(
            name="CustomerStats",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="stats",
                        serialize=False,
                        to="transactions.customer",
                    ),
                ),
                ("lines", models.IntegerField(default=0)),
                ("orders", models.IntegerField(default=0)),
                ("units", models.IntegerField(default=0)),
                (
                    "gross",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                (
                    "refunds",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=16),
                ),
                ("first_order_at", models.DateTimeField(null=True)),
                ("last_order_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "customer_stats",
                "indexes": [
                    models.Index(
                        fields=["-last_order_at", "customer"], name="idx_customer_stats_last"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RollupNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Hour and channel"),
                            (2, "Product and day"),
                            (3, "Product left a category"),
                            (4, "Customer"),
                        ]
                    ),
                ),
                ("hour", models.DateTimeField(null=True)),
                ("day", models.DateField(null=True)),
                ("subject_id", models.BigIntegerField(null=True)),
                ("label", models.CharField(max_length=100, null=True)),
                (
                    "noted_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "db_table": "rollup_notes",
            },
        ),
        migrations.CreateModel(
            name="RollupState",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("folded_through", models.DateTimeField()),
                ("window_day", models.DateField()),
                ("version", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "rollup_state",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="rollup_state_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LevelReading",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
                ("held", models.PositiveIntegerField()),
                ("held_amount", models.DecimalField(decimal_places=2, max_digits=16)),
                ("low", models.PositiveIntegerField()),
                ("out", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "level_readings",
            },
        ),
        migrations.CreateModel(
            name="RefreshRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "view",
                    models.CharField(
                        choices=[
                            ("dashboard_overview_mv", "Dashboard overview"),
                            ("hourly_sales_mv", "Hourly sales"),
                            ("top_products_mv", "Top products"),
                            ("category_daily_sales_mv", "Category sales"),
                            ("inventory_health_mv", "Inventory health"),
                            ("customer_segments_mv", "Customer segments"),
                        ],
                        max_length=40,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("skipped", "Skipped: one was running"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("as_of", models.DateTimeField(blank=True, null=True)),
                ("rollup_version", models.BigIntegerField(default=0)),
                ("concurrently", models.BooleanField(default=True)),
                ("triggered_by", models.CharField(default="schedule", max_length=160)),
                ("error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "db_table": "refresh_runs",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "done")),
                        fields=["view", "-finished_at"],
                        name="idx_refresh_runs_done",
                    ),
                    models.Index(fields=["-started_at"], name="idx_refresh_runs_started"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerPurchasePattern",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pattern",
                        to="transactions.customer",
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("recency_days", models.PositiveIntegerField()),
                ("orders", models.PositiveIntegerField()),
                ("net_sales", models.DecimalField(decimal_places=2, max_digits=16)),
                ("average_amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("frequency", models.FloatField()),
                ("log_value_sd", models.FloatField()),
                ("log_value_median", models.FloatField()),
                ("log_value_mad", models.FloatField()),
                (
                    "hour_counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=24
                    ),
                ),
                (
                    "weekday_counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=7
                    ),
                ),
                ("top_categories", models.JSONField(default=list)),
                ("r_score", models.PositiveSmallIntegerField()),
                ("f_score", models.PositiveSmallIntegerField()),
                ("m_score", models.PositiveSmallIntegerField()),
                (
                    "segment",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("champions", "Champions"),
                            ("loyal", "Loyal"),
                            ("potential", "Potential"),
                            ("promising", "Promising"),
                            ("attention", "Needs attention"),
                            ("about_to_sleep", "About to sleep"),
                            ("cannot_lose", "Cannot lose"),
                            ("at_risk", "At risk"),
                            ("lost", "Lost"),
                            ("hibernating", "Hibernating"),
                        ],
                        max_length=16,
                    ),
                ),
                ("loyalty", models.FloatField()),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("bronze", "Bronze"),
                            ("silver", "Silver"),
                            ("gold", "Gold"),
                            ("platinum", "Platinum"),
                        ],
                        max_length=10,
                    ),
                ),
                ("first_order_at", models.DateTimeField()),
                ("last_order_at", models.DateTimeField()),
                ("cohort_month", models.DateField()),
                ("repeat_days", models.PositiveIntegerField(default=0)),
                ("repeat_span_days", models.PositiveIntegerField(default=0)),
                ("observed_days", models.PositiveIntegerField(default=0)),
                ("repeat_value", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                (
                    "p_alive",
                    models.FloatField(null=True, verbose_name="chance of ordering again at all"),
                ),
                (
                    "expected_orders_90d",
                    models.FloatField(null=True, verbose_name="expected order days, 90 days"),
                ),
                (
                    "expected_order_value",
                    models.DecimalField(decimal_places=2, max_digits=14, null=True),
                ),
                (
                    "expected_value_90d",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        verbose_name="expected net sales, 90 days",
                    ),
                ),
            ],
            options={
                "db_table": "customer_purchase_patterns",
                "indexes": [
                    models.Index(
                        fields=["segment", "-net_sales", "id"], name="idx_patterns_segment"
                    ),
                    models.Index(
                        condition=models.Q(("expected_value_90d__isnull", False)),
                        fields=["-expected_value_90d", "id"],
                        name="idx_patterns_expected",
                    ),
                    models.Index(fields=["-net_sales", "id"], name="idx_patterns_net"),
                    models.Index(fields=["cohort_month", "id"], name="idx_patterns_cohort"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("loyalty__gte", 0), ("loyalty__lte", 100)),
                        name="patterns_loyalty_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("r_score__range", (1, 5)),
                            ("f_score__range", (1, 5)),
                            ("m_score__range", (1, 5)),
                        ),
                        name="patterns_scores_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RepeatModelFit",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("customers", models.PositiveIntegerField()),
                ("repeat_customers", models.PositiveIntegerField()),
                ("r", models.FloatField(null=True)),
                ("alpha", models.FloatField(null=True)),
                ("a", models.FloatField(null=True)),
                ("b", models.FloatField(null=True)),
                ("p", models.FloatField(null=True)),
                ("q", models.FloatField(null=True)),
                ("v", models.FloatField(null=True)),
                ("correlation", models.FloatField(null=True)),
            ],
            options={
                "db_table": "repeat_model_fits",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="repeat_model_fits_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CohortMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "cohort_month",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("cohort_month", models.DateField()),
                ("month", models.DateField()),
                ("customers", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "cohort_months",
            },
        ),
    ]
