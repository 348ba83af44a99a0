"""Every job that runs by the clock, in one table. `manage.py sync_schedule` writes it down.

The database's copy is what beat reads, and operators edit it in admin: entries that exist are
left as they are. Times are the shop's. Nightly jobs keep away from 01:00 to 03:00, which are
missing or doubled when clocks change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Every:
    """A fixed interval in seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class At:
    """Times of the shop's clock, as crontab writes them. Both must be named: `hour='*/6'` alone
    would fire each minute of these hours."""

    minute: str
    hour: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One periodic job. queue: where it goes, when not where its task's route says.

    expires_seconds: a job that waited longer is dropped, since the next one does the same.
    """

    name: str
    task: str
    when: Every | At
    expires_seconds: int
    kwargs: Mapping[str, str] = field(default_factory=dict)
    queue: str | None = None


# Queues that a heartbeat passes through, so that a stuck worker shows.
HEARTBEAT_QUEUES = ("refresh", "alerts", "default", "forecast", "exports")

SCHEDULE: tuple[Entry, ...] = (
    # A sale is promised to be in the numbers within five seconds.
    Entry("Fold changes into rollups", "analytics.fold_dirty_buckets", Every(2), 4),
    # Its windows of 24 hours move on without any sale.
    Entry("Refresh overview", "analytics.refresh_dashboard_views", At("*", "*"), 60),
    # The floor under refreshes after changes, as the specification names it.
    Entry("Refresh hourly sales", "analytics.refresh_hourly_sales", At("*/5", "*"), 300),
    # The same. Off the full hour, when much else runs.
    Entry("Refresh category sales", "analytics.refresh_category_sales", At("3-59/15", "*"), 900),
    # Receipts and counts change stock without a sale.
    Entry(
        "Refresh inventory health", "analytics.refresh_inventory_health", At("4-59/10", "*"), 600
    ),
    # Windows of 7 days and more move slowly.
    Entry("Refresh top products", "analytics.refresh_top_products", At("6-59/30", "*"), 1800),
    # Purchase patterns change with a day's orders, not with one; ahead of the segments.
    Entry("Analyze customers", "analytics.analyze_customer_patterns", At("15", "*/4"), 3600),
    # The job before refreshes it too; this is the floor if that one fails.
    Entry(
        "Refresh customer segments", "analytics.refresh_customer_segments", At("45", "*/4"), 3600
    ),
    # Right after midnight, so that a day without sales moves the windows as well.
    Entry("Slide windows of totals", "analytics.slide_windows", At("1", "0"), 3600),
    # A twentieth of all sums a night, when the shop is quiet.
    Entry("Audit rollups", "analytics.audit_rollups", At("30", "3"), 6 * 3600),
    # As fast as the fastest limit it watches, two minutes.
    Entry("Watch the age of views", "analytics.evaluate_view_ages", At("*", "*"), 60),
    # As the specification has it; each looks at a window's own rows.
    Entry("Evaluate alert rules", "analytics.evaluate_metric_rules", At("*", "*"), 60),
    # Once an hour is whole and folded.
    Entry("Look for drops of sales", "analytics.report_sales_drops", At("2", "*"), 3600),
    # Runs after changes are many; once a day keeps them few enough.
    Entry("Remove old refresh runs", "analytics.purge_old_runs", At("10", "4"), 6 * 3600),
    # Four times a day, after the night's and each part of the day's sales.
    Entry("Predict demand", "inventory.update_inventory_predictions", At("20", "*/6"), 3600),
    # Twice a day, when the predictions half an hour before are done.
    Entry("Suggest orders", "inventory.generate_reorder_suggestions", At("50", "*/12"), 3600),
    # Forecasts of the run before, which begin today, as the first thing in the morning.
    Entry("Keep and score forecasts", "inventory.score_forecasts", At("40", "6"), 6 * 3600),
    # Drift must not live for a day; a sum over the ledger is cheap enough for each hour.
    Entry("Reconcile the stock ledger", "inventory.reconcile_ledger", At("25", "*"), 3600),
    # A promise passes at midnight; an hour later planners may know.
    Entry("Review suppliers and late orders", "inventory.review_suppliers", At("35", "*"), 3600),
    # A payment that did not come gives its stock back at most a minute late.
    Entry("Expire unpaid sales", "transactions.expire_pending_sales", At("*", "*"), 60),
    # A decision can be taken back for ten seconds, and is carried out within two more.
    Entry("Carry out decisions", "transactions.apply_due_decisions", Every(2), 10),
    # A burst is ten minutes long; a minute of it is soon enough.
    Entry("Look for bursts of fraud", "transactions.report_bursts", At("*", "*"), 60),
    # Scores look at whole shop days: the one that ended is ready by then.
    Entry(
        "Refresh fraud statistics", "transactions.refresh_fraud_statistics", At("5", "0"), 6 * 3600
    ),
    # Nightly so that none is missed; it learns only when the last time is a week ago.
    Entry("Refit the fraud model", "transactions.refit_fraud_model", At("35", "4"), 6 * 3600),
    # Meanwhile sales are scored by the priors.
    Entry("Check the fraud model", "transactions.check_fraud_model", At("8-59/10", "*"), 600),
    # Labels that came in by a way of their own are found again by morning.
    Entry("Rebuild facts of devices", "transactions.rebuild_device_facts", At("25", "4"), 6 * 3600),
    # What the committing process could not number and announce itself.
    Entry("Number and announce events", "alerts.sequence_events", Every(2), 5),
    # Acknowledgements and snoozes end, and cleared conditions resolve, to the minute.
    Entry("Carry on alerts", "alerts.sweep_alerts", At("*", "*"), 60),
    # The limits it watches are two minutes and more.
    Entry("Watch queues and scheduler", "alerts.evaluate_ops_alerts", At("*", "*"), 60),
    # As long as the first message of a group waits for others.
    # Slow receivers must not hold up the numbering of events: not in the queue of alerts.
    Entry("Send alerts by mail and webhook", "alerts.notify", Every(15), 15, queue="default"),
    # Retention is in days.
    Entry("Remove old events", "alerts.trim_events", At("20", "4"), 6 * 3600),
    # What a broker did not take at commit is tried again soon.
    Entry("Deliver the outbox", "core.deliver_outbox", Every(10), 30),
    # A report is promised to the minute.
    Entry("Send due reports", "core.send_reports", At("*", "*"), 60, queue="exports"),
    # Files are kept for days; what lost its worker should be told of within the hour.
    Entry("Clear old exports", "core.clear_exports", At("40", "*"), 3600),
    # Done messages are kept for days.
    Entry("Remove done messages", "core.purge_outbox", At("30", "4"), 6 * 3600),
    # Twice a minute: four missing ones are a silence of two minutes, which raises an alert.
    *(
        Entry(
            f"Heartbeat of queue {queue}",
            "alerts.heartbeat",
            Every(30),
            MINUTE * 60,
            kwargs={"queue": queue},
            queue=queue,
        )
        for queue in HEARTBEAT_QUEUES
    ),
)
