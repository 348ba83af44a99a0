"""The table of cached values: key, life, and the tags whose change makes each wrong.

The life is a floor under forgetfulness: a tag's bump invalidates at once, the ttl only bounds
what no bump speaks of (the passing of time, a bump lost with the cache server).
"""

from typing import Final

from techmart.lib.cache.entry import Registry, Tag

MINUTE = 60
HOUR = 60 * MINUTE

ENTRIES: Final = Registry()

# Figures.
DASHBOARD_OVERVIEW: Final = ENTRIES.add(
    "dashboard:overview:24h", ttl=5 * MINUTE, tags={Tag.DASHBOARD}
)
LOW_STOCK: Final = ENTRIES.add(
    "products:low_stock", ttl=10 * MINUTE, tags={Tag.STOCK, Tag.PRODUCTS}
)
HOURLY_SALES: Final = ENTRIES.add("analytics:hourly_sales", ttl=HOUR, tags={Tag.SALES})
TOP_PRODUCTS: Final = ENTRIES.add(
    "analytics:top_products:{window}", ttl=30 * MINUTE, tags={Tag.SALES, Tag.PRODUCTS}
)
CATEGORIES: Final = ENTRIES.add(
    "analytics:categories:{window}", ttl=15 * MINUTE, tags={Tag.SALES, Tag.PRODUCTS}
)
SEGMENTS: Final = ENTRIES.add("analytics:segments", ttl=4 * HOUR, tags={Tag.CUSTOMERS})
PREDICTIONS: Final = ENTRIES.add(
    "predictions:{product_id}", ttl=HOUR, tags={Tag.PREDICTIONS, Tag.STOCK}
)
# By what its readers may see.
OPEN_ALERTS: Final = ENTRIES.add("alerts:open:{audience}", ttl=MINUTE, tags={Tag.ALERTS})
CATALOGUE: Final = ENTRIES.add("catalogue:products", ttl=30 * MINUTE, tags={Tag.PRODUCTS})
