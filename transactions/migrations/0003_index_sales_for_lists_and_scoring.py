from django.db import migrations

# Their names, given by the specification, are longer than Django allows in Meta.indexes.

# One customer's sales, newest first, by key; his last 50 lines and last 24 hours for scoring.
CREATE_CUSTOMER_TIMESTAMP = """
CREATE INDEX idx_transactions_customer_timestamp
    ON transactions (customer_id, timestamp DESC, id DESC) WHERE customer_id IS NOT NULL
"""
DROP_CUSTOMER_TIMESTAMP = "DROP INDEX idx_transactions_customer_timestamp"

# One product's sales, newest first, by key: product page and the list's product filter.
CREATE_PRODUCT_TIMESTAMP = """
CREATE INDEX idx_transactions_product_timestamp
    ON transactions (product_id, timestamp DESC, id DESC)
"""
DROP_PRODUCT_TIMESTAMP = "DROP INDEX idx_transactions_product_timestamp"

# Suspicious sales, newest first, by key: dashboard table, its tile and the list's filter.
CREATE_SUSPICIOUS = """
CREATE INDEX idx_transactions_suspicious
    ON transactions (timestamp DESC, id DESC) WHERE is_suspicious
"""
DROP_SUSPICIOUS = "DROP INDEX idx_transactions_suspicious"

# The list sorted by score, riskiest first, by key, and from a score up.
CREATE_FRAUD_SCORE = """
CREATE INDEX idx_transactions_fraud_score ON transactions (fraud_score DESC, id DESC)
"""
DROP_FRAUD_SCORE = "DROP INDEX idx_transactions_fraud_score"

# The list of one status, newest first, by key.
CREATE_STATUS_TIMESTAMP = """
CREATE INDEX idx_transactions_status_timestamp
    ON transactions (status, timestamp DESC, id DESC)
"""
DROP_STATUS_TIMESTAMP = "DROP INDEX idx_transactions_status_timestamp"


class Migration(migrations.Migration):
    dependencies = [("transactions", "0002_add_fraud_statistics")]

    operations = [
        migrations.RunSQL(CREATE_CUSTOMER_TIMESTAMP, DROP_CUSTOMER_TIMESTAMP),
        migrations.RunSQL(CREATE_PRODUCT_TIMESTAMP, DROP_PRODUCT_TIMESTAMP),
        migrations.RunSQL(CREATE_SUSPICIOUS, DROP_SUSPICIOUS),
        migrations.RunSQL(CREATE_FRAUD_SCORE, DROP_FRAUD_SCORE),
        migrations.RunSQL(CREATE_STATUS_TIMESTAMP, DROP_STATUS_TIMESTAMP),
    ]
