from django.db import migrations


class Migration(migrations.Migration):
    """The few decisions that wait are found by review_decisions_one_waiting."""

    dependencies = [("transactions", "0009_add_fraud_models")]

    operations = [migrations.RemoveIndex(model_name="reviewdecision", name="idx_review_due")]
