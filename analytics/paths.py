"""Addresses of customers, built by hand: lists show many."""

from urllib.parse import quote

from techmart.lib.periods import address

LIST_PATH = "/analytics/customer-list/"


def customer_path(code: str) -> str:
    """Return the address of a customer's page."""
    return f"/analytics/customers/{quote(code, safe='')}/"


def customer_list_path(*, segment: str = "", cohort: str = "", sort: str = "") -> str:
    """Return the address of the list of customers, narrowed and sorted."""
    given = {"segment": segment, "cohort": cohort, "sort": sort}
    return address(LIST_PATH, {name: value for name, value in given.items() if value})
