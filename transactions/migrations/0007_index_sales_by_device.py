from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Sales go on being recorded while the index is built.
    atomic = False

    dependencies = [("transactions", "0006_add_review_decisions")]

    operations = [
        AddIndexConcurrently(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("device", ""), _negated=True),
                fields=["device", "-timestamp", "-id"],
                name="idx_tx_device",
            ),
        ),
    ]
