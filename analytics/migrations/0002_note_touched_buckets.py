from django.conf import settings
from django.db import migrations

CREATE_ZONE = "SELECT set_config('techmart.zone', %s, true)"
# The name goes in as a value: a function's text takes no parameters.
CREATE_ZONE_FUNCTION = """
DO $do$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION shop_time_zone() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS %L',
        format('SELECT %L::text', current_setting('techmart.zone'))
    );
END
$do$
"""
DROP_ZONE_FUNCTION = "DROP FUNCTION shop_time_zone()"

# The buckets of one fact: a completed line, an adjustment, or a line that counts as demand.
# moment: when money came or went (NULL: not yet). demand_at: when goods were asked for (NULL: no
# demand). Written as one SELECT so that PostgreSQL folds it into the caller's query.
CREATE_BUCKETS = """
CREATE FUNCTION analytics_buckets(
    moment timestamptz, demand_at timestamptz, channel text, product_id bigint, customer_id bigint
) RETURNS TABLE (kind smallint, hour timestamptz, day date, subject_id bigint, label text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 4 AS $$
    SELECT bucket.kind, bucket.hour, bucket.day, bucket.subject_id, bucket.label
    FROM (
        VALUES
            (1::smallint, date_trunc('hour', moment, shop_time_zone()), NULL::date,
             NULL::bigint, channel, moment IS NOT NULL),
            (2::smallint, NULL, (moment AT TIME ZONE shop_time_zone())::date,
             product_id, NULL, moment IS NOT NULL),
            (2::smallint, NULL, (demand_at AT TIME ZONE shop_time_zone())::date,
             product_id, NULL, demand_at IS NOT NULL),
            (4::smallint, NULL, NULL,
             customer_id, NULL, moment IS NOT NULL AND customer_id IS NOT NULL)
    ) AS bucket (kind, hour, day, subject_id, label, counts)
    WHERE bucket.counts
$$
"""
DROP_BUCKETS = """
DROP FUNCTION analytics_buckets(timestamptz, timestamptz, text, bigint, bigint)
"""

CREATE_SALE_NOTES = """
CREATE FUNCTION analytics_note_new_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_notes (kind, hour, day, subject_id, label)
    SELECT DISTINCT b.kind, b.hour, b.day, b.subject_id, b.label
    FROM new_rows AS t
    CROSS JOIN LATERAL analytics_buckets(
        t.completed_at,
        CASE WHEN t.status NOT IN ('failed', 'cancelled') THEN t.timestamp END,
        t.channel, t.product_id, t.customer_id
    ) AS b;
    RETURN NULL;
END
$$;

CREATE FUNCTION analytics_note_removed_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_notes (kind, hour, day, subject_id, label)
    SELECT DISTINCT b.kind, b.hour, b.day, b.subject_id, b.label
    FROM old_rows AS t
    CROSS JOIN LATERAL analytics_buckets(
        t.completed_at,
        CASE WHEN t.status NOT IN ('failed', 'cancelled') THEN t.timestamp END,
        t.channel, t.product_id, t.customer_id
    ) AS b;
    RETURN NULL;
END
$$;

-- Only a change that some rollup shows is noted: a score, a review or a running refund total
-- costs one comparison. Adjustments take channel, product, customer and cost from their sale,
-- so their own buckets are noted when one of these changes.
CREATE FUNCTION analytics_note_changed_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_notes (kind, hour, day, subject_id, label)
    WITH changed AS (
        -- Columns one by one: a whole row of a transition table has no registered type.
        SELECT n.id, t.*,
            (o.channel, o.product_id, o.customer_id, o.unit_cost)
                IS DISTINCT FROM (n.channel, n.product_id, n.customer_id, n.unit_cost) AS moved
        FROM old_rows AS o
        JOIN new_rows AS n ON n.id = o.id
        CROSS JOIN LATERAL (VALUES
            (o.completed_at, o.timestamp, o.status, o.channel, o.product_id, o.customer_id),
            (n.completed_at, n.timestamp, n.status, n.channel, n.product_id, n.customer_id)
        ) AS t (completed_at, happened_at, status, channel, product_id, customer_id)
        WHERE (o.completed_at, o.timestamp, o.status IN ('failed', 'cancelled'), o.channel,
               o.product_id, o.customer_id, o.order_ref, o.quantity, o.unit_cost, o.total_amount)
            IS DISTINCT FROM
              (n.completed_at, n.timestamp, n.status IN ('failed', 'cancelled'), n.channel,
               n.product_id, n.customer_id, n.order_ref, n.quantity, n.unit_cost, n.total_amount)
    ),
    facts AS (
        SELECT c.completed_at AS moment,
            CASE WHEN c.status NOT IN ('failed', 'cancelled') THEN c.happened_at END AS demand_at,
            c.channel, c.product_id, c.customer_id
        FROM changed AS c
        UNION ALL
        SELECT a.booked_at, NULL, c.channel, c.product_id, c.customer_id
        FROM changed AS c
        JOIN adjustments AS a ON a.transaction_id = c.id
        WHERE c.moved
    )
    SELECT DISTINCT b.kind, b.hour, b.day, b.subject_id, b.label
    FROM facts AS f
    CROSS JOIN LATERAL analytics_buckets(
        f.moment, f.demand_at, f.channel, f.product_id, f.customer_id
    ) AS b;
    RETURN NULL;
END
$$;

CREATE TRIGGER transactions_note_insert AFTER INSERT ON transactions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_new_sales();
CREATE TRIGGER transactions_note_update AFTER UPDATE ON transactions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_changed_sales();
CREATE TRIGGER transactions_note_delete AFTER DELETE ON transactions
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_removed_sales();
"""
DROP_SALE_NOTES = """
DROP TRIGGER transactions_note_delete ON transactions;
DROP TRIGGER transactions_note_update ON transactions;
DROP TRIGGER transactions_note_insert ON transactions;
DROP FUNCTION analytics_note_changed_sales();
DROP FUNCTION analytics_note_removed_sales();
DROP FUNCTION analytics_note_new_sales();
"""

CREATE_ADJUSTMENT_NOTES = """
CREATE FUNCTION analytics_note_new_adjustments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_notes (kind, hour, day, subject_id, label)
    SELECT DISTINCT b.kind, b.hour, b.day, b.subject_id, b.label
    FROM new_rows AS a
    JOIN transactions AS t ON t.id = a.transaction_id
    CROSS JOIN LATERAL analytics_buckets(
        a.booked_at, NULL, t.channel, t.product_id, t.customer_id
    ) AS b;
    RETURN NULL;
END
$$;

CREATE FUNCTION analytics_note_removed_adjustments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_notes (kind, hour, day, subject_id, label)
    SELECT DISTINCT b.kind, b.hour, b.day, b.subject_id, b.label
    FROM old_rows AS a
    JOIN transactions AS t ON t.id = a.transaction_id
    CROSS JOIN LATERAL analytics_buckets(
        a.booked_at, NULL, t.channel, t.product_id, t.customer_id
    ) AS b;
    RETURN NULL;
END
$$;

CREATE FUNCTION analytics_note_changed_adjustments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_notes (kind, hour, day, subject_id, label)
    SELECT DISTINCT b.kind, b.hour, b.day, b.subject_id, b.label
    FROM old_rows AS o
    JOIN new_rows AS n ON n.id = o.id
    CROSS JOIN LATERAL (
        VALUES (o.transaction_id, o.booked_at), (n.transaction_id, n.booked_at)
    ) AS a (transaction_id, booked_at)
    JOIN transactions AS t ON t.id = a.transaction_id
    CROSS JOIN LATERAL analytics_buckets(
        a.booked_at, NULL, t.channel, t.product_id, t.customer_id
    ) AS b
    WHERE (o.transaction_id, o.kind, o.amount, o.units_returned, o.booked_at)
        IS DISTINCT FROM (n.transaction_id, n.kind, n.amount, n.units_returned, n.booked_at);
    RETURN NULL;
END
$$;

CREATE TRIGGER adjustments_note_insert AFTER INSERT ON adjustments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_new_adjustments();
CREATE TRIGGER adjustments_note_update AFTER UPDATE ON adjustments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_changed_adjustments();
CREATE TRIGGER adjustments_note_delete AFTER DELETE ON adjustments
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_note_removed_adjustments();
"""
DROP_ADJUSTMENT_NOTES = """
DROP TRIGGER adjustments_note_delete ON adjustments;
DROP TRIGGER adjustments_note_update ON adjustments;
DROP TRIGGER adjustments_note_insert ON adjustments;
DROP FUNCTION analytics_note_changed_adjustments();
DROP FUNCTION analytics_note_removed_adjustments();
DROP FUNCTION analytics_note_new_adjustments();
"""

# The fold works out the days: here, a sale committing at the same time would be missed.
CREATE_CATEGORY_NOTES = """
CREATE FUNCTION analytics_note_moved_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_notes (kind, subject_id, label) VALUES (3, OLD.id, OLD.category);
    RETURN NULL;
END
$$;

CREATE TRIGGER products_note_category AFTER UPDATE OF category ON products
    FOR EACH ROW WHEN (OLD.category IS DISTINCT FROM NEW.category)
    EXECUTE FUNCTION analytics_note_moved_product();
"""
DROP_CATEGORY_NOTES = """
DROP TRIGGER products_note_category ON products;
DROP FUNCTION analytics_note_moved_product();
"""

# Notes live for seconds: what they leave behind is cleared by number, not by share.
KEEP_NOTES_SMALL = """
ALTER TABLE rollup_notes SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000
);
ALTER TABLE rollup_state SET (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500
);
"""
KEEP_NOTES_USUAL = """
ALTER TABLE rollup_state RESET (
    fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold
);
ALTER TABLE rollup_notes RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
    autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold
);
"""


class Migration(migrations.Migration):
    """Note which buckets a change touches, so that the fold recomputes exactly these."""

    replaces = [("analytics", "0003_note_touched_buckets")]

    dependencies = [
        ("analytics", "0001_rollups_and_patterns"),
        ("inventory", "0001_products_and_stock"),
        ("transactions", "0002_sales"),
    ]

    operations = [
        migrations.RunSQL([(CREATE_ZONE, [settings.TIME_ZONE])], migrations.RunSQL.noop),
        migrations.RunSQL(CREATE_ZONE_FUNCTION, DROP_ZONE_FUNCTION),
        migrations.RunSQL(CREATE_BUCKETS, DROP_BUCKETS),
        migrations.RunSQL(CREATE_SALE_NOTES, DROP_SALE_NOTES),
        migrations.RunSQL(CREATE_ADJUSTMENT_NOTES, DROP_ADJUSTMENT_NOTES),
        migrations.RunSQL(CREATE_CATEGORY_NOTES, DROP_CATEGORY_NOTES),
        migrations.RunSQL(KEEP_NOTES_SMALL, KEEP_NOTES_USUAL),
    ]
