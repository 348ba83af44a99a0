import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_make_ledger_append_only")]

    operations = [
        migrations.AddField(
            model_name="forecastrun",
            name="category",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="forecastrun",
            name="product_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AlterField(
            model_name="forecastrun",
            name="kind",
            field=models.CharField(
                choices=[
                    ("predictions", "Predictions"),
                    ("suggestions", "Reorder suggestions"),
                    ("classes", "ABC and XYZ classes"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="forecastrun",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("skipped", "Skipped"),
                ],
                default="running",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="inventoryprediction",
            name="wape",
            field=models.FloatField(blank=True, null=True),
        ),
    ]
