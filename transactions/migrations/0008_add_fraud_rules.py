import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

CREATE_TRIGGERS = """
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
"""


class Migration(migrations.Migration):
    """Keep rules with their versions, trials and hits, and the value lists they look into."""

    dependencies = [
        ("transactions", "0007_index_sales_by_device"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FraudRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                ("reason", models.CharField(max_length=500)),
                (
                    "action",
                    models.CharField(
                        choices=[("allow", "Allow"), ("review", "Review"), ("block", "Block")],
                        max_length=6,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("shadow", "Shadow"),
                            ("active", "Active"),
                            ("retired", "Retired"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("versions_made", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "fraud_rules",
            },
        ),
        migrations.CreateModel(
            name="FraudRuleVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("expression", models.JSONField()),
                ("sentence", models.TextField()),
                ("note", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="transactions.fraudrule",
                    ),
                ),
            ],
            options={
                "db_table": "fraud_rule_versions",
            },
        ),
        migrations.AddField(
            model_name="fraudrule",
            name="live",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="transactions.fraudruleversion",
            ),
        ),
        migrations.AddField(
            model_name="fraudrule",
            name="shadow",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="transactions.fraudruleversion",
            ),
        ),
        migrations.CreateModel(
            name="RuleApproval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "approver",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approval",
                        to="transactions.fraudruleversion",
                    ),
                ),
            ],
            options={
                "db_table": "fraud_rule_approvals",
            },
        ),
        migrations.CreateModel(
            name="RuleBacktest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since_date", models.DateField()),
                ("until_date", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("sales_total", models.PositiveBigIntegerField(default=0)),
                ("sales_done", models.PositiveBigIntegerField(default=0)),
                ("result", models.JSONField(blank=True, default=dict)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("progress_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="backtests",
                        to="transactions.fraudruleversion",
                    ),
                ),
            ],
            options={
                "db_table": "rule_backtests",
            },
        ),
        migrations.CreateModel(
            name="RuleHit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[("allow", "Allow"), ("review", "Review"), ("block", "Block")],
                        max_length=6,
                    ),
                ),
                ("shadow", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rule_hits",
                        to="transactions.transaction",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hits",
                        to="transactions.fraudruleversion",
                    ),
                ),
            ],
            options={
                "db_table": "rule_hits",
            },
        ),
        migrations.CreateModel(
            name="RuleStamp",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stamp", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "db_table": "rule_stamps",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="rule_stamps_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ValueList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.SlugField(db_index=False, max_length=60, unique=True)),
                ("name", models.CharField(max_length=120, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("country", "Countries"),
                            ("customer", "Customers"),
                            ("device", "Devices"),
                            ("store", "Stores"),
                            ("product", "Products"),
                            ("category", "Categories"),
                            ("email_domain", "E-mail domains"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "value_lists",
            },
        ),
        migrations.CreateModel(
            name="ValueListEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.CharField(max_length=200)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="transactions.valuelist",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "value list entries",
                "db_table": "value_list_entries",
            },
        ),
        migrations.AddConstraint(
            model_name="fraudruleversion",
            constraint=models.UniqueConstraint(
                fields=("rule", "number"), name="rule_versions_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="fraudrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", ["allow", "review", "block"])),
                name="fraud_rules_action",
            ),
        ),
        migrations.AddConstraint(
            model_name="fraudrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("live__isnull", False), ("state", "active")),
                    models.Q(
                        ("live__isnull", True), ("shadow__isnull", False), ("state", "shadow")
                    ),
                    models.Q(
                        ("live__isnull", True),
                        ("shadow__isnull", True),
                        ("state__in", ["draft", "retired"]),
                    ),
                    _connector="OR",
                ),
                name="fraud_rules_state_runs",
            ),
        ),
        migrations.AddIndex(
            model_name="rulebacktest",
            index=models.Index(fields=["version", "-id"], name="idx_backtests_version"),
        ),
        migrations.AddConstraint(
            model_name="rulebacktest",
            constraint=models.CheckConstraint(
                condition=models.Q(("since_date__lt", models.F("until_date"))),
                name="rule_backtests_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulebacktest",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["queued", "running", "done", "failed"])),
                name="rule_backtests_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulebacktest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("version",),
                name="rule_backtests_one_runs",
            ),
        ),
        migrations.AddIndex(
            model_name="rulehit",
            index=models.Index(fields=["version", "-at"], name="idx_rule_hits_version"),
        ),
        migrations.AddConstraint(
            model_name="rulehit",
            constraint=models.UniqueConstraint(
                fields=("transaction", "version"), name="rule_hits_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="valuelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "country",
                            "customer",
                            "device",
                            "store",
                            "product",
                            "category",
                            "email_domain",
                        ],
                    )
                ),
                name="value_lists_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="valuelistentry",
            constraint=models.UniqueConstraint(
                fields=("list", "value", "added_at"), name="value_list_entries_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="valuelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__isnull", True),
                    ("expires_at__gte", models.F("added_at")),
                    _connector="OR",
                ),
                name="value_list_entries_spell",
            ),
        ),
        migrations.RunSQL(CREATE_TRIGGERS, DROP_TRIGGERS),
    ]
