import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_add_stock_counts")]

    operations = [
        # idx_products_supplier_id takes over from the foreign key's own index.
        migrations.AlterField(
            model_name="product",
            name="supplier",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products",
                to="inventory.supplier",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=Q(
                    ("active", True),
                    ("reorder_threshold__gte", F("stock_quantity") + F("on_order_quantity")),
                ),
                fields=["stock_quantity", "id"],
                name="idx_products_stock_low",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                fields=["-reorder_threshold", "id"], name="idx_products_reorder_threshold"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["category", "name", "id"], name="idx_products_category"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["supplier", "name", "id"], name="idx_products_supplier_id"),
        ),
    ]
