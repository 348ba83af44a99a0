from django.db import migrations

# These names, given by the specification, are longer than Django allows in Meta.indexes.

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

CREATE_REFUSALS = """
CREATE FUNCTION transactions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: write what follows as a row of its own', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION transactions_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a sale is never removed: cancel or refund it'
        USING ERRCODE = 'restrict_violation';
END
$$;
"""
DROP_REFUSALS = """
DROP FUNCTION transactions_refuse_delete();
DROP FUNCTION transactions_refuse_change();
"""

CREATE_TRIGGERS = """
CREATE TRIGGER transactions_not_deleted BEFORE DELETE ON transactions
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_delete();
CREATE TRIGGER transaction_events_append_only BEFORE UPDATE OR DELETE ON transaction_events
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER adjustments_append_only BEFORE UPDATE OR DELETE ON adjustments
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER fraud_labels_append_only BEFORE UPDATE OR DELETE ON fraud_labels
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER fraud_rule_versions_append_only BEFORE UPDATE OR DELETE ON fraud_rule_versions
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER fraud_rule_approvals_append_only BEFORE UPDATE OR DELETE ON fraud_rule_approvals
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
CREATE TRIGGER rule_hits_append_only BEFORE UPDATE OR DELETE ON rule_hits
    FOR EACH ROW EXECUTE FUNCTION transactions_refuse_change();
"""
DROP_TRIGGERS = """
DROP TRIGGER rule_hits_append_only ON rule_hits;
DROP TRIGGER fraud_rule_approvals_append_only ON fraud_rule_approvals;
DROP TRIGGER fraud_rule_versions_append_only ON fraud_rule_versions;
DROP TRIGGER fraud_labels_append_only ON fraud_labels;
DROP TRIGGER adjustments_append_only ON adjustments;
DROP TRIGGER transaction_events_append_only ON transaction_events;
DROP TRIGGER transactions_not_deleted ON transactions;
"""


class Migration(migrations.Migration):
    """Indexes with long names; let nobody remove a sale or change what was said of it."""

    replaces = [
        ("transactions", "0003_index_sales_for_lists_and_scoring"),
        ("transactions", "0004_keep_what_was_recorded"),
    ]

    dependencies = [
        ("transactions", "0004_rules"),
    ]

    operations = [
        migrations.RunSQL(CREATE_CUSTOMER_TIMESTAMP, DROP_CUSTOMER_TIMESTAMP),
        migrations.RunSQL(CREATE_PRODUCT_TIMESTAMP, DROP_PRODUCT_TIMESTAMP),
        migrations.RunSQL(CREATE_SUSPICIOUS, DROP_SUSPICIOUS),
        migrations.RunSQL(CREATE_FRAUD_SCORE, DROP_FRAUD_SCORE),
        migrations.RunSQL(CREATE_STATUS_TIMESTAMP, DROP_STATUS_TIMESTAMP),
        migrations.RunSQL(CREATE_REFUSALS, DROP_REFUSALS),
        migrations.RunSQL(CREATE_TRIGGERS, DROP_TRIGGERS),
    ]
