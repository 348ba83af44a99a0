"""What the views of rules share: reading what was typed."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from techmart.core.problems import FieldError, Refusal
from transactions.models import FraudRule
from transactions.services.rules import RuleRefused


def found_rule(pk: int) -> FraudRule:
    """Return a rule with what runs of it. Raises Http404."""
    rule = FraudRule.objects.select_related("owner", "live", "shadow").filter(pk=pk).first()
    if rule is None:
        raise Http404(f"There is no rule {pk}.")
    return rule


def by_field(refusal: Refusal) -> dict[str, str]:
    """Return the first message of each field; of a row, with its line."""
    found: dict[str, str] = {}
    for error in refusal.errors:
        line = "" if error.row is None else f"Line {error.row + 1}: "
        found.setdefault(error.field, f"{line}{error.message}")
    return found


def typed_day(posted: QueryDict, name: str) -> date | None:
    """Return a day that was typed; None without one. Raises RuleRefused."""
    text = posted.get(name, "").strip()
    return _read(parse_date, text, name, "Give a day such as 2026-11-01.") if text else None


def typed_moment(text: str) -> datetime | None:
    """Return a moment as people write it, in shop time; None without one. Raises RuleRefused."""
    text = text.strip()
    if not text:
        return None
    message = "Give a time such as 2026-12-31T18:00."
    moment = _read(parse_datetime, text, "expires_at", message)
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _read(parse_text: Callable[[str], Any], text: str, field: str, message: str) -> Any:
    try:
        found = parse_text(text)
    except ValueError:
        found = None
    if found is None:
        raise RuleRefused([FieldError(field, "invalid", message)])
    return found
