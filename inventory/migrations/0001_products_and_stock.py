from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Suppliers, products, the ledger of their stock, and what is summed of their sales."""

    replaces = [("inventory", "0001_initial"), ("inventory", "0003_index_products")]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                (
                    "supplier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="inventory.supplier",
                    ),
                ),
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
                ("correct_stockouts", models.BooleanField(blank=True, null=True)),
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
                "indexes": [
                    models.Index(fields=["name", "id"], name="idx_products_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("name", name="gin_trgm_ops"),
                        name="idx_products_name_trgm",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("sku", name="gin_trgm_ops"),
                        name="idx_products_sku_trgm",
                    ),
                    models.Index(
                        condition=models.Q(("active", True), ("stock_quantity__lte", 0)),
                        fields=["id"],
                        name="idx_products_out",
                    ),
                    models.Index(
                        condition=models.Q(("on_order_quantity__gt", 0)),
                        fields=["id"],
                        name="idx_products_inbound",
                    ),
                    models.Index(fields=["abc_class", "name", "id"], name="idx_products_abc"),
                    models.Index(
                        condition=models.Q(
                            ("active", True),
                            (
                                "reorder_threshold__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("stock_quantity"), "+", models.F("on_order_quantity")
                                ),
                            ),
                        ),
                        fields=["stock_quantity", "id"],
                        name="idx_products_stock_low",
                    ),
                    models.Index(
                        fields=["-reorder_threshold", "id"], name="idx_products_reorder_threshold"
                    ),
                    models.Index(fields=["category", "name", "id"], name="idx_products_category"),
                    models.Index(
                        fields=["supplier", "name", "id"], name="idx_products_supplier_id"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stock_quantity__gte", 0)),
                        name="products_stock_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("on_order_quantity__gte", 0)),
                        name="products_on_order_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0), ("unit_cost__gte", 0)),
                        name="products_money_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pack_size__gte", 1), ("minimum_order_quantity__gte", 1)
                        ),
                        name="products_lots_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reorder_threshold__gte", 0),
                            ("order_up_to__gte", models.F("reorder_threshold")),
                        ),
                        name="products_levels_ordered",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Upper("sku"),
                        name="products_sku_upper_unique",
                    ),
                ],
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
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.product",
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
                ("balance_after", models.IntegerField()),
                ("inferred", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "stock_movements",
                "indexes": [
                    models.Index(
                        fields=["product", "-occurred_at", "-id"], name="idx_movements_product"
                    ),
                    models.Index(fields=["-recorded_at", "-id"], name="idx_movements_recorded"),
                    models.Index(fields=["kind", "-occurred_at", "-id"], name="idx_movements_kind"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source_type", "source_id", "kind", "product"),
                        name="movements_source_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ("receipt", "return", "sale_cancelled", "count_gain")),
                                ("quantity__gt", 0),
                            ),
                            models.Q(
                                (
                                    "kind__in",
                                    ("sale", "write_off", "count_loss", "supplier_return"),
                                ),
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "reversal"), ("reversal_of__isnull", False)),
                            models.Q(
                                models.Q(("kind", "reversal"), _negated=True),
                                ("reversal_of__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="movements_reversal_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("balance_after__gte", 0)),
                        name="movements_balance_not_negative",
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
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
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
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
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
    ]
