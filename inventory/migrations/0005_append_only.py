from django.db import migrations

CREATE_REFUSAL = """
CREATE FUNCTION inventory_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: write the opposite instead', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$
"""
DROP_REFUSAL = "DROP FUNCTION inventory_refuse_change()"

CREATE_TRIGGERS = """
CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE ON stock_movements
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_change();
CREATE TRIGGER receipts_append_only BEFORE UPDATE OR DELETE ON receipts
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_change();
CREATE TRIGGER stock_counts_append_only BEFORE UPDATE OR DELETE ON stock_counts
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_change();
CREATE TRIGGER supplier_returns_append_only BEFORE UPDATE OR DELETE ON supplier_returns
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_change();
"""
DROP_TRIGGERS = """
DROP TRIGGER supplier_returns_append_only ON supplier_returns;
DROP TRIGGER stock_counts_append_only ON stock_counts;
DROP TRIGGER receipts_append_only ON receipts;
DROP TRIGGER stock_movements_append_only ON stock_movements;
"""


class Migration(migrations.Migration):
    """Let nobody change what the ledger, receipts, counts and returns once said."""

    replaces = [("inventory", "0004_make_ledger_append_only")]

    dependencies = [
        ("inventory", "0004_suggestions_and_replays"),
    ]

    operations = [
        migrations.RunSQL(CREATE_REFUSAL, DROP_REFUSAL),
        migrations.RunSQL(CREATE_TRIGGERS, DROP_TRIGGERS),
    ]
