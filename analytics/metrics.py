"""What each number means: one dictionary for pages, API and documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of the dashboard. definition: one or two plain sentences, shown behind "?"."""

    key: str
    label: str
    definition: str


_ALL = (
    Metric(
        "net_sales",
        "Net sales",
        "What completed sales came to, less refunds and chargebacks booked in the same period. "
        "A sale counts when it became revenue, a refund when it was booked.",
    ),
    Metric(
        "transactions",
        "Transactions",
        "Order lines that became revenue in the period, whatever became of them later.",
    ),
    Metric(
        "active_customers",
        "Active customers",
        "Different known customers with a line that became revenue in the period. "
        "Sales without a customer do not count.",
    ),
    Metric(
        "average_order",
        "Average order",
        "Gross sales of the period divided by its orders; an order is all lines that share a "
        "reference.",
    ),
    Metric(
        "held",
        "Held for review",
        "Sales that are held now and wait for an analyst. Their stock is set aside; they are no "
        "revenue yet.",
    ),
    Metric(
        "low_stock",
        "Below reorder point",
        "Products whose stock and open orders together are at or below the reorder point.",
    ),
)
METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}
