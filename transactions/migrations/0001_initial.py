from decimal import Decimal

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("inventory", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

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
        migrations.CreateModel(
            name="Transaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=120, unique=True)),
                ("order_ref", models.CharField(max_length=80)),
                ("quantity", models.PositiveIntegerField()),
                ("unit_price", models.DecimalField(decimal_places=4, max_digits=14)),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
                (
                    "discount",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=14),
                ),
                ("total_amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending payment"),
                            ("in_review", "In review"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("partially_refunded", "Partly refunded"),
                            ("refunded", "Refunded"),
                            ("disputed", "Disputed"),
                            ("chargeback", "Chargeback"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("store", "Store"),
                            ("web", "Web"),
                            ("phone", "Phone"),
                            ("marketplace", "Marketplace"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "payment_method",
                    models.CharField(
                        choices=[
                            ("card", "Card"),
                            ("cash", "Cash"),
                            ("transfer", "Bank transfer"),
                            ("wallet", "Wallet"),
                            ("invoice", "Invoice"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("device", models.CharField(blank=True, max_length=80)),
                ("ip_country", models.CharField(blank=True, max_length=2)),
                ("ship_country", models.CharField(blank=True, max_length=2)),
                ("store", models.CharField(blank=True, max_length=40)),
                ("timestamp", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "refunded_amount",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=14),
                ),
                ("units_returned", models.PositiveIntegerField(default=0)),
                ("request_hash", models.CharField(max_length=64)),
                ("fraud_score", models.FloatField()),
                ("is_suspicious", models.BooleanField()),
                (
                    "decision",
                    models.CharField(
                        choices=[("allow", "Allow"), ("review", "Review"), ("block", "Block")],
                        max_length=6,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("score_version", models.CharField(max_length=40)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="transactions.customer",
                    ),
                ),
                (
                    "imported_from",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="transactions.importrun",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="inventory.product",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "transactions",
            },
        ),
        migrations.CreateModel(
            name="Adjustment",
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
                            ("refund", "Refund"),
                            ("chargeback", "Chargeback"),
                            ("chargeback_reversed", "Chargeback reversed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("units_returned", models.PositiveIntegerField(default=0)),
                ("units_restocked", models.PositiveIntegerField(default=0)),
                ("booked_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reference", models.CharField(max_length=120, unique=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
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
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="transactions.transaction",
                    ),
                ),
            ],
            options={
                "db_table": "adjustments",
            },
        ),
        migrations.CreateModel(
            name="TransactionEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "from_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pending", "Pending payment"),
                            ("in_review", "In review"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("partially_refunded", "Partly refunded"),
                            ("refunded", "Refunded"),
                            ("disputed", "Disputed"),
                            ("chargeback", "Chargeback"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending payment"),
                            ("in_review", "In review"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("partially_refunded", "Partly refunded"),
                            ("refunded", "Refunded"),
                            ("disputed", "Disputed"),
                            ("chargeback", "Chargeback"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("request_id", models.CharField(blank=True, max_length=64)),
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
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="transactions.transaction",
                    ),
                ),
            ],
            options={
                "db_table": "transaction_events",
            },
        ),
        migrations.CreateModel(
            name="FraudLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_ref", models.CharField(max_length=80)),
                ("is_fraud", models.BooleanField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("chargeback", "Chargeback"),
                            ("analyst", "Analyst"),
                            ("customer", "Customer"),
                            ("planted", "Planted (simulated)"),
                        ],
                        max_length=12,
                    ),
                ),
                ("known_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
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
            ],
            options={
                "db_table": "fraud_labels",
                "indexes": [models.Index(fields=["known_at", "id"], name="idx_labels_known")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order_ref", "source", "known_at"), name="labels_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["-timestamp", "-id"], name="idx_tx_timestamp"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("completed_at__isnull", False)),
                fields=["-completed_at", "-id"],
                name="idx_tx_completed",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("completed_at__isnull", False)),
                fields=["store", "-completed_at", "-id"],
                name="idx_tx_store_completed",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["order_ref", "id"], name="idx_tx_order_ref"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("status", "in_review")),
                fields=["-fraud_score", "id"],
                name="idx_tx_review_open",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["expires_at"],
                name="idx_tx_pending_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("completed_at__isnull", False), ("customer__isnull", False)),
                fields=["customer", "completed_at"],
                name="idx_tx_customer_completed",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["-total_amount", "-id"], name="idx_tx_amount"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "in_review",
                            "completed",
                            "failed",
                            "cancelled",
                            "partially_refunded",
                            "refunded",
                            "disputed",
                            "chargeback",
                        ],
                    )
                ),
                name="transactions_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="transactions_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("unit_price__gte", 0), ("unit_cost__gte", 0), ("discount__gte", 0)
                ),
                name="transactions_money_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_amount",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.math.Round(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("quantity"), "*", models.F("unit_price")
                                ),
                                2,
                            ),
                            "-",
                            models.F("discount"),
                        ),
                    ),
                    ("total_amount__gte", 0),
                ),
                name="transactions_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("fraud_score__gte", 0), ("fraud_score__lte", 1)),
                name="transactions_score_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "status__in",
                            (
                                "completed",
                                "partially_refunded",
                                "refunded",
                                "disputed",
                                "chargeback",
                            ),
                        ),
                        ("completed_at__isnull", False),
                    ),
                    models.Q(
                        models.Q(
                            (
                                "status__in",
                                (
                                    "completed",
                                    "partially_refunded",
                                    "refunded",
                                    "disputed",
                                    "chargeback",
                                ),
                            ),
                            _negated=True,
                        ),
                        ("completed_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="transactions_completed_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_amount__gte", 0),
                    ("refunded_amount__lte", models.F("total_amount")),
                    ("units_returned__lte", models.F("quantity")),
                ),
                name="transactions_refunds_within_sale",
            ),
        ),
        migrations.AddIndex(
            model_name="adjustment",
            index=models.Index(fields=["transaction", "id"], name="idx_adjustments_transaction"),
        ),
        migrations.AddIndex(
            model_name="adjustment",
            index=models.Index(fields=["-booked_at", "-id"], name="idx_adjustments_booked"),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["refund", "chargeback", "chargeback_reversed"])),
                name="adjustments_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="adjustments_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("units_restocked__lte", models.F("units_returned"))),
                name="adjustments_restocked_within_returned",
            ),
        ),
        migrations.AddIndex(
            model_name="transactionevent",
            index=models.Index(fields=["transaction", "id"], name="idx_tx_events_transaction"),
        ),
    ]
