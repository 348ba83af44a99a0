from django.db import migrations, models


class Migration(migrations.Migration):
    """Whether class or costs decide how sure to be not to run out."""

    dependencies = [
        ("core", "0003_views_exports_and_reports"),
    ]

    operations = [
        migrations.AddField(
            model_name="shopsettings",
            name="service_mode",
            field=models.CharField(
                choices=[("class", "By class"), ("cost", "By cost")],
                default="class",
                help_text="How sure to be not to run out: as the product's class has it, or as what a missing unit loses and what a unit in stock costs say. Orders follow with the next plan.",
                max_length=5,
                verbose_name="service level",
            ),
        ),
    ]
