"""Customers: segments, whether cohorts come back, and what is expected of them."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from analytics import cohorts
from analytics.choices import Segment
from analytics.dashboard.drawn import money
from analytics.models import CustomerPurchasePattern, RepeatModelFit
from analytics.paths import customer_list_path, customer_path
from analytics.reports import materialized
from analytics.reports.heat import Heat, heat_rows
from analytics.reports.panels import Field, Panel, Report, Row, Section, Table
from analytics.reports.sources import Sources
from techmart.lib import formats
from techmart.lib.page_parts import AsOf

# The analysis runs every four hours.
FRESH_SECONDS = 5 * 3600
SHOWN = 15
_NOTHING = "No customer with an order in 365 days"


def customers(sources: Sources) -> Report:
    """Return the tab; customers are analyzed over 365 days, whatever the page is narrowed to."""
    fit = RepeatModelFit.objects.first()
    as_of = AsOf(fit.as_of if fit else None, FRESH_SECONDS)
    return Report(
        "customers",
        (),
        (
            Section((_segments(as_of), _model(fit, as_of)), "grid g-32"),
            Section((_cohorts(sources, as_of),)),
            Section((_expected(as_of),)),
        ),
        as_of,
    )


def _segments(as_of: AsOf) -> Panel:
    sums: dict[str, list[materialized.SegmentRow]] = defaultdict(list)
    for row in materialized.segments():
        sums[row.segment].append(row)
    whole = sum((row.net for rows in sums.values() for row in rows), Decimal(0))
    everybody = [row for rows in sums.values() for row in rows]
    return Panel(
        key="segments",
        title="Customer segments",
        metric="segments",
        as_of=as_of,
        table=Table(
            [
                Field("segment", "Segment"),
                Field("customers", "Customers", "count"),
                Field("net", "Net sales", "money"),
                Field("share", "Share", "share"),
                Field("orders", "Orders", "count", hide="opt-s"),
                Field("repeat_rate", "Came again", "rate", hide="opt-s"),
            ],
            [
                Row(
                    _segment_values(segment.label, sums[segment.value], whole),
                    url=customer_list_path(segment=segment.value),
                )
                for segment in Segment
                if sums[segment.value]
            ],
            total=Row(_segment_values("All", everybody, whole)),
        ),
        url=customer_list_path(),
        url_label="Show the customers",
        aside="365 days, all stores",
        empty=_NOTHING,
    )


def _segment_values(
    name: str, rows: list[materialized.SegmentRow], whole: Decimal
) -> tuple[object, ...]:
    count = sum(row.customers for row in rows)
    net = sum((row.net for row in rows), Decimal(0))
    repeated = sum(row.customers * row.repeat_rate for row in rows)
    return (
        name,
        count,
        net,
        float(net / whole) if whole else 0.0,
        sum(row.orders for row in rows),
        repeated / count if count else None,
    )


def _model(fit: RepeatModelFit | None, as_of: AsOf) -> Panel:
    """Return what the models were fitted to, and whether what they assume holds."""
    rows = []
    if fit is not None:
        expected = CustomerPurchasePattern.objects.aggregate(
            orders=Sum("expected_orders_90d"), net=Sum("expected_value_90d")
        )
        rows = [
            Row(("Customers with an order", formats.count(fit.customers))),
            Row(("Who came again on another day", formats.count(fit.repeat_customers))),
            Row(("Expected order days, 90 days", formats.count(expected["orders"]))),
            Row(("Expected net sales, 90 days", money(expected["net"] or 0))),
            Row(
                ("Repeat orders and their value", formats.decimal(fit.correlation, places=2)),
                sub="correlation; the model of values assumes 0",
            ),
            Row(
                ("BG/NBD r, α, a, b", _written(fit.r, fit.alpha, fit.a, fit.b)),
                sub="order rates and the chance to leave, weeks",
            ),
            Row(
                ("Gamma–gamma p, q, v", _written(fit.p, fit.q, fit.v)),
                sub="value of an order",
            ),
        ]
    return Panel(
        key="model",
        title="Repeat orders",
        metric="value_correlation",
        as_of=as_of,
        table=Table([Field("what", "Figure"), Field("value", "Value")], rows),
        url=customer_list_path(sort="-expected"),
        url_label="Show the customers",
        footer="" if fit and fit.r else "Too few customers came again to fit the models.",
        empty=_NOTHING,
    )


def _written(*values: float | None) -> str:
    """Return the fitted values; all of them are unknown where a model was not fitted."""
    if None in values:
        return formats.UNKNOWN
    return ", ".join(formats.decimal(value, places=2) for value in values)


def _cohorts(sources: Sources, as_of: AsOf) -> Panel:
    found = cohorts.cohorts(today=timezone.localdate(sources.now))
    values = {
        f"{cohort.month:%b %Y}": [
            *cohort.retention,
            *[None] * (cohorts.MONTHS - len(cohort.retention)),
        ]
        for cohort in found
    }
    heat = Heat(
        caption="Share of each cohort that ordered again, by months since the first order",
        heads=[str(month) for month in range(cohorts.MONTHS)],
        marked=[True] * cohorts.MONTHS,
        rows=heat_rows(
            values,
            text=lambda _, __, value: "" if value is None else formats.rate(value, places=0),
            highest=1.0,
            subs={f"{cohort.month:%b %Y}": formats.count(cohort.size) for cohort in found},
        ),
        low="0",
        high="100 % ordered",
        finding="Columns are months since the first order.",
        shown=True,
    )
    return Panel(
        key="cohorts",
        title="Retention by cohort",
        metric="cohorts",
        as_of=as_of,
        heat=heat if found else None,
        table=Table(
            [
                Field("cohort", "Cohort", "day"),
                Field("customers", "Customers", "count"),
                *(Field(f"month_{at}", f"Month {at}", "rate") for at in range(cohorts.MONTHS)),
            ],
            [
                Row(
                    (cohort.month, cohort.size, *values[f"{cohort.month:%b %Y}"]),
                    url=customer_list_path(cohort=f"{cohort.month:%Y-%m}"),
                )
                for cohort in found
            ],
        ),
        url=customer_list_path(),
        url_label="Show the customers",
        aside="first orders of 12 months, all stores",
        empty=_NOTHING,
    )


def _expected(as_of: AsOf) -> Panel:
    """Return the customers of whom most is expected."""
    best = (
        CustomerPurchasePattern.objects.filter(expected_value_90d__isnull=False)
        .select_related("customer")
        .order_by("-expected_value_90d", "pk")[:SHOWN]
    )
    return Panel(
        key="expected",
        title="Highest expected sales, 90 days",
        metric="expected",
        as_of=as_of,
        table=Table(
            [
                Field("customer", "Customer"),
                Field("expected_value", "Expected net", "money"),
                Field("expected_orders", "Order days", "decimal"),
                Field("order_value", "An order", "money_exact", hide="opt-s"),
                Field("p_alive", "Still orders", "rate", hide="opt-s"),
                Field("net", "Net, 365 days", "money"),
                Field("orders", "Orders", "count", hide="opt-m"),
            ],
            [
                Row(
                    (
                        str(row.customer),
                        row.expected_value_90d,
                        row.expected_orders_90d,
                        row.expected_order_value,
                        row.p_alive,
                        row.net_sales,
                        row.orders,
                    ),
                    url=customer_path(row.customer.code),
                    sub=f"{row.customer.code}, {row.get_segment_display()}",
                )
                for row in best
            ],
        ),
        url=customer_list_path(sort="-expected"),
        url_label="Show all",
        empty="Too few customers came again to expect anything",
    )
