"""Stored codes of metric rules."""

from datetime import timedelta

from django.db import models


class Measure(models.TextChoices):
    """A number that a rule may watch."""

    NET_SALES = "net_sales", "Net sales"
    ORDERS = "orders", "Orders"
    AVERAGE_ORDER = "average_order", "Average order"
    REFUNDS = "refunds", "Refunds and chargebacks"
    SUSPICIOUS_SHARE = "suspicious_share", "Share of suspicious sales"
    HELD = "held", "Held for review"
    LOW_STOCK = "low_stock", "Products below reorder point"
    OUT_OF_STOCK = "out_of_stock", "Products out of stock"


# Counts of what is so now: they have no window and no history to compare with.
LEVELS = frozenset({Measure.HELD, Measure.LOW_STOCK, Measure.OUT_OF_STOCK})


class Comparison(models.TextChoices):
    """What a value is held against."""

    THRESHOLD = "threshold", "A fixed limit"
    CHANGE = "change", "The same time a week before"
    ANOMALY = "anomaly", "The same weekday and hour of eight weeks"


class Side(models.TextChoices):
    """On which side of the limit the alert lies."""

    ABOVE = "above", "rises above"
    BELOW = "below", "falls below"


class Span(models.TextChoices):
    """The stretch of time, ending now, that a measure is summed over."""

    HOUR = "1h", "the last hour"
    DAY = "24h", "the last 24 hours"
    WEEK = "7d", "the last 7 days"

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return _LENGTHS[self.value]


_LENGTHS = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
