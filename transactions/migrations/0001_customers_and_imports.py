import django.contrib.postgres.indexes
import django.utils.timezone
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Customers, and the runs that import sales, products and stock."""

    replaces = [("transactions", "0001_initial")]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True)),
                ("name", models.CharField(blank=True, max_length=160)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("active", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "customers",
                "indexes": [
                    models.Index(fields=["name", "id"], name="idx_customers_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("name", name="gin_trgm_ops"),
                        name="idx_customers_name_trgm",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
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
                            ("sales", "Sales"),
                            ("products", "Products"),
                            ("stock", "Counted stock"),
                            ("demo", "Demo shop"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(max_length=200)),
                ("fingerprint", models.CharField(blank=True, max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("lines_total", models.PositiveIntegerField(default=0)),
                ("lines_done", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("state", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "db_table": "import_runs",
                "indexes": [
                    models.Index(fields=["kind", "-started_at"], name="idx_import_runs_kind")
                ],
            },
        ),
    ]
