import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from techmart.lib.migrating import AtOnceMigration


class Migration(AtOnceMigration):
    """What scoring knows: statistics, labels, models, devices; and what people decide."""

    replaces = [
        ("transactions", "0002_add_fraud_statistics"),
        ("transactions", "0006_add_review_decisions"),
        ("transactions", "0009_add_fraud_models"),
        ("transactions", "0010_drop_index_that_another_serves"),
        ("transactions", "0011_name_large_amounts"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("transactions", "0002_sales"),
    ]

    operations = [
        migrations.CreateModel(
            name="FraudStatistic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("category_amount", "Usual amount in a category"),
                            ("shop_amount", "Usual amount in the shop"),
                            ("category_tail", "Large amounts in a category"),
                            ("shop_tail", "Large amounts in the shop"),
                            ("product_quantity", "Usual quantity of a product"),
                            ("category_quantity", "Usual quantity in a category"),
                            ("shop_quantity", "Usual quantity in the shop"),
                            ("market_rate", "Orders a customer and day in a country and channel"),
                            ("product_risk", "Fraud rate of a product over the shop's"),
                            ("country_risk", "Fraud rate of a country over the shop's"),
                            ("channel_risk", "Fraud rate of a channel over the shop's"),
                            ("review_threshold", "Score above which sales are held"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key", models.CharField(blank=True, max_length=100)),
                ("as_of_date", models.DateField()),
                ("lines", models.BigIntegerField()),
                ("value", models.FloatField()),
                ("spread", models.FloatField(blank=True, null=True)),
                ("frauds", models.BigIntegerField(blank=True, null=True)),
                ("window_days", models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                "db_table": "fraud_statistics",
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key"), name="fraud_statistics_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FraudLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_ref", models.CharField(max_length=80)),
                ("is_fraud", models.BooleanField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("chargeback", "Chargeback"),
                            ("analyst", "Analyst"),
                            ("customer", "Customer"),
                            ("planted", "Planted (simulated)"),
                        ],
                        max_length=12,
                    ),
                ),
                ("known_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
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
                "db_table": "fraud_labels",
                "indexes": [models.Index(fields=["known_at", "id"], name="idx_labels_known")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order_ref", "source", "known_at"), name="labels_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FraudModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=40, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("prior", "Priors"),
                            ("additive", "Additive"),
                            ("boosted", "Boosted trees"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("candidate", "Candidate"),
                            ("champion", "Champion"),
                            ("retired", "Retired"),
                            ("broken", "Cannot be used"),
                        ],
                        max_length=9,
                    ),
                ),
                ("artefact", models.TextField()),
                ("trees", models.BinaryField(blank=True, null=True)),
                ("learned_from", models.DateTimeField()),
                ("learned_until", models.DateTimeField()),
                ("lines", models.PositiveIntegerField()),
                ("frauds", models.PositiveIntegerField()),
                ("metrics", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("promoted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "promoted_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "db_table": "fraud_models",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "champion")),
                        fields=("state",),
                        name="fraud_models_one_champion",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["candidate", "champion", "retired", "broken"]),
                            ("kind__in", ["prior", "additive", "boosted"]),
                        ),
                        name="fraud_models_codes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeviceFact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="transactions.transaction",
                    ),
                ),
                ("device", models.CharField(max_length=80)),
                ("sale_at", models.DateTimeField()),
                ("is_fraud", models.BooleanField()),
                ("unexplained", models.FloatField()),
                ("known_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "device_facts",
                "indexes": [
                    models.Index(
                        fields=["device", "is_fraud", "sale_at"], name="idx_device_facts_run"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("transaction", "known_at"), name="device_facts_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="transactions.transaction",
                    ),
                ),
                ("batch", models.UUIDField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[("approve", "Approve"), ("decline", "Decline")], max_length=8
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("genuine", "Looks genuine"),
                            ("confirmed", "Customer confirmed the order"),
                            ("known_customer", "Known customer"),
                            ("suspected", "Looks like fraud"),
                            ("stolen_payment", "Stolen card or account"),
                            ("denied", "Customer denies the order"),
                            ("abuse", "Abuse of refunds or offers"),
                        ],
                        max_length=16,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=250)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField()),
                ("takes_effect_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("result", models.CharField(blank=True, max_length=300)),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "db_table": "review_decisions",
                "indexes": [
                    models.Index(fields=["batch"], name="idx_review_batch"),
                    models.Index(fields=["transaction", "id"], name="idx_review_transaction"),
                    models.Index(fields=["-decided_at", "-id"], name="idx_review_decided"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("applied_at", None), ("failed_at", None), ("withdrawn_at", None)
                        ),
                        fields=("transaction",),
                        name="review_decisions_one_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict__in", ["approve", "decline"]),
                            (
                                "reason__in",
                                [
                                    "genuine",
                                    "confirmed",
                                    "known_customer",
                                    "suspected",
                                    "stolen_payment",
                                    "denied",
                                    "abuse",
                                ],
                            ),
                        ),
                        name="review_decisions_codes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("takes_effect_at__gte", models.F("decided_at"))),
                        name="review_decisions_effect_after_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("applied_at", None), ("failed_at", None), ("withdrawn_at", None)
                            ),
                            models.Q(
                                ("applied_at__isnull", False),
                                ("failed_at", None),
                                ("withdrawn_at", None),
                            ),
                            models.Q(
                                ("applied_at", None),
                                ("failed_at", None),
                                ("withdrawn_at__isnull", False),
                            ),
                            models.Q(
                                ("applied_at", None),
                                ("failed_at__isnull", False),
                                ("withdrawn_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="review_decisions_one_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_ref", models.CharField(max_length=80, unique=True)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("claimed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "review_claims",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("claimed_at"))),
                        name="review_claims_end_after_begin",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_ref", models.CharField(max_length=80, unique=True)),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "review_cases",
            },
        ),
    ]
