from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep hourly levels, the rollups' version of a refresh, and notes on moved products."""

    dependencies = [("analytics", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="LevelReading",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
                ("held", models.PositiveIntegerField()),
                ("held_amount", models.DecimalField(decimal_places=2, max_digits=16)),
                ("low", models.PositiveIntegerField()),
                ("out", models.PositiveIntegerField()),
            ],
            options={"db_table": "level_readings"},
        ),
        migrations.AddField(
            model_name="refreshrun",
            name="rollup_version",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="rollupnote",
            name="kind",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Hour and channel"),
                    (2, "Product and day"),
                    (3, "Product left a category"),
                    (4, "Customer"),
                ]
            ),
        ),
    ]
