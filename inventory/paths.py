"""Addresses of the pages that alerts and suggestions point to."""

from urllib.parse import quote


def product_path(sku: str) -> str:
    """Return the path of a product's page; a code may hold any character."""
    return f"/inventory/products/{quote(sku, safe='')}/"
