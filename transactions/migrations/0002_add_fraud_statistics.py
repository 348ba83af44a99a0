from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0001_initial"),
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
            },
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(
                    ("customer__isnull", False), models.Q(("ship_country", ""), _negated=True)
                ),
                fields=["customer", "ship_country", "-timestamp", "-id"],
                name="idx_tx_customer_country",
            ),
        ),
        migrations.AddConstraint(
            model_name="fraudstatistic",
            constraint=models.UniqueConstraint(
                fields=("kind", "key"), name="fraud_statistics_once"
            ),
        ),
    ]
