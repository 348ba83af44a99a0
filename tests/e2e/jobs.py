"""What goes on in the shop while somebody looks at its pages."""

from typing import Any

from tests.e2e.stack import Stack


def run_low(stack: Stack, sku: str) -> dict[str, Any]:
    """Sell a product until it is below its reorder point; return it as it was."""
    product = stack.api(f"products/{sku}/")
    level = int(product["reorder_threshold"])
    assert level > 0
    while (stock := stack.stock(sku)) >= level:
        stack.sell(sku, quantity=min(40, stock - level + 1))
    return product


def plan(stack: Stack) -> None:
    """Let the planner run, as the schedule does."""
    stack.shell("from inventory.tasks import generate_reorder_suggestions as run; run()")


def sell_suspiciously(stack: Stack, sku: str, customer: str) -> dict[str, Any]:
    """Sell what is sure to be held: far more than usual, from and to where nobody was before."""
    sold = stack.sell(sku, quantity=80, customer_code=customer, ip_country="NG", ship_country="BR")
    assert sold["status"] == "in_review", sold
    return sold
