import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

CREATE_TRIGGER = """
CREATE TRIGGER supplier_returns_append_only BEFORE UPDATE OR DELETE ON supplier_returns
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_change();
"""
DROP_TRIGGER = "DROP TRIGGER supplier_returns_append_only ON supplier_returns"


class Migration(migrations.Migration):
    """Keep what people decide of suggestions, what goes back to suppliers, and count sheets."""

    dependencies = [
        ("inventory", "0006_add_replay_runs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "db_table": "count_lines",
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
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "count_sheets",
                "permissions": [("approve_countsheet", "Can approve large differences of a count")],
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
                ("quantity", models.PositiveIntegerField()),
                ("unit_cost", models.DecimalField(decimal_places=4, max_digits=14)),
                ("reason", models.CharField(max_length=300)),
                ("returned_at", models.DateTimeField()),
            ],
            options={
                "db_table": "supplier_returns",
            },
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="mailed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reordersuggestion",
            name="edited_quantity",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reordersuggestion",
            name="order_line",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="suggestions",
                to="inventory.purchaseorderline",
            ),
        ),
        migrations.AddField(
            model_name="reordersuggestion",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="reordersuggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("edited_quantity__isnull", True), ("edited_quantity__gte", 1), _connector="OR"
                ),
                name="suggestions_edited_positive",
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="count",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sheet_line",
                to="inventory.stockcount",
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="counted_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="product",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="count_lines",
                to="inventory.product",
            ),
        ),
        migrations.AddField(
            model_name="countsheet",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="sheet",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="inventory.countsheet",
            ),
        ),
        migrations.AddField(
            model_name="supplierreturn",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="supplierreturn",
            name="line",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="inventory.purchaseorderline",
            ),
        ),
        migrations.AddField(
            model_name="supplierreturn",
            name="product",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="supplier_returns",
                to="inventory.product",
            ),
        ),
        migrations.AddField(
            model_name="supplierreturn",
            name="supplier",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="inventory.supplier",
            ),
        ),
        migrations.AddConstraint(
            model_name="countsheet",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "done"])), name="count_sheets_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="countsheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("state", "open")),
                    models.Q(("closed_at__isnull", False), ("state", "done")),
                    _connector="OR",
                ),
                name="count_sheets_done_has_time",
            ),
        ),
        migrations.AddIndex(
            model_name="countline",
            index=models.Index(
                condition=models.Q(("state", "posted"), _negated=True),
                fields=["product"],
                name="idx_count_lines_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.UniqueConstraint(
                fields=("sheet", "product"), name="count_lines_product_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["to_count", "waiting", "posted", "refused"])),
                name="count_lines_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("to_count", "refused")),
                    models.Q(("booked_units__isnull", False), ("counted_units__isnull", False)),
                    _connector="OR",
                ),
                name="count_lines_counted_has_units",
            ),
        ),
        migrations.AddIndex(
            model_name="supplierreturn",
            index=models.Index(
                fields=["supplier", "-returned_at"], name="idx_supplier_returns_supplier"
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="supplier_returns_positive"
            ),
        ),
        migrations.RunSQL(CREATE_TRIGGER, DROP_TRIGGER),
    ]
