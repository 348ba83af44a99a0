"""Keeping, sharing and removing views of lists."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from techmart.core.exports.registry import find
from techmart.core.models import SavedView, User
from techmart.core.problems import FieldError, Refusal

# Where a page of a list begins is no part of a view.
_NOT_KEPT = frozenset({"after"})
LONGEST_NAME = 60
LONGEST_QUERY = 2000


class ViewRefused(Refusal):
    """The view has no name, or the person has one of that name."""


def views_of(key: str, user: User) -> QuerySet[SavedView]:
    """Return a list's views that the person may use: the own ones, and what others share."""
    return (
        SavedView.objects.filter(list_key=key)
        .filter(Q(owner=user) | Q(shared=True))
        .select_related("owner")
        .order_by("name", "pk")
    )


@transaction.atomic
def save_view(
    *,
    key: str,
    name: str,
    query: str,
    shared: bool,
    is_default: bool,
    user: User,
    now: datetime,
) -> SavedView:
    """Keep a view under a name; one default a list and person. Raises NoSuchList, ViewRefused."""
    find(key, user)
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise _refused("Give the view a name.", "required")
    kept = urlencode([pair for pair in parse_qsl(query) if pair[0] not in _NOT_KEPT])
    if len(kept) > LONGEST_QUERY:
        raise _refused("This view has too many filters to be kept.", "invalid")
    if is_default:
        SavedView.objects.filter(list_key=key, owner=user, is_default=True).update(is_default=False)
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                list_key=key,
                name=name,
                query=kept,
                shared=shared,
                is_default=is_default,
                owner=user,
                created_at=now,
            )
    except IntegrityError as error:
        raise _refused(f"You have a view named {name} already.", "taken") from error


@transaction.atomic
def set_default(*, view_id: int, is_default: bool, user: User) -> SavedView:
    """Let the person's list open with this view, or no more. Raises SavedView.DoesNotExist."""
    view = SavedView.objects.select_for_update().get(pk=view_id, owner=user)
    SavedView.objects.filter(list_key=view.list_key, owner=user, is_default=True).update(
        is_default=False
    )
    view.is_default = is_default
    view.save(update_fields=["is_default"])
    return view


def delete_view(*, view_id: int, user: User) -> SavedView:
    """Remove a person's own view. Raises SavedView.DoesNotExist."""
    view = SavedView.objects.get(pk=view_id, owner=user)
    view.delete()
    return view


def _refused(message: str, code: str) -> ViewRefused:
    return ViewRefused(message, code=code, errors=[FieldError("name", code, message)])
