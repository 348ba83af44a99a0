import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Rules on the shop's numbers."""

    replaces = [("analytics", "0005_add_metric_rules")]

    dependencies = [
        ("analytics", "0003_create_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MetricRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("net_sales", "Net sales"),
                            ("orders", "Orders"),
                            ("average_order", "Average order"),
                            ("refunds", "Refunds and chargebacks"),
                            ("suspicious_share", "Share of suspicious sales"),
                            ("held", "Held for review"),
                            ("low_stock", "Products below reorder point"),
                            ("out_of_stock", "Products out of stock"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "span",
                    models.CharField(
                        choices=[
                            ("1h", "the last hour"),
                            ("24h", "the last 24 hours"),
                            ("7d", "the last 7 days"),
                        ],
                        default="24h",
                        max_length=3,
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=100)),
                ("store", models.CharField(blank=True, max_length=40)),
                (
                    "comparison",
                    models.CharField(
                        choices=[
                            ("threshold", "A fixed limit"),
                            ("change", "The same time a week before"),
                            ("anomaly", "The same weekday and hour of eight weeks"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("above", "rises above"), ("below", "falls below")], max_length=5
                    ),
                ),
                ("limit", models.DecimalField(decimal_places=4, max_digits=14)),
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
                        default="medium",
                        max_length=8,
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("judged_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("value", models.FloatField(blank=True, editable=False, null=True)),
                ("reference", models.FloatField(blank=True, editable=False, null=True)),
                ("fires", models.BooleanField(default=False, editable=False)),
            ],
            options={
                "db_table": "metric_rules",
                "constraints": [
                    models.UniqueConstraint(models.F("name"), name="metric_rules_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("limit__gte", 0)), name="metric_rules_limit_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("measure__in", ["held", "low_stock", "out_of_stock"]),
                                _negated=True,
                            ),
                            models.Q(("category", ""), ("comparison", "threshold"), ("store", "")),
                            _connector="OR",
                        ),
                        name="metric_rules_levels_have_limits",
                    ),
                ],
            },
        ),
    ]
