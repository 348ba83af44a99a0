"""Addresses of the pages of sales, for alerts, ledger and lists to point to."""

LIST_PATH = "/transactions/"
REVIEW_PATH = "/transactions/review/"


def transaction_path(transaction_id: int) -> str:
    """Return the path of a sale's page."""
    return f"{LIST_PATH}{transaction_id}/"
