"""Value lists: made, added to, ended. What a list held is never forgotten."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.core.problems import FieldError
from techmart.lib.pseudonyms import PSEUDONYM_LENGTH
from transactions.choices import ListKind
from transactions.models import ValueList, ValueListEntry
from transactions.rules.fields import FIELDS, Spelling
from transactions.rules.parsing import LONGEST_TEXT
from transactions.services.rules.refusals import RuleRefused, UnknownRule
from transactions.services.rules.stamps import renew_stamp

SUBJECT = "value_list"
# Values of one request.
MOST_AT_ONCE = 5000
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class _Form:
    """How the values of a kind of list look, and what to say of another `value`."""

    pattern: re.Pattern[str]
    message: str


_HASH = _Form(
    re.compile(rf"[0-9a-f]{{{PSEUDONYM_LENGTH}}}"),
    f"Give its hash as the API shows it, {PSEUDONYM_LENGTH} digits and letters, never the value.",
)
_FORMS = {
    ListKind.COUNTRY: _Form(
        re.compile(r"[A-Z]{2}"), "{value} is no country; use its two letters, such as GB."
    ),
    ListKind.CARD: _HASH,
    ListKind.ADDRESS: _HASH,
    ListKind.EMAIL: _Form(
        re.compile(r"[^@\s]+@[^@\s]+"), "Give a stem as sales have it, such as annalee@example.com."
    ),
    ListKind.LIMIT: _Form(
        re.compile(r"0*[1-9]\d{0,11}(\.\d{1,2})?"),
        "Give an amount of 1 or more with at most two decimals, such as 500 or 499.99.",
    ),
}
_SPELLING = {
    field.list_kind: field.spelling for field in FIELDS.values() if field.list_kind is not None
}


@dataclass(frozen=True, slots=True)
class Added:
    """What became of values: new ones, and those that were there and now end otherwise."""

    added: int
    changed: int
    unchanged: int


def live_entries(value_list: ValueList, *, now: datetime) -> QuerySet[ValueListEntry]:
    """Return what stands in a list now."""
    return value_list.entries.filter(Q(expires_at=None) | Q(expires_at__gt=now), added_at__lte=now)


@transaction.atomic
def create_list(
    *,
    key: str,
    name: str,
    kind: str,
    reason: str,
    actor: User,
    now: datetime,
    watched: bool = False,
) -> ValueList:
    """Make an empty list. key: how rules name it, for good. Raises RuleRefused by field.

    watched: what stands in it raises the score of a sale, beside what rules make of it.
    """
    key, name, reason = key.strip(), name.strip(), reason.strip()
    errors = []
    if not _KEY.fullmatch(key) or len(key) > 60:
        message = "Use small letters, digits and dashes, such as watch-countries; at most 60."
        errors.append(FieldError("key", "invalid", message))
    elif ValueList.objects.filter(key=key).exists():
        errors.append(FieldError("key", "taken", "Another list has this key."))
    if not name or len(name) > 120:
        errors.append(FieldError("name", "required", "Give a name of at most 120 characters."))
    elif ValueList.objects.filter(name=name).exists():
        errors.append(FieldError("name", "taken", "Another list has this name."))
    if kind not in ListKind.values:
        choices = ", ".join(ListKind.values)
        errors.append(FieldError("kind", "unknown", f"Choose one of: {choices}."))
    if watched and kind == ListKind.LIMIT:
        message = "Amounts are not watched: being just under one of them is a signal of its own."
        errors.append(FieldError("watched", "invalid", message))
    errors += _reason_errors(reason)
    if errors:
        raise RuleRefused(errors)
    made = ValueList.objects.create(
        key=key,
        name=name,
        kind=kind,
        reason=reason,
        watched=watched,
        created_by=actor,
        created_at=now,
    )
    _note(made, "make", now, actor, {"key": key, "kind": kind, "watched": watched}, reason)
    return made


@transaction.atomic
def add_values(
    *,
    key: str,
    values: Sequence[str],
    expires_at: datetime | None,
    reason: str,
    actor: User,
    now: datetime,
) -> Added:
    """Add values to a list from now on, all or none; one that stands there takes the new end.

    Raises UnknownRule; RuleRefused with every value that cannot be used, by its row.
    """
    renew_stamp()
    value_list = _locked(key)
    reason = reason.strip()
    spelled = _spelled(value_list, values)
    errors = [*spelled.errors, *_reason_errors(reason)]
    if expires_at is not None and expires_at <= now:
        errors.append(FieldError("expires_at", "past", "Give a time that is to come, or none."))
    if errors:
        raise RuleRefused(errors)
    standing = {entry.value: entry for entry in live_entries(value_list, now=now)}
    new = [value for value in spelled.values if value not in standing]
    changed = [
        entry
        for value in spelled.values
        if (entry := standing.get(value)) and entry.expires_at != expires_at
    ]
    ValueListEntry.objects.bulk_create(
        ValueListEntry(
            list=value_list,
            value=value,
            added_at=now,
            expires_at=expires_at,
            reason=reason,
            added_by=actor,
        )
        for value in new
    )
    ValueListEntry.objects.filter(pk__in=[entry.pk for entry in changed]).update(
        expires_at=expires_at
    )
    after = {
        "added": new,
        "changed": [entry.value for entry in changed],
        "expires_at": str(expires_at) if expires_at else None,
    }
    _note(value_list, "add", now, actor, after, reason)
    return Added(len(new), len(changed), len(spelled.values) - len(new) - len(changed))


@transaction.atomic
def end_values(*, key: str, values: Sequence[str], reason: str, actor: User, now: datetime) -> int:
    """End values from now on; return how many. Raises UnknownRule, RuleRefused for unknown ones."""
    renew_stamp()
    value_list = _locked(key)
    spelled = _spelled(value_list, values)
    if errors := [*spelled.errors, *_reason_errors(reason.strip())]:
        raise RuleRefused(errors)
    standing = live_entries(value_list, now=now).filter(value__in=spelled.values)
    found = dict(standing.values_list("value", "pk"))
    if missing := [value for value in spelled.values if value not in found]:
        message = f"{missing[0]} does not stand in this list."
        raise RuleRefused([FieldError("values", "unknown", message)])
    ValueListEntry.objects.filter(pk__in=found.values()).update(expires_at=now)
    _note(value_list, "end", now, actor, {"ended": spelled.values}, reason.strip())
    return len(found)


@dataclass(frozen=True, slots=True)
class _Spelled:
    values: list[str]
    errors: list[FieldError]


def _spelled(value_list: ValueList, values: Sequence[str]) -> _Spelled:
    """Return values once each in the list's spelling, as sales are compared with them."""
    spelling = _SPELLING.get(ListKind(value_list.kind), Spelling.EXACT)
    found: dict[str, None] = {}
    errors: list[FieldError] = []
    if not values:
        errors.append(FieldError("values", "required", "Give at least one value."))
    if len(values) > MOST_AT_ONCE:
        message = f"Give at most {MOST_AT_ONCE} values at once."
        return _Spelled([], [FieldError("values", "too_many", message)])
    for row, raw in enumerate(values):
        value = spelling.of(raw)
        if not value or len(value) > LONGEST_TEXT:
            message = f"Give values of 1 to {LONGEST_TEXT} characters."
            errors.append(FieldError("values", "invalid", message, row))
        elif (form := _FORMS.get(ListKind(value_list.kind))) and not form.pattern.fullmatch(value):
            message = form.message.format(value=raw.strip())
            errors.append(FieldError("values", "invalid", message, row))
        else:
            found[value] = None
    return _Spelled(list(found), errors)


def _reason_errors(reason: str) -> list[FieldError]:
    if len(reason) > 500:
        return [FieldError("reason", "too_long", "Use at most 500 characters.")]
    return []


def _locked(key: str) -> ValueList:
    value_list = ValueList.objects.select_for_update().filter(key=key).first()
    if value_list is None:
        raise UnknownRule(f"list {key}")
    return value_list


def _note(
    value_list: ValueList, act: str, now: datetime, actor: User, after: Mapping[str, object],
    reason: str,
) -> None:  # fmt: skip
    record_audit(
        action=f"value_list.{act}",
        subject_kind=SUBJECT,
        subject_id=value_list.pk,
        now=now,
        actor=actor,
        after=after,
        reason=reason,
    )
