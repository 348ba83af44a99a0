import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Forecasts, how they came true, and what people put in their place."""

    replaces = [
        ("inventory", "0005_scope_runs_and_keep_wape"),
        ("inventory", "0008_keep_overrides_and_accuracy"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("inventory", "0002_orders_and_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForecastRun",
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
                            ("predictions", "Predictions"),
                            ("suggestions", "Reorder suggestions"),
                            ("classes", "ABC and XYZ classes"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("skipped", "Skipped"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("products_total", models.PositiveIntegerField(default=0)),
                ("products_done", models.PositiveIntegerField(default=0)),
                ("category", models.CharField(blank=True, max_length=100)),
                (
                    "product_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("triggered_by", models.CharField(default="schedule", max_length=160)),
                ("error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "db_table": "forecast_runs",
                "indexes": [
                    models.Index(fields=["kind", "-started_at"], name="idx_forecast_runs_kind")
                ],
            },
        ),
        migrations.CreateModel(
            name="InventoryPrediction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prediction",
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
                ("model", models.CharField(max_length=40)),
                ("predicted", models.DecimalField(decimal_places=3, max_digits=14)),
                ("daily_mean", models.FloatField()),
                ("daily_sd", models.FloatField()),
                ("protection_days", models.FloatField()),
                ("quantiles", models.JSONField(default=dict)),
                ("confidence", models.FloatField()),
                ("skill", models.FloatField()),
                ("coverage", models.FloatField()),
                ("wape", models.FloatField(blank=True, null=True)),
                ("bias", models.FloatField(blank=True, null=True)),
                ("origins", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("proposed", models.DecimalField(decimal_places=3, default=0, max_digits=14)),
                ("days", models.JSONField(default=dict)),
                ("history_days", models.PositiveIntegerField()),
                ("censored_days", models.PositiveIntegerField(default=0)),
                ("computed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "inventory_predictions",
                "indexes": [
                    models.Index(fields=["confidence", "id"], name="idx_predictions_confidence")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="predictions_confidence_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("predicted__gte", 0)), name="predictions_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ForecastAccuracy",
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
                        related_name="+",
                        to="inventory.product",
                    ),
                ),
                ("first_day", models.DateField()),
                ("model", models.CharField(max_length=40)),
                (
                    "abc_class",
                    models.CharField(choices=[("A", "A"), ("B", "B"), ("C", "C")], max_length=1),
                ),
                (
                    "demand_class",
                    models.CharField(
                        choices=[
                            ("smooth", "Smooth"),
                            ("erratic", "Erratic"),
                            ("intermittent", "Intermittent"),
                            ("lumpy", "Lumpy"),
                            ("new", "New"),
                            ("obsolete", "Obsolete"),
                        ],
                        max_length=12,
                    ),
                ),
                ("confidence", models.FloatField()),
                ("predicted", models.FloatField()),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                ("naive", models.PositiveIntegerField()),
                ("actual", models.PositiveIntegerField(blank=True, null=True)),
                ("censored", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "forecast_accuracy",
                "indexes": [
                    models.Index(fields=["first_day", "abc_class"], name="idx_accuracy_day")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "first_day"), name="accuracy_once_a_product_and_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ForecastOverride",
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
                        related_name="overrides",
                        to="inventory.product",
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("units", "Units over these days"),
                            ("factor", "Times the forecast"),
                        ],
                        max_length=6,
                    ),
                ),
                ("value", models.DecimalField(decimal_places=3, max_digits=12)),
                ("reason", models.CharField(max_length=300)),
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
                ("created_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("machine_units", models.FloatField(blank=True, null=True)),
                ("planned_units", models.FloatField(blank=True, null=True)),
                ("actual_units", models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                "db_table": "forecast_overrides",
                "indexes": [
                    models.Index(
                        fields=["product", "-first_day", "id"], name="idx_overrides_product"
                    ),
                    models.Index(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=["last_day", "id"],
                        name="idx_overrides_standing",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="overrides_days_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0)), name="overrides_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["units", "factor"])), name="overrides_kind"
                    ),
                ],
            },
        ),
    ]
