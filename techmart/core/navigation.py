"""The pages in the sidebar, the bottom bar and behind `g` and a letter."""

from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the navigation. letter: pressed after `g`; empty when it has none.

    counter: template variable with the number beside it. tabbar: also in a phone's bottom bar.
    """

    key: str
    label: str
    icon: str
    url_name: str
    letter: str = ""
    counter: str = ""
    staff_only: bool = False
    tabbar: bool = False


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A page with its address, as templates show it."""

    page: Page
    url: str
    current: bool


PAGES = (
    Page("dashboard", "Dashboard", "layout-dashboard", "analytics:dashboard", "d", tabbar=True),
    Page(
        "transactions",
        "Transactions",
        "receipt-text",
        "transactions:list",
        "t",
        counter="review_count",
        tabbar=True,
    ),
    Page("inventory", "Inventory", "package", "inventory:list", "i", tabbar=True),
    Page("analytics", "Analytics", "chart-line", "analytics:overview", "a"),
    Page("alerts", "Alerts", "bell", "alerts:list", "l", counter="open_alert_count", tabbar=True),
    Page("health", "Health", "activity", "health", "h", staff_only=True),
    Page("api", "API", "book-open", "api-docs"),
    Page("admin", "Admin", "settings", "admin:index", staff_only=True),
)


def navigation(request: HttpRequest) -> list[NavigationItem]:
    """Return the pages this person may open; the one shown is marked."""
    user = getattr(request, "user", None)
    staff = bool(user and user.is_staff)
    items = []
    for page in PAGES:
        url = _address(page.url_name)
        if url is None or (page.staff_only and not staff):
            continue
        current = request.path == url if url == "/" else request.path.startswith(url)
        items.append(NavigationItem(page, url, current))
    return items


@lru_cache(maxsize=32)
def _address(url_name: str) -> str | None:
    """Return where a page is; None for one that this deployment does not have."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None
