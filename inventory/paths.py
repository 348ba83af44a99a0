"""Addresses of the pages of products, and of pages above that show what is behind a figure."""

from datetime import date
from urllib.parse import quote, urlencode

LIST_PATH = "/inventory/"
REPLAYS_PATH = f"{LIST_PATH}replay/"


def product_path(sku: str) -> str:
    """Return the path of a product's page; a code may hold any character."""
    return f"{LIST_PATH}products/{quote(sku, safe='')}/"


def ledger_path(sku: str) -> str:
    """Return the path of a product's page with its ledger paged."""
    return f"{product_path(sku)}ledger/"


SUGGESTIONS_PATH = f"{LIST_PATH}suggestions/"
ORDERS_PATH = f"{LIST_PATH}orders/"
SUPPLIERS_PATH = f"{LIST_PATH}suppliers/"
COUNTS_PATH = f"{LIST_PATH}counts/"


def suggestion_path(suggestion_id: int) -> str:
    """Return the path of a suggestion's page."""
    return f"{SUGGESTIONS_PATH}{suggestion_id}/"


def order_path(number: str) -> str:
    """Return the path of a purchase order's page."""
    return f"{ORDERS_PATH}{quote(number, safe='')}/"


def supplier_path(code: str) -> str:
    """Return the path of a supplier's scorecard; a code may hold any character."""
    return f"{SUPPLIERS_PATH}{quote(code, safe='')}/"


def count_sheet_path(sheet_id: int) -> str:
    """Return the path of a count sheet."""
    return f"{COUNTS_PATH}{sheet_id}/"


def sales_path(sku: str, *, first_day: date, last_day: date) -> str:
    """Return the sales and refunds of a product booked on these shop days, both included."""
    query = {"from": first_day.isoformat(), "to": last_day.isoformat(), "basis": "booked"}
    return f"/transactions/?{urlencode({**query, 'sku': sku})}"


def replay_path(run_id: int) -> str:
    """Return the path of one policy replay."""
    return f"{REPLAYS_PATH}{run_id}/"


def what_if_path(code: str) -> str:
    """Return the path of a supplier on other terms; a code may hold any character."""
    return f"{LIST_PATH}suppliers/{quote(code, safe='')}/what-if/"
