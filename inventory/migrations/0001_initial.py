from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sku", models.CharField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("category", models.CharField(max_length=100)),
                ("price", models.DecimalField(decimal_places=2, max_digits=14)),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
                ("stock_quantity", models.IntegerField(default=0)),
                ("on_order_quantity", models.IntegerField(default=0)),
                ("reorder_threshold", models.IntegerField(default=0)),
                ("order_up_to", models.IntegerField(default=0)),
                ("pack_size", models.PositiveIntegerField(default=1)),
                ("minimum_order_quantity", models.PositiveIntegerField(default=1)),
                ("stock_cap", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "lead_time_days",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True),
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
                        default="new",
                        max_length=12,
                    ),
                ),
                (
                    "abc_class",
                    models.CharField(
                        choices=[("A", "A"), ("B", "B"), ("C", "C")], default="C", max_length=1
                    ),
                ),
                (
                    "xyz_class",
                    models.CharField(
                        choices=[("X", "X"), ("Y", "Y"), ("Z", "Z")], default="Z", max_length=1
                    ),
                ),
                ("watch_below_20", models.BooleanField(default=False)),
                ("active", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "products",
            },
        ),
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
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
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
            name="PurchaseOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("sent", "Sent"),
                            ("confirmed", "Confirmed"),
                            ("partially_received", "Partly received"),
                            ("received", "Received"),
                            ("closed", "Closed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                ("ordered_at", models.DateTimeField(blank=True, null=True)),
                ("promised_date", models.DateField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "created_by",
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
                "db_table": "purchase_orders",
            },
        ),
        migrations.CreateModel(
            name="PurchaseOrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                ("received_quantity", models.PositiveIntegerField(default=0)),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="inventory.purchaseorder",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_lines",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "db_table": "purchase_order_lines",
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
                ("received_at", models.DateTimeField()),
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
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="inventory.purchaseorderline",
                    ),
                ),
            ],
            options={
                "db_table": "receipts",
            },
        ),
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
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
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
            ],
            options={
                "db_table": "reorder_suggestions",
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
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
                            ("opening", "Opening stock"),
                            ("receipt", "Receipt"),
                            ("return", "Customer return"),
                            ("sale_cancelled", "Sale cancelled"),
                            ("count_gain", "Count: more than booked"),
                            ("sale", "Sale"),
                            ("write_off", "Write-off"),
                            ("count_loss", "Count: less than booked"),
                            ("supplier_return", "Return to supplier"),
                            ("reversal", "Reversal"),
                        ],
                        max_length=16,
                    ),
                ),
                ("quantity", models.IntegerField()),
                (
                    "unit_cost",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True),
                ),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("source_type", models.CharField(max_length=20)),
                ("source_id", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("balance_after", models.IntegerField()),
                ("inferred", models.BooleanField(default=False)),
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
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.product",
                    ),
                ),
                (
                    "reversal_of",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="inventory.stockmovement",
                    ),
                ),
            ],
            options={
                "db_table": "stock_movements",
            },
        ),
        migrations.CreateModel(
            name="Supplier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=160)),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "reliability",
                    models.DecimalField(decimal_places=4, default=Decimal("0.8"), max_digits=5),
                ),
                (
                    "lead_time_days",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("7"),
                        max_digits=6,
                        verbose_name="promised lead time",
                    ),
                ),
                (
                    "lead_time_sd_days",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=6),
                ),
                ("tolerance_days", models.PositiveSmallIntegerField(default=0)),
                (
                    "order_weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "minimum_order_value",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=14),
                ),
                ("active", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "suppliers",
                "indexes": [
                    models.Index(fields=["name", "id"], name="idx_suppliers_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("name", name="gin_trgm_ops"),
                        name="idx_suppliers_name_trgm",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reliability__gte", 0), ("reliability__lte", 1)),
                        name="suppliers_reliability_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lead_time_days__gte", 0), ("lead_time_sd_days__gte", 0)
                        ),
                        name="suppliers_lead_time_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minimum_order_value__gte", 0)),
                        name="suppliers_mov_not_negative",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="supplier",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="inventory.supplier",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="supplier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products",
                to="inventory.supplier",
            ),
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
                ("model", models.CharField(max_length=40)),
                ("predicted", models.DecimalField(decimal_places=3, max_digits=14)),
                ("daily_mean", models.FloatField()),
                ("daily_sd", models.FloatField()),
                ("protection_days", models.FloatField()),
                ("quantiles", models.JSONField(default=dict)),
                ("confidence", models.FloatField()),
                ("skill", models.FloatField()),
                ("coverage", models.FloatField()),
                ("history_days", models.PositiveIntegerField()),
                ("censored_days", models.PositiveIntegerField(default=0)),
                ("computed_at", models.DateTimeField()),
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
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prediction",
                        to="inventory.product",
                    ),
                ),
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
            name="ProductDaily",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "product_id",
                        "day",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("demand_units", models.IntegerField(default=0)),
                ("units", models.IntegerField(default=0)),
                ("units_returned", models.IntegerField(default=0)),
                ("orders", models.IntegerField(default=0)),
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
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "db_table": "product_daily",
                "indexes": [models.Index(fields=["day", "product"], name="idx_product_daily_day")],
            },
        ),
        migrations.CreateModel(
            name="ProductTotals",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "product_id",
                        "window",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "window",
                    models.SmallIntegerField(
                        choices=[
                            (0, "All"),
                            (7, "7 days"),
                            (30, "30 days"),
                            (90, "90 days"),
                            (365, "365 days"),
                        ]
                    ),
                ),
                ("demand_units", models.BigIntegerField(default=0)),
                ("units", models.BigIntegerField(default=0)),
                ("units_returned", models.BigIntegerField(default=0)),
                ("orders", models.BigIntegerField(default=0)),
                (
                    "gross",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=18),
                ),
                (
                    "refunds",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=18),
                ),
                (
                    "cost",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=20),
                ),
                ("first_sold_on", models.DateField(null=True)),
                ("last_sold_on", models.DateField(null=True)),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "db_table": "product_totals",
                "indexes": [
                    models.Index(
                        fields=["window", "-gross", "product"], name="idx_product_totals_rank"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="purchaseorderline",
            index=models.Index(
                condition=models.Q(("received_quantity__lt", models.F("quantity"))),
                fields=["product"],
                name="idx_order_lines_inbound",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.UniqueConstraint(
                fields=("order", "product"), name="order_lines_product_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="order_lines_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["-received_at", "-id"], name="idx_receipts_received"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="receipts_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="reordersuggestion",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ("proposed", "accepted", "waiting_mov", "blocked"))
                ),
                fields=["-expected_lost_margin", "id"],
                name="idx_suggestions_open",
            ),
        ),
        migrations.AddIndex(
            model_name="reordersuggestion",
            index=models.Index(fields=["product", "-created_at"], name="idx_suggestions_product"),
        ),
        migrations.AddConstraint(
            model_name="reordersuggestion",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ("proposed", "accepted", "waiting_mov", "blocked"))
                ),
                fields=("product",),
                name="suggestions_one_open_per_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="reordersuggestion",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="reordersuggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(("p_stockout__gte", 0), ("p_stockout__lte", 1)),
                name="suggestions_p_stockout_share",
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(
                fields=["product", "-occurred_at", "-id"], name="idx_movements_product"
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(fields=["-recorded_at", "-id"], name="idx_movements_recorded"),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(fields=["kind", "-occurred_at", "-id"], name="idx_movements_kind"),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.UniqueConstraint(
                fields=("source_type", "source_id", "kind", "product"), name="movements_source_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ("receipt", "return", "sale_cancelled", "count_gain")),
                        ("quantity__gt", 0),
                    ),
                    models.Q(
                        ("kind__in", ("sale", "write_off", "count_loss", "supplier_return")),
                        ("quantity__lt", 0),
                    ),
                    models.Q(
                        ("kind__in", ("opening", "reversal")),
                        models.Q(("quantity", 0), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="movements_sign",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reversal"), ("reversal_of__isnull", False)),
                    models.Q(
                        models.Q(("kind", "reversal"), _negated=True), ("reversal_of__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="movements_reversal_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance_after__gte", 0)), name="movements_balance_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(
                condition=models.Q(("state__in", ("sent", "confirmed", "partially_received"))),
                fields=["promised_date", "id"],
                name="idx_orders_inbound",
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(
                fields=["supplier", "-created_at", "-id"], name="idx_orders_supplier"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "sent",
                            "confirmed",
                            "partially_received",
                            "received",
                            "closed",
                            "cancelled",
                        ],
                    )
                ),
                name="purchase_orders_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("draft", "cancelled")),
                    ("ordered_at__isnull", False),
                    _connector="OR",
                ),
                name="purchase_orders_sent_has_time",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["name", "id"], name="idx_products_name"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("name", name="gin_trgm_ops"),
                name="idx_products_name_trgm",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("sku", name="gin_trgm_ops"),
                name="idx_products_sku_trgm",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("active", True), ("stock_quantity__lte", 0)),
                fields=["id"],
                name="idx_products_out",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("on_order_quantity__gt", 0)),
                fields=["id"],
                name="idx_products_inbound",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["abc_class", "name", "id"], name="idx_products_abc"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("stock_quantity__gte", 0)), name="products_stock_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("on_order_quantity__gte", 0)),
                name="products_on_order_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0), ("unit_cost__gte", 0)),
                name="products_money_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("pack_size__gte", 1), ("minimum_order_quantity__gte", 1)),
                name="products_lots_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reorder_threshold__gte", 0),
                    ("order_up_to__gte", models.F("reorder_threshold")),
                ),
                name="products_levels_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("sku"), name="products_sku_upper_unique"
            ),
        ),
    ]
