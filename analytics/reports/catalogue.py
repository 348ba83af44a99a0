"""What a page says of a product: names by key, from the cache in one round trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.models import Product
from inventory.paths import product_path
from techmart.lib.cache import get_many
from techmart.lib.cache.entry import Params
from techmart.lib.cache.registry import CATALOGUE


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A product as lists name it. abc_class: "" while it has none."""

    product_id: int
    sku: str
    name: str
    category: str
    abc_class: str

    @property
    def url(self) -> str:
        """Address of the product's page."""
        return product_path(self.sku)


def catalogue(product_ids: Sequence[int]) -> Mapping[int, CatalogueRow]:
    """Return the products with these keys, by key."""

    def read(missing: Sequence[Params]) -> list[CatalogueRow]:
        keys = [int(params["product_id"]) for params in missing]
        rows = Product.objects.in_bulk(keys)
        return [
            CatalogueRow(
                key, rows[key].sku, rows[key].name, rows[key].category, rows[key].abc_class
            )
            for key in keys
        ]

    found = get_many(CATALOGUE, [{"product_id": key} for key in product_ids], read)
    return {cached.value.product_id: cached.value for cached in found}
