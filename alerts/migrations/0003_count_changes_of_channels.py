from django.db import migrations, models


class Migration(migrations.Migration):
    """Lets a page that changes a channel say which state of it was read."""

    dependencies = [
        ("alerts", "0002_notifying"),
    ]

    operations = [
        migrations.AddField(
            model_name="notificationchannel",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
    ]
