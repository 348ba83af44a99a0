import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Rules with their versions, trials and hits, and the value lists they look into."""

    replaces = [("transactions", "0008_add_fraud_rules")]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("transactions", "0003_fraud_and_review"),
    ]

    operations = [
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
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "value_lists",
                "constraints": [
                    models.CheckConstraint(
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
                    )
                ],
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
                (
                    "list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="transactions.valuelist",
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
            ],
            options={
                "verbose_name_plural": "value list entries",
                "db_table": "value_list_entries",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("list", "value", "added_at"), name="value_list_entries_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True),
                            ("expires_at__gte", models.F("added_at")),
                            _connector="OR",
                        ),
                        name="value_list_entries_spell",
                    ),
                ],
            },
        ),
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
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="transactions.fraudrule",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("expression", models.JSONField()),
                ("sentence", models.TextField()),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "fraud_rule_versions",
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "number"), name="rule_versions_once")
                ],
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
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approval",
                        to="transactions.fraudruleversion",
                    ),
                ),
                (
                    "approver",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="backtests",
                        to="transactions.fraudruleversion",
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
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("progress_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "rule_backtests",
                "indexes": [models.Index(fields=["version", "-id"], name="idx_backtests_version")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("since_date__lt", models.F("until_date"))),
                        name="rule_backtests_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "running", "done", "failed"])),
                        name="rule_backtests_status",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["queued", "running"])),
                        fields=("version",),
                        name="rule_backtests_one_runs",
                    ),
                ],
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
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hits",
                        to="transactions.fraudruleversion",
                    ),
                ),
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
                    "action",
                    models.CharField(
                        choices=[("allow", "Allow"), ("review", "Review"), ("block", "Block")],
                        max_length=6,
                    ),
                ),
                ("shadow", models.BooleanField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "rule_hits",
                "indexes": [models.Index(fields=["version", "-at"], name="idx_rule_hits_version")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("transaction", "version"), name="rule_hits_once"
                    )
                ],
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
    ]
