"""Stored codes of the analytics app."""

from django.db import models


class Segment(models.TextChoices):
    """RFM segments, first match wins."""

    NEW = "new", "New"
    CHAMPIONS = "champions", "Champions"
    LOYAL = "loyal", "Loyal"
    POTENTIAL = "potential", "Potential"
    PROMISING = "promising", "Promising"
    ATTENTION = "attention", "Needs attention"
    ABOUT_TO_SLEEP = "about_to_sleep", "About to sleep"
    CANNOT_LOSE = "cannot_lose", "Cannot lose"
    AT_RISK = "at_risk", "At risk"
    LOST = "lost", "Lost"
    HIBERNATING = "hibernating", "Hibernating"


class LoyaltyTier(models.TextChoices):
    """Tier by loyalty, 0 to 100."""

    BRONZE = "bronze", "Bronze"
    SILVER = "silver", "Silver"
    GOLD = "gold", "Gold"
    PLATINUM = "platinum", "Platinum"


class NoteKind(models.IntegerChoices):
    """What a note asks the fold to recompute."""

    HOUR = 1, "Hour and channel"
    # Also the product's category on that day.
    PRODUCT_DAY = 2, "Product and day"
    # All days of the product, in the category it left and the one it is in now.
    PRODUCT_MOVED = 3, "Product left a category"
    CUSTOMER = 4, "Customer"


class View(models.TextChoices):
    """The six materialized views."""

    DASHBOARD_OVERVIEW = "dashboard_overview_mv", "Dashboard overview"
    HOURLY_SALES = "hourly_sales_mv", "Hourly sales"
    TOP_PRODUCTS = "top_products_mv", "Top products"
    CATEGORY_DAILY = "category_daily_sales_mv", "Category sales"
    INVENTORY_HEALTH = "inventory_health_mv", "Inventory health"
    CUSTOMER_SEGMENTS = "customer_segments_mv", "Customer segments"


class RefreshStatus(models.TextChoices):
    """How a refresh ended."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped: one was running"
    FAILED = "failed", "Failed"
