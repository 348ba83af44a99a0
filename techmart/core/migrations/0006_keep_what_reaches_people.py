"""Keep from which severity on alerts reach a person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_keep_views_exports_and_reports"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="mail_from",
            field=models.CharField(
                choices=[
                    ("never", "Never"),
                    ("critical", "Critical only"),
                    ("high", "High and above"),
                    ("medium", "Medium and above"),
                    ("info", "Everything"),
                ],
                db_default="never",
                default="never",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="notices_from",
            field=models.CharField(
                choices=[
                    ("never", "Never"),
                    ("critical", "Critical only"),
                    ("high", "High and above"),
                    ("medium", "Medium and above"),
                    ("info", "Everything"),
                ],
                db_default="info",
                default="info",
                max_length=8,
            ),
        ),
    ]
