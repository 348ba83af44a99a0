"""Addresses of the pages of rules."""

from django.urls import reverse


def rules_url() -> str:
    """Return the list of rules."""
    return reverse("transactions:rules")


def rule_url(rule_id: int, *, version: int | None = None) -> str:
    """Return a rule's page, showing one of its versions or the newest."""
    url = reverse("transactions:rule", args=(rule_id,))
    return url if version is None else f"{url}?version={version}"


def act_url(rule_id: int, act: str) -> str:
    """Return where an act on a rule is sent."""
    return reverse("transactions:rule-act", args=(rule_id, act))


def list_url(key: str) -> str:
    """Return a value list's page."""
    return reverse("transactions:value-list", args=(key,))
