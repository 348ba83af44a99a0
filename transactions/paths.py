"""Addresses of the pages of sales, for alerts, ledger and lists to point to."""

from urllib.parse import quote

LIST_PATH = "/transactions/"
REVIEW_PATH = "/transactions/review/"
RULES_PATH = "/transactions/rules/"
VALUE_LISTS_PATH = f"{RULES_PATH}lists/"


def transaction_path(transaction_id: int) -> str:
    """Return the path of a sale's page."""
    return f"{LIST_PATH}{transaction_id}/"


def customer_path(code: str) -> str:
    """Return the path of a customer's page, which analytics has; a code may hold any character."""
    return f"/analytics/customers/{quote(code, safe='')}/"
