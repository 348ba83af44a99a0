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
    Metric(
        "margin",
        "Margin",
        "Net sales less what the goods sold and not returned cost, at the cost of the day of the "
        "sale.",
    ),
    Metric(
        "sales_by_day",
        "Net sales per day",
        "Net sales of each shop day: what completed that day, less refunds and chargebacks booked "
        "that day. The days sum to the net sales of the period.",
    ),
    Metric(
        "weekday_hours",
        "Transactions by weekday and hour",
        "Order lines that became revenue in an hour of the shop's clock, divided by how often that "
        "weekday occurs in the period. Times these numbers, all cells sum to its transactions.",
    ),
    Metric(
        "categories",
        "Sales by category",
        "Net sales, units and margin of each category the products are in today. All categories "
        "sum to the net sales of the period; an order in two categories counts in both.",
    ),
    Metric(
        "pareto",
        "Products by revenue",
        "Products with net sales above 0 in the period, largest first. Class A is what makes the "
        "first 80 % together, B the next 15 %, C the rest; a product that crosses a line is in the "
        "upper class.",
    ),
    Metric(
        "best_products",
        "Best products",
        "Net sales, units and margin of the products that sold most in the period, with their "
        "share of all net sales.",
    ),
    Metric(
        "stock_classes",
        "Stock by class",
        "Active products by the class the planner uses: cumulative gross margin of 365 days, A to "
        "80 %, B to 95 %. In stock is the share of products with any stock.",
    ),
    Metric(
        "segments",
        "Customer segments",
        "Customers with an order in 365 days, by how recently, how often and for how much they "
        "bought (RFM scores 1 to 5 by fifths of all customers). Net sales are of the 365 days.",
    ),
    Metric(
        "cohorts",
        "Retention by cohort",
        "Of the customers whose first order ever fell in a month, the share with at least one "
        "order so many months later. The running month is not over.",
    ),
    Metric(
        "expected",
        "Expected orders and value",
        "Days with an order and net sales expected of each customer in the next 90 days: order "
        "behaviour by BG/NBD, order value by gamma–gamma, fitted to the orders of 365 days.",
    ),
    Metric(
        "value_correlation",
        "Orders and order value",
        "How the number of repeat orders and their mean value go together over customers, −1 to 1. "
        "The model of values assumes that they do not, so far from 0 its figures are rough.",
    ),
    Metric(
        "customers",
        "Customers",
        "Customers with a completed order in 365 days, with what the newest analysis says of each.",
    ),
    Metric(
        "customer_hours",
        "When they order",
        "Orders of 365 days by weekday, or by hour of the shop's clock.",
    ),
    Metric(
        "customer_categories",
        "What they buy",
        "The three categories with most net sales of this customer in 365 days.",
    ),
    Metric(
        "customer_orders",
        "Newest orders",
        "Lines of this customer that became revenue, newest first, whatever became of them later.",
    ),
    Metric(
        "forecast_error",
        "Forecast error",
        "Sum of misses over units sold (WAPE) of the forecasts of seven days, as they stood before "
        'them, beside the rule "same day last week". Weeks with an empty shelf do not count.',
    ),
    Metric(
        "forecast_quality",
        "Forecast quality",
        'By class: error, the error of the rule "same day last week", bias (above 0: too much was '
        "forecast), and the share of outcomes inside the interval meant to hold four in five.",
    ),
    Metric(
        "backtest_quality",
        "Backtest of the newest forecasts",
        "By class: error and share inside the interval in backtests of the model each product has "
        "now, weighted by its forecast demand. Not yet the record of forecasts that were used.",
    ),
    Metric(
        "change",
        "Why net sales changed",
        "The change splits exactly into volume (units at the old mix and prices), price (other "
        "prices for the same units), mix (dearer or cheaper products), products new or gone, and "
        "refunds.",
    ),
    Metric(
        "change_products",
        "Products behind the change",
        "Change of each product's net sales between the two windows: by its price, by its units, "
        "and by refunds. All products sum to the change.",
    ),
)
METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}
