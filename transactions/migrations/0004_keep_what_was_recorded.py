from django.db import migrations

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
"""
DROP_TRIGGERS = """
DROP TRIGGER fraud_labels_append_only ON fraud_labels;
DROP TRIGGER adjustments_append_only ON adjustments;
DROP TRIGGER transaction_events_append_only ON transaction_events;
DROP TRIGGER transactions_not_deleted ON transactions;
"""


class Migration(migrations.Migration):
    """Let nobody remove a sale or change what its events, adjustments and labels once said."""

    dependencies = [("transactions", "0003_index_sales_for_lists_and_scoring")]

    operations = [
        migrations.RunSQL(CREATE_REFUSALS, DROP_REFUSALS),
        migrations.RunSQL(CREATE_TRIGGERS, DROP_TRIGGERS),
    ]
