"""Find alerts by part of their title."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("alerts", "0004_name_more_kinds")]

    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("title", name="gin_trgm_ops"),
                name="idx_alerts_title_trgm",
            ),
        ),
    ]
