"""What lists of products and sales can be filtered by: categories and suppliers of the range."""

from dataclasses import dataclass

from inventory.models import Product, Supplier
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import CATEGORIES_OF_RANGE, SUPPLIERS_OF_RANGE
from techmart.lib.page_parts import Option, Select

# More would be heavier than the rows of the page, and slower to look through than typing.
MOST_OPTIONS = 400


@dataclass(frozen=True, slots=True)
class SupplierName:
    """A supplier as filters name it."""

    code: str
    name: str


def categories() -> list[str]:
    """Return the categories that products have, in order."""
    return get_or_compute(CATEGORIES_OF_RANGE, {}, _categories).value


def suppliers() -> list[SupplierName]:
    """Return the suppliers in use by name; none when there are more than a list can offer."""
    return get_or_compute(SUPPLIERS_OF_RANGE, {}, _suppliers).value


def category_select(selected: str) -> Select | None:
    """Return the filter by category; None when there are too many to choose from."""
    names = categories()
    if len(names) > MOST_OPTIONS:
        return None
    return choice(
        "cat", "Category", "All categories", [Option(name, name) for name in names], selected
    )


def supplier_select(selected: str) -> Select | None:
    """Return the filter by supplier; None when there are too many to choose from."""
    found = suppliers()
    if not found:
        return None
    options = [Option(supplier.code, supplier.name) for supplier in found]
    return choice("sup", "Supplier", "All suppliers", options, selected)


def choice(name: str, label: str, every: str, options: list[Option], selected: str) -> Select:
    """Return a filter with one entry for all, and one for a value in force that it lacks."""
    if selected and selected not in {option.value for option in options}:
        options = [*options, Option(selected, selected)]
    return Select(name, label, [Option("", every), *options], selected)


def _categories() -> list[str]:
    rows = Product.objects.order_by("category").values_list("category", flat=True).distinct()
    return [name for name in rows if name]


def _suppliers() -> list[SupplierName]:
    rows = Supplier.objects.filter(active=True).order_by("name", "pk")
    found = [SupplierName(*row) for row in rows.values_list("code", "name")[: MOST_OPTIONS + 1]]
    return found if len(found) <= MOST_OPTIONS else []
