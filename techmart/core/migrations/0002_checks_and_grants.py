import django.utils.timezone
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration

CREATE_APPEND_ONLY = """
CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: write a row of its own', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""
DROP_APPEND_ONLY = """
DROP TRIGGER audit_entries_append_only ON audit_entries;
DROP FUNCTION core_refuse_change();
"""


class Migration(AtOnceMigration):
    """Keep what checks found and what default groups were given; let no audit entry change."""

    replaces = [("core", "0002_keep_check_results_and_grants")]

    dependencies = [
        ("core", "0001_people_and_settings"),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckResult",
            fields=[
                (
                    "name",
                    models.CharField(
                        choices=[
                            ("ledger", "Stock and its ledger"),
                            ("rollups", "Rollups and the sales behind them"),
                        ],
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("checked_at", models.DateTimeField()),
                ("differences", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "check_results",
            },
        ),
        migrations.CreateModel(
            name="DefaultGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", models.CharField(max_length=150)),
                ("permission", models.CharField(max_length=200)),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "default_grants",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("group", "permission"), name="default_grants_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(CREATE_APPEND_ONLY, DROP_APPEND_ONLY),
    ]
