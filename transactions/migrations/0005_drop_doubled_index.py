from django.db import migrations


class Migration(migrations.Migration):
    """idx_transactions_customer_timestamp finds a customer's lines at the same cost."""

    dependencies = [("transactions", "0004_keep_what_was_recorded")]

    operations = [
        migrations.RemoveIndex(model_name="transaction", name="idx_tx_customer_completed")
    ]
