from django.db import migrations


class Migration(migrations.Migration):
    """Events past retention are found by topic and number, so the index by time has no reader."""

    dependencies = [("alerts", "0002_follow_life_cycle_and_queues")]

    operations = [migrations.RemoveIndex(model_name="alertevent", name="idx_events_at")]
