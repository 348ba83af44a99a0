"""Stored codes of the alerts app."""

from django.db import models


class Severity(models.TextChoices):
    """How urgent, lowest first; the order is SEVERITY_RANK's."""

    INFO = "info", "Info"
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


SEVERITY_RANK: dict[str, int] = {value: rank for rank, value in enumerate(Severity.values)}


class AlertKind(models.TextChoices):
    """What can be raised in this version."""

    STOCK_OUT = "stock.out", "Out of stock"
    STOCK_LOW = "stock.low", "Low stock"
    STOCK_CRITICAL20 = "stock.critical20", "Fewer than 20 left"
    STOCK_SOON = "stock.soon", "Runs out before delivery"
    STOCK_OVER = "stock.over", "More than can be sold soon"
    STOCK_DEAD = "stock.dead", "Does not sell"
    STOCK_DRIFT = "stock.drift", "Ledger and stock differ"
    PO_LATE = "po.late", "Order is late"
    SUPPLIER_SLIP = "supplier.slip", "Supplier became less reliable"
    FRAUD_BLOCK = "fraud.block", "Sale blocked"
    FRAUD_REVIEW = "fraud.review", "Sale held for review"
    FRAUD_BURST = "fraud.burst", "Burst of suspicious sales"
    METRIC_THRESHOLD = "metric.threshold", "Number passed its limit"
    METRIC_CHANGE = "metric.change", "Number changed much"
    METRIC_ANOMALY = "metric.anomaly", "Number is unusual"
    SALES_DROP = "sales.drop", "Sales dropped"
    FORECAST_BIAS = "forecast.bias", "Forecast leans to one side"
    REPORT_FAILED = "report.failed", "Report was not delivered"
    OPS_MODEL = "ops.model", "Fraud model cannot be used"
    OPS_STALE_VIEW = "ops.stale_view", "Numbers are late"
    OPS_QUEUE_AGE = "ops.queue_age", "Jobs are waiting"
    OPS_BEAT = "ops.beat", "Scheduler is silent"
    OPS_ROLLUP_DRIFT = "ops.rollup_drift", "Rollup and sales differ"
    OPS_CACHE_EVICT = "ops.cache_evict", "Queue server evicts"


class AlertState(models.TextChoices):
    """Where an alert stands."""

    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SNOOZED = "snoozed", "Snoozed"
    FLAPPING = "flapping", "Flapping"
    RESOLVED = "resolved", "Resolved"


# Not resolved: the same key fires into the same alert.
LIVE_STATES = (
    AlertState.OPEN,
    AlertState.ACKNOWLEDGED,
    AlertState.SNOOZED,
    AlertState.FLAPPING,
)


class Resolution(models.TextChoices):
    """Who ended an alert."""

    AUTO = "auto", "By itself"
    MANUAL = "manual", "By a person"


class SnoozeUntil(models.TextChoices):
    """What ends a snooze."""

    TIME = "time", "A moment"
    SEVERITY = "severity", "A higher severity"
    COUNT = "count", "Twice as many"


class EventKind(models.TextChoices):
    """What happened to an alert. A page shows a toast for those in NOTIFYING only."""

    OPENED = "opened", "Opened"
    REOPENED = "reopened", "Came back"
    RAISED = "raised", "Became more severe"
    REPEATED = "repeated", "Seen again"
    FLAPPING = "flapping", "Comes and goes"
    SETTLED = "settled", "Stopped coming and going"
    CLEARING = "clearing", "Condition ended"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    ACK_EXPIRED = "ack_expired", "Acknowledgement ran out"
    SNOOZED = "snoozed", "Snoozed"
    WOKEN = "woken", "Woke up"
    ASSIGNED = "assigned", "Assigned"
    RESOLVED = "resolved", "Resolved"


NOTIFYING = (
    EventKind.OPENED,
    EventKind.REOPENED,
    EventKind.RAISED,
    EventKind.FLAPPING,
    EventKind.WOKEN,
)


class Topic(models.TextChoices):
    """Streams that a page can follow; each has a gap-free sequence of its own."""

    ALERTS = "alerts", "Alerts"
    DASHBOARD = "dashboard", "Numbers of the dashboard"
    TRANSACTIONS = "transactions", "Sales"
    STOCK = "stock", "Stock"
