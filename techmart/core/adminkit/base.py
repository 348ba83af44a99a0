"""Admin lists that stay quick at millions of rows, and rows that nobody edits."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from techmart.core.models import User

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Any]
    BaseInline = admin.TabularInline[Any, Any]
    BasePaginator = Paginator[Any]
else:
    BaseAdmin = admin.ModelAdmin
    BaseInline = admin.TabularInline
    BasePaginator = Paginator

# Rows that a list counts and pages through: past it a page would read all rows before it.
REACH = 10_000
# Shorter words than the trigrams of the name indexes would read the whole table.
LEAST_WORD_LETTERS = 3
# Products, customers or sales whose rows a search looks through.
MOST_MATCHES = 100


class CappedPaginator(BasePaginator):
    """Counts no further than REACH, so that a list costs the same however long it is."""

    @cached_property
    def count(self) -> int:
        """Rows that can be paged through, REACH at most."""
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by()[:REACH].count()

    @property
    def capped(self) -> bool:
        """Whether there may be more rows than can be paged through."""
        return self.count == REACH


class QuickAdmin(BaseAdmin):
    """A list read by index: capped, in one fixed order, searched by indexed columns only.

    exact: lookups answered by a unique or other index, such as "sku__iexact".
    words: columns with a trigram index, searched for a part of them.
    through: foreign keys whose rows are looked up first, with the lookups that find them.
    Nothing is removed here: rows others refer to are deactivated or reversed.
    """

    exact: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[tuple[str, ...]] = ()
    through: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    ordering: ClassVar[Any] = ("-pk",)
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes rows."""
        return False

    def __init_subclass__(cls) -> None:
        """Show the search box where there is something to search by."""
        super().__init_subclass__()
        cls.search_fields = (*cls.exact, *cls.words, *cls.through)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Narrow to what the term names, each way by an index; a number is also a key."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = _lookups(term, self.exact, self.words)
        if term.isdecimal() and len(term) < 19:
            found |= Q(pk=int(term))
        for name, lookups in self.through.items():
            related = self.model._meta.get_field(name).related_model
            rows = related._default_manager.filter(_lookups(term, lookups, ()))
            found |= Q(**{f"{name}__in": list(rows.order_by("pk")[:MOST_MATCHES])})
        return queryset.filter(found), False


class ViewOnlyAdmin(QuickAdmin):
    """Rows that are read here and written by services only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services write these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was written stays."""
        return False


class ViewOnlyInline(BaseInline):
    """Rows of a row, shown with it."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services write these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was written stays."""
        return False


def staff_of(request: HttpRequest) -> User:
    """Return who is signed in: admin lets nobody else in."""
    return cast("User", request.user)


def _lookups(term: str, exact: Iterable[str], words: Iterable[str]) -> Q:
    found = Q(pk__in=[])
    for lookup in exact:
        found |= Q(**{lookup: term})
    if len(term) >= LEAST_WORD_LETTERS:
        for name in words:
            # ~* is what the trigram indexes answer; Django's icontains compares in upper case.
            found |= Q(**{f"{name}__iregex": re.escape(term)})
    return found
