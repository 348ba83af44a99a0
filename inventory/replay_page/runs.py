"""Replays as their list shows them."""

from django.db.models import QuerySet

from inventory.models import ReplayRun
from techmart.lib.keyset import Keyset
from techmart.lib.page_parts import Column

NEWEST = Keyset("-pk")
RUN_COLUMNS = (
    Column("Days", name="days"),
    Column("Products", name="products"),
    Column("Policies", name="policies"),
    Column("Asked for", name="asked"),
    Column("By", name="by"),
    Column("Status", name="status"),
)


def shown_runs() -> QuerySet[ReplayRun]:
    """Return all replays without their results, which are large and not in the list."""
    runs = ReplayRun.objects.defer("results", "courses", "product_ids")
    return runs.select_related("requested_by", "supplier")


def scope_words(run: ReplayRun) -> str:
    """Return which products were replayed."""
    parts = [
        "named products" if run.named_products else "",
        run.category,
        f"class {run.abc_class}" if run.abc_class else "",
        str(run.supplier) if run.supplier else "",
    ]
    return ", ".join(part for part in parts if part) or "Whole range"


def policy_words(run: ReplayRun) -> str:
    """Return the names of the policies beside what the shop did."""
    return ", ".join(policy["name"] for policy in run.policies[1:])
