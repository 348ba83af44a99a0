from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Sales with their events and adjustments."""

    replaces = [
        ("transactions", "0005_drop_doubled_index"),
        ("transactions", "0007_index_sales_by_device"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("inventory", "0001_products_and_stock"),
        ("transactions", "0001_customers_and_imports"),
    ]

    operations = [
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
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="inventory.product",
                    ),
                ),
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
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "transactions",
                "indexes": [
                    models.Index(fields=["-timestamp", "-id"], name="idx_tx_timestamp"),
                    models.Index(
                        condition=models.Q(("completed_at__isnull", False)),
                        fields=["-completed_at", "-id"],
                        name="idx_tx_completed",
                    ),
                    models.Index(
                        condition=models.Q(("completed_at__isnull", False)),
                        fields=["store", "-completed_at", "-id"],
                        name="idx_tx_store_completed",
                    ),
                    models.Index(fields=["order_ref", "id"], name="idx_tx_order_ref"),
                    models.Index(
                        condition=models.Q(("status", "in_review")),
                        fields=["-fraud_score", "id"],
                        name="idx_tx_review_open",
                    ),
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["expires_at"],
                        name="idx_tx_pending_expiry",
                    ),
                    models.Index(fields=["-total_amount", "-id"], name="idx_tx_amount"),
                    models.Index(
                        condition=models.Q(
                            ("customer__isnull", False),
                            models.Q(("ship_country", ""), _negated=True),
                        ),
                        fields=["customer", "ship_country", "-timestamp", "-id"],
                        name="idx_tx_customer_country",
                    ),
                    models.Index(
                        condition=models.Q(("device", ""), _negated=True),
                        fields=["device", "-timestamp", "-id"],
                        name="idx_tx_device",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="transactions_quantity"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("unit_price__gte", 0), ("unit_cost__gte", 0), ("discount__gte", 0)
                        ),
                        name="transactions_money_not_negative",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("fraud_score__gte", 0), ("fraud_score__lte", 1)),
                        name="transactions_score_share",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refunded_amount__gte", 0),
                            ("refunded_amount__lte", models.F("total_amount")),
                            ("units_returned__lte", models.F("quantity")),
                        ),
                        name="transactions_refunds_within_sale",
                    ),
                ],
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
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="transactions.transaction",
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
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "db_table": "transaction_events",
                "indexes": [
                    models.Index(fields=["transaction", "id"], name="idx_tx_events_transaction")
                ],
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
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="transactions.transaction",
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
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "db_table": "adjustments",
                "indexes": [
                    models.Index(fields=["transaction", "id"], name="idx_adjustments_transaction"),
                    models.Index(fields=["-booked_at", "-id"], name="idx_adjustments_booked"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["refund", "chargeback", "chargeback_reversed"])
                        ),
                        name="adjustments_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="adjustments_amount"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("units_restocked__lte", models.F("units_returned"))),
                        name="adjustments_restocked_within_returned",
                    ),
                ],
            },
        ),
    ]
