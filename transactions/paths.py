"""Addresses of the pages that alerts point to."""


def transaction_path(transaction_id: int) -> str:
    """Return the path of a sale's page."""
    return f"/transactions/{transaction_id}/"
