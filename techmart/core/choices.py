"""Stored codes of the core app."""

from django.db import models


class Theme(models.TextChoices):
    """Colour theme of the pages."""

    SYSTEM = "system", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Density(models.TextChoices):
    """Row height of tables."""

    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"


class AlertLevel(models.TextChoices):
    """From which severity on a person wants to be told; the codes are those of alerts."""

    NEVER = "never", "Never"
    CRITICAL = "critical", "Critical only"
    HIGH = "high", "High and above"
    MEDIUM = "medium", "Medium and above"
    INFO = "info", "Everything"


class ServiceMode(models.TextChoices):
    """What decides how sure the shop wants to be not to run out of a product."""

    BY_CLASS = "class", "By class"
    BY_COST = "cost", "By cost"


class CheckName(models.TextChoices):
    """What is compared with its source from time to time."""

    LEDGER = "ledger", "Stock and its ledger"
    ROLLUPS = "rollups", "Rollups and the sales behind them"
