"""The list of one class walks the index by name: a class is a fifth of the range or more.

Each movement of stock wrote to the index that goes.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_append_only")]

    operations = [
        migrations.RemoveIndex(model_name="product", name="idx_products_abc"),
    ]
