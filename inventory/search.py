"""How products and suppliers are found by the search over everything."""

from urllib.parse import urlencode

from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from inventory.models import Product, Supplier
from inventory.paths import LIST_PATH, product_path, supplier_path
from techmart.core.models import User
from techmart.core.search.sources import (
    Rows,
    Source,
    found,
    has_a_name,
    likeness,
    named,
    register,
)


def products(words: str, _user: User) -> Rows:
    """Products by code or part of their name; idx_products_name_trgm, idx_products_sku_trgm."""
    exact = Q(sku__iexact=words)
    # The trigram index answers ~* alone, for whole codes too.
    match = named("name", words) | named("sku", words) if has_a_name(words) else Q(sku=words)
    return found(
        Product.objects.filter(match),
        key="sku",
        title="name",
        detail=Concat(F("sku"), Value(", "), F("category")),
        score=likeness("name", words, exact=exact),
    )


def suppliers(words: str, _user: User) -> Rows:
    """Suppliers by code or part of their name; idx_suppliers_name_trgm."""
    exact = Q(code=words)
    match = exact | named("name", words) if has_a_name(words) else exact
    return found(
        Supplier.objects.filter(match),
        key="code",
        title="name",
        detail="code",
        score=likeness("name", words, exact=exact),
    )


def register_sources() -> None:
    """Let products and suppliers be found."""
    register(
        Source(
            key="products",
            label="Products",
            icon="package",
            permission="inventory.view_product",
            find=products,
            path=product_path,
            list_path=lambda words: f"{LIST_PATH}?{urlencode({'q': words})}",
        )
    )
    register(
        Source(
            key="suppliers",
            label="Suppliers",
            icon="truck",
            permission="inventory.view_supplier",
            find=suppliers,
            path=supplier_path,
        )
    )
