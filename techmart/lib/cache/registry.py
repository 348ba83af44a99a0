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
    "products:low_stock",
    ttl=10 * MINUTE,
    tags={Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS, Tag.SALES},
)
# By the dashboard's address and day.
DASHBOARD_FIGURES: Final = ENTRIES.add(
    "dashboard:figures:{variant}",
    ttl=5 * MINUTE,
    tags={Tag.DASHBOARD, Tag.SALES, Tag.STOCK, Tag.PRODUCTS},
    version=2,
)
DASHBOARD_PANELS: Final = ENTRIES.add(
    "dashboard:panels:{variant}",
    ttl=5 * MINUTE,
    tags={Tag.DASHBOARD, Tag.SALES, Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS},
)
DASHBOARD_HOURS: Final = ENTRIES.add(
    "dashboard:hours:{variant}", ttl=5 * MINUTE, tags={Tag.DASHBOARD, Tag.SALES}
)
# A whole page in two pieces with marks where what belongs to one request goes: the page's content,
# and what one person sees around it.
DASHBOARD_BODY: Final = ENTRIES.add(
    "dashboard:body:{variant}",
    ttl=MINUTE,
    tags={Tag.DASHBOARD, Tag.SALES, Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS, Tag.ALERTS},
)
# One tab of the analytics pages.
REPORT_BODY: Final = ENTRIES.add(
    "analytics:report:{variant}", ttl=MINUTE, tags=set(Tag) - {Tag.REVIEWS}
)
PAGE_SHELL: Final = ENTRIES.add("page:shell:{variant}", ttl=MINUTE, tags={Tag.ALERTS, Tag.SALES})
# Where live cursors begin: a client that starts a second behind reads a second's events.
LIVE_HEADS: Final = ENTRIES.add("page:live_heads", ttl=1, tags={Tag.ALERTS})
# One panel's HTML. Its as-of stamp is kept with it, so it lives half as long as the stamp may age.
DASHBOARD_PANEL: Final = ENTRIES.fragment(
    "dashboard",
    "panel",
    ttl=MINUTE,
    tags={Tag.DASHBOARD, Tag.SALES, Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS, Tag.ALERTS},
)
DASHBOARD_FIELDS: Final = ENTRIES.fragment(
    "dashboard", "fields", ttl=30 * MINUTE, tags={Tag.PRODUCTS}
)
# Stores and categories come slowly; a new one may be missing from the filter for a while.
DASHBOARD_CHOICES: Final = ENTRIES.add("dashboard:choices", ttl=30 * MINUTE, tags={Tag.PRODUCTS})
HOURLY_SALES: Final = ENTRIES.add("analytics:hourly_sales", ttl=HOUR, tags={Tag.SALES})
TOP_PRODUCTS: Final = ENTRIES.add(
    "analytics:top_products:{window}", ttl=30 * MINUTE, tags={Tag.SALES, Tag.PRODUCTS}
)
CATEGORIES: Final = ENTRIES.add(
    "analytics:categories:{window}", ttl=15 * MINUTE, tags={Tag.SALES, Tag.PRODUCTS}
)
STOCK_HEALTH: Final = ENTRIES.add(
    "analytics:stock_health", ttl=10 * MINUTE, tags={Tag.STOCK, Tag.PRODUCTS}
)
SEGMENTS: Final = ENTRIES.add("analytics:segments", ttl=4 * HOUR, tags={Tag.CUSTOMERS})
PREDICTIONS: Final = ENTRIES.add("predictions:{product_id}", ttl=HOUR, tags={Tag.PREDICTIONS})
# By what its readers may see.
OPEN_ALERTS: Final = ENTRIES.add("alerts:open:{audience}", ttl=MINUTE, tags={Tag.ALERTS})
# What lists say of a product.
CATALOGUE: Final = ENTRIES.add(
    "catalogue:products:{product_id}", ttl=30 * MINUTE, tags={Tag.PRODUCTS}
)
# What the rows of a filtered list come to.
SALES_TOTALS: Final = ENTRIES.add(
    "transactions:totals:{variant}", ttl=5 * MINUTE, tags={Tag.SALES, Tag.PRODUCTS, Tag.CUSTOMERS}
)
SALES_TO_REVIEW: Final = ENTRIES.add("transactions:to_review", ttl=5 * MINUTE, tags={Tag.SALES})
# How past reviews ended, by score.
REVIEW_OUTCOMES: Final = ENTRIES.add(
    "transactions:review_outcomes", ttl=15 * MINUTE, tags={Tag.REVIEWS}
)
# Reads months of sales; what is decided meanwhile may wait a little.
REVIEW_QUALITY: Final = ENTRIES.add("transactions:quality", ttl=15 * MINUTE, tags={Tag.REVIEWS})
STOCK_FIGURES: Final = ENTRIES.add(
    "inventory:figures:{variant}",
    # Pages promise figures of stock at most a minute old, and age without a change too.
    ttl=MINUTE // 2,
    tags={Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS},
)
PRODUCT_ROWS: Final = ENTRIES.fragment(
    "inventory", "rows", ttl=5 * MINUTE, tags={Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS, Tag.SALES}
)
# What lists are filtered by.
CATEGORIES_OF_RANGE: Final = ENTRIES.add(
    "catalogue:categories", ttl=30 * MINUTE, tags={Tag.PRODUCTS}
)
SUPPLIERS_OF_RANGE: Final = ENTRIES.add("catalogue:suppliers", ttl=30 * MINUTE, tags={Tag.PRODUCTS})
