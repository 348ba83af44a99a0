"""Let an alert lead to rows narrowed by long names: one that does not fit would stop its job."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0006_send_and_silence")]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="path",
            field=models.CharField(blank=True, max_length=2000),
        ),
    ]
