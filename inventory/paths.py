"""Addresses of the pages of products, and of pages above that show what is behind a figure."""

from datetime import date
from urllib.parse import quote, urlencode

LIST_PATH = "/inventory/"


def product_path(sku: str) -> str:
    """Return the path of a product's page; a code may hold any character."""
    return f"{LIST_PATH}products/{quote(sku, safe='')}/"


def ledger_path(sku: str) -> str:
    """Return the path of a product's page with its ledger paged."""
    return f"{product_path(sku)}ledger/"


def sales_path(sku: str, *, first_day: date, last_day: date) -> str:
    """Return the sales and refunds of a product booked on these shop days, both included."""
    query = {"from": first_day.isoformat(), "to": last_day.isoformat(), "basis": "booked"}
    return f"/transactions/?{urlencode({**query, 'sku': sku})}"
