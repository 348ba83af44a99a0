"""What the admins of inventory share."""

from collections.abc import Mapping
from typing import Any

from techmart.core.adminkit.acts import Call

# How a product is looked up in the lists of what is about one.
PRODUCT_LOOKUPS = ("sku__iexact",)


def only(data: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return these of the fields of a form."""
    return {name: data[name] for name in names}


def by(call: Call) -> dict[str, Any]:
    """Return who acts and when, as services take it."""
    return {"actor": call.actor, "now": call.now}
