import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JobHeartbeat",
            fields=[
                ("queue", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("sent_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "job_heartbeats",
            },
        ),
        migrations.AddField(
            model_name="alert",
            name="changed_at",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateTimeField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="notified_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state", "snoozed")),
                fields=["snoozed_until"],
                name="idx_alerts_snoozed_until",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("clearing_since__isnull", False)),
                fields=["clearing_since"],
                name="idx_alerts_clearing",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state", "flapping")), fields=["id"], name="idx_alerts_flapping"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "acknowledged", "snoozed", "flapping"))),
                fields=["assigned_to", "-severity_rank", "-last_seen_at", "-id"],
                name="idx_alerts_assigned",
            ),
        ),
    ]
