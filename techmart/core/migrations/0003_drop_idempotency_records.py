from django.db import migrations


class Migration(migrations.Migration):
    # A sale's reference, with the hash of its body, is its idempotency record.

    dependencies = [("core", "0002_keep_check_results_and_grants")]

    operations = [migrations.DeleteModel(name="IdempotencyRecord")]
