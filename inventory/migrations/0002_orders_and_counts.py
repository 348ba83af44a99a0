import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """Orders and their receipts, what goes back to suppliers, and counts with their sheets."""

    replaces = [
        ("inventory", "0002_add_stock_counts"),
        ("inventory", "0007_keep_decisions_returns_and_count_sheets"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("inventory", "0001_products_and_stock"),
    ]

    operations = [
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
                    "supplier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="inventory.supplier",
                    ),
                ),
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
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
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
                ("note", models.CharField(blank=True, max_length=500)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "db_table": "purchase_orders",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("state__in", ("sent", "confirmed", "partially_received"))
                        ),
                        fields=["promised_date", "id"],
                        name="idx_orders_inbound",
                    ),
                    models.Index(
                        fields=["supplier", "-created_at", "-id"], name="idx_orders_supplier"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("draft", "cancelled")),
                            ("ordered_at__isnull", False),
                            _connector="OR",
                        ),
                        name="purchase_orders_sent_has_time",
                    ),
                ],
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
                ("quantity", models.PositiveIntegerField()),
                ("received_quantity", models.PositiveIntegerField(default=0)),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
            ],
            options={
                "db_table": "purchase_order_lines",
                "indexes": [
                    models.Index(
                        condition=models.Q(("received_quantity__lt", models.F("quantity"))),
                        fields=["product"],
                        name="idx_order_lines_inbound",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "product"), name="order_lines_product_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="order_lines_positive"
                    ),
                ],
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
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="inventory.purchaseorderline",
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
            ],
            options={
                "db_table": "receipts",
                "indexes": [
                    models.Index(fields=["-received_at", "-id"], name="idx_receipts_received")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="receipts_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SupplierReturn",
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
                        related_name="supplier_returns",
                        to="inventory.product",
                    ),
                ),
                (
                    "supplier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="inventory.supplier",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="inventory.purchaseorderline",
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
                ("reason", models.CharField(max_length=300)),
                ("returned_at", models.DateTimeField()),
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
                "db_table": "supplier_returns",
                "indexes": [
                    models.Index(
                        fields=["supplier", "-returned_at"], name="idx_supplier_returns_supplier"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="supplier_returns_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StockCount",
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
                        related_name="counts",
                        to="inventory.product",
                    ),
                ),
                ("counted_units", models.PositiveIntegerField()),
                ("booked_units", models.PositiveIntegerField()),
                ("counted_at", models.DateTimeField()),
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
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "db_table": "stock_counts",
                "indexes": [
                    models.Index(
                        fields=["product", "-counted_at", "-id"], name="idx_counts_product"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CountSheet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "abc_class",
                    models.CharField(
                        blank=True,
                        choices=[("A", "A"), ("B", "B"), ("C", "C")],
                        max_length=1,
                        verbose_name="class",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "To count"), ("done", "Done")],
                        default="open",
                        max_length=4,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "count_sheets",
                "permissions": [("approve_countsheet", "Can approve large differences of a count")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "done"])),
                        name="count_sheets_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("state", "open")),
                            models.Q(("closed_at__isnull", False), ("state", "done")),
                            _connector="OR",
                        ),
                        name="count_sheets_done_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CountLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sheet",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="inventory.countsheet",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="count_lines",
                        to="inventory.product",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("to_count", "To count"),
                            ("waiting", "Waiting for approval"),
                            ("posted", "Posted"),
                            ("refused", "Count again"),
                        ],
                        default="to_count",
                        max_length=8,
                    ),
                ),
                ("counted_units", models.PositiveIntegerField(blank=True, null=True)),
                ("booked_units", models.PositiveIntegerField(blank=True, null=True)),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "counted_by",
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
                (
                    "count",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sheet_line",
                        to="inventory.stockcount",
                    ),
                ),
            ],
            options={
                "db_table": "count_lines",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "posted"), _negated=True),
                        fields=["product"],
                        name="idx_count_lines_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sheet", "product"), name="count_lines_product_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["to_count", "waiting", "posted", "refused"])
                        ),
                        name="count_lines_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("to_count", "refused")),
                            models.Q(
                                ("booked_units__isnull", False), ("counted_units__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="count_lines_counted_has_units",
                    ),
                ],
            },
        ),
    ]
