"""Where the figures of a report come from: a window, its scope, and how old each source is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from analytics.choices import View
from analytics.dashboard.figures import folded_through
from analytics.filters import ReportFilters, Scope
from analytics.refresh import view_as_of
from analytics.reports import materialized
from analytics.reports.sums import By, Sums, by_category, by_hour, by_product, rows_by
from techmart.lib.page_parts import AsOf
from techmart.lib.periods import Stretch, Windows, midnight

K = TypeVar("K")

FRESH_SECONDS = 300


@dataclass(frozen=True)
class Sources:
    """Sums of one window and of the one it is compared with, each read once."""

    filters: ReportFilters
    now: datetime

    @property
    def scope(self) -> Scope:
        """Which sales count."""
        return self.filters.scope

    @cached_property
    def spans(self) -> Windows:
        """The window and the one before."""
        return self.filters.windows(now=self.now, zone=self.zone)

    @property
    def zone(self) -> ZoneInfo:
        """The shop's."""
        return ZoneInfo(settings.TIME_ZONE)

    @property
    def days(self) -> tuple[date, date]:
        """First and last shop day of the window."""
        return self.spans.first_day, self.spans.last_day

    @property
    def days_before(self) -> tuple[date, date] | None:
        """First and last shop day compared with; None where nothing is compared."""
        if self.spans.previous is None:
            return None
        return self.spans.first_day - self.spans.shift, self.spans.last_day - self.spans.shift

    @cached_property
    def folded(self) -> AsOf:
        """The age of what comes from rollups and rows."""
        return AsOf(folded_through() or self.now, FRESH_SECONDS)

    def of_view(self, view: View, *, limit_seconds: int = FRESH_SECONDS) -> AsOf:
        """Return the age of what comes from a materialized view."""
        return AsOf(view_as_of(view), limit_seconds)

    @cached_property
    def products(self) -> dict[int, Sums]:
        """Sums of each product in the window."""
        return by_product(self.scope, *self.days)

    @cached_property
    def products_before(self) -> dict[int, Sums] | None:
        """Sums of each product in the window before, as far as this one has come."""
        return self._before(By.PRODUCT, by_product)

    @cached_property
    def categories(self) -> dict[str, Sums]:
        """Sums of each category in the window."""
        return self._categories(*self.days)

    @cached_property
    def categories_before(self) -> dict[str, Sums] | None:
        """Sums of each category in the window before, as far as this one has come."""
        return self._before(By.CATEGORY, lambda _, first, last: self._categories(first, last))

    def _before(
        self, key: By, read: Callable[[Scope, date, date], dict[K, Sums]]
    ) -> dict[K, Sums] | None:
        """Return the sums of the window before: of whole days, and of the part of its last day
        that matches the running one.
        """
        if self.days_before is None or self.spans.previous is None:
            return None
        first, last = self.days_before
        begun = midnight(last, self.zone)
        end = self.spans.previous.end
        if end is None or end >= midnight(last + timedelta(days=1), self.zone):
            return read(self.scope, first, last)
        found = dict(read(self.scope, first, last - timedelta(days=1))) if first < last else {}
        for name, sums in rows_by(key, self.scope, Stretch(begun, end)).items():
            found[name] = found.get(name, Sums()) + sums
        return found

    @property
    def categories_as_of(self) -> AsOf:
        """The age of the sums of categories."""
        if self._in_view(self.days[0], materialized.CATEGORY_DAYS_KEPT):
            return self.of_view(View.CATEGORY_DAILY)
        return self.folded

    @cached_property
    def hours(self) -> dict[datetime, Sums]:
        """Sums of each hour in the window, by when it begins."""
        first, last = self.days
        if not self._in_view(first, materialized.HOURS_KEPT_DAYS):
            return by_hour(self.scope, first, last)
        return {
            hour: sums
            for hour, sums in materialized.hourly_sales().items()
            if first <= hour.astimezone(self.zone).date() <= last
        }

    @property
    def hours_as_of(self) -> AsOf:
        """The age of the sums of hours."""
        if self._in_view(self.days[0], materialized.HOURS_KEPT_DAYS):
            return self.of_view(View.HOURLY_SALES)
        return self.folded

    def _categories(self, first: date, last: date) -> dict[str, Sums]:
        if not self._in_view(first, materialized.CATEGORY_DAYS_KEPT):
            return by_category(self.scope, first, last)
        return materialized.category_sales(first, last)

    def _in_view(self, first: date, days: int) -> bool:
        """Return whether a view holds all of the window: of the whole shop, so far back."""
        reaches = first > timezone.localdate(self.now) - timedelta(days=days)
        return reaches and self.scope.whole_shop
