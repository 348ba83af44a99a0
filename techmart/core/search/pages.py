"""Pages and actions that the palette offers beside what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from techmart.core.models import User
from techmart.core.navigation import navigation


@dataclass(frozen=True, slots=True)
class Place:
    """A page by the name of its address. words: further words it is found by."""

    label: str
    icon: str
    url_name: str
    permission: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the palette: a page to open, or something on this page to press.

    run: selector of what is pressed; it is offered where the page has it.
    """

    label: str
    icon: str
    url: str = ""
    run: str = ""
    words: str = ""
    hint: str = ""


# Beside the pages of the sidebar. What a deployment does not have is left out.
PLACES = (
    Place("Review queue", "shield-check", "transactions:review", "transactions.view_transaction"),
    Place("Fraud rules", "list-filter", "transactions:rules", "transactions.view_fraudrule"),
    Place(
        "How well fraud is caught",
        "activity",
        "transactions:quality",
        "transactions.view_fraudlabel",
    ),
    Place(
        "Reorder suggestions",
        "package",
        "inventory:suggestions",
        "inventory.view_reordersuggestion",
        "order buy",
    ),
    Place(
        "Purchase orders", "package", "inventory:orders", "inventory.view_purchaseorder", "po buy"
    ),
    Place("Suppliers", "package", "inventory:suppliers", "inventory.view_supplier"),
    Place("Counts", "list", "inventory:counts", "inventory.view_countsheet", "stocktaking"),
    Place(
        "Policy replay", "refresh-cw", "inventory:replays", "inventory.view_replayrun", "what if"
    ),
    Place(
        "Products by revenue", "chart-line", "analytics:products", "transactions.view_transaction"
    ),
    Place(
        "Customers, segments, cohorts",
        "user",
        "analytics:customers",
        "transactions.view_customer",
    ),
    Place("Customer list", "user", "analytics:customer-list", "transactions.view_customer"),
    Place(
        "Forecast accuracy",
        "chart-line",
        "analytics:forecast",
        "transactions.view_transaction",
    ),
    Place("Exported files", "upload", "exports:list", "", "download csv xlsx pdf"),
    Place("Reports by mail", "clock", "reports:list", "core.view_reportschedule", "schedule"),
    Place("Silences", "bell-off", "alerts:silences", "alerts.view_silence"),
    Place(
        "Alert channels",
        "send",
        "alerts:channels",
        "alerts.view_notificationchannel",
        "webhook mail notifications",
    ),
    Place("Alert rules", "list-filter", "metric_rules:list", "analytics.view_metricrule"),
    Place("Profile", "user", "profile", "", "time zone theme density shortcuts notifications"),
)

ACTIONS = (
    Offer("Refresh", "refresh-cw", run="main [data-short='r']", words="reload", hint="r"),
    Offer("Switch between light and dark", "moon", run="[data-theme-switch]", words="theme"),
    Offer("Compact rows", "rows-4", run="[data-density-switch]", words="density"),
    Offer("Copy link to this page", "link", run="[data-copy-link]", words="share"),
    Offer("Search in this list", "list-filter", run="#filter-q", words="filter find"),
    Offer("Open alerts", "bell", run="[data-open='#drawer']", words="drawer"),
    Offer("Keyboard shortcuts", "keyboard", run="[data-open='#shortcuts']", hint="?"),
    Offer("Sign out", "log-out", run=".side-foot [type='submit']", words="log out leave"),
)


def pages_for(request: HttpRequest, user: User, words: str) -> list[Offer]:
    """Return the pages that this person may open and that the words name; all for no words."""
    offers = [
        Offer(item.page.label, item.page.icon, url=item.url, hint=_keys(item.page.letter))
        for item in navigation(request)
    ]
    for place in PLACES:
        if place.permission and not user.has_perm(place.permission):
            continue
        try:
            url = reverse(place.url_name)
        except NoReverseMatch:
            continue
        offers.append(Offer(place.label, place.icon, url=url, words=place.words))
    return _named(offers, words)


def actions_for(words: str) -> list[Offer]:
    """Return the actions that the words name; all for no words."""
    return _named(ACTIONS, words)


def _keys(letter: str) -> str:
    return f"g {letter}" if letter else ""


def _named(offers: Sequence[Offer], words: str) -> list[Offer]:
    asked = words.lower().split()
    return [
        offer
        for offer in offers
        if all(word in f"{offer.label} {offer.words}".lower() for word in asked)
    ]
