"""Tells when a channel, or the whole shop, sells less than it hardly ever did at that hour."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import F

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec, clear_alerts, raise_alerts
from analytics.dashboard.figures import folded_through
from analytics.filters import SALES_PATH
from analytics.models import SalesHourly
from techmart.lib import formats
from techmart.lib.periods import address, format_bound, same_time_before

HOUR = timedelta(hours=1)
# Half a year of the same weekday and hour; fewer than LEAST_WEEKS say nothing.
HISTORY_WEEKS = 26
LEAST_WEEKS = 8
# Domain: below the 1 % quantile two hours in a row; over again above the 10 % quantile.
LOW, OVER = 0.01, 0.10
# The whole shop; channels go by their codes.
ALL = "all"

NetByHour = Mapping[datetime, float]


@dataclass(frozen=True, slots=True)
class HourLook:
    """One hour of one dimension: net sales and the quantiles of its history.

    low, over: None without enough history, or where the hour usually has no sale at all.
    """

    net: float
    low: float | None
    over: float | None

    @property
    def is_low(self) -> bool:
        """Below the 1 % quantile."""
        return self.low is not None and self.net < self.low

    @property
    def is_over(self) -> bool:
        """At or above the 10 % quantile."""
        return self.over is not None and self.net >= self.over


def look_at_hour(net: NetByHour, hour: datetime, *, first: datetime, zone: ZoneInfo) -> HourLook:
    """Hold an hour against the same weekday and hour of the shop's clock in earlier weeks.

    net: net sales by hour, hours without any left out. first: the hour of the first sale ever;
    weeks before it are no history.
    """
    earlier = (
        same_time_before(hour, timedelta(weeks=week), zone=zone)
        for week in range(1, HISTORY_WEEKS + 1)
    )
    history = [net.get(moment, 0.0) for moment in earlier if moment >= first]
    now = net.get(hour, 0.0)
    if len(history) < LEAST_WEEKS:
        return HourLook(now, None, None)
    low, over = np.quantile(history, (LOW, OVER))
    # Below nothing there is nothing to fall to.
    return HourLook(now, float(low), float(over)) if low > 0 else HourLook(now, None, None)


def report_sales_drops(*, now: datetime) -> list[str]:
    """Raise an alert for each dimension whose two newest whole hours were too low.

    Only hours that are folded to their end count. Returns the dimensions that fire.
    """
    folded = folded_through()
    if folded is None:
        return []
    end = min(now, folded).replace(minute=0, second=0, microsecond=0)
    hours = (end - 2 * HOUR, end - HOUR)
    fire, over = [], []
    for dimension, net in _net_by_dimension(hours[0]).items():
        first = min(net)
        looks = [
            look_at_hour(net, hour, first=first, zone=ZoneInfo(settings.TIME_ZONE))
            for hour in hours
        ]
        if all(look.is_low for look in looks):
            fire.append((dimension, looks[-1]))
        elif looks[-1].is_over:
            over.append(_key(dimension))
    raise_alerts([_spec(dimension, look, hours) for dimension, look in fire], now=now)
    clear_alerts(over, now=now)
    return [dimension for dimension, _ in fire]


def _net_by_dimension(newest: datetime) -> dict[str, dict[datetime, float]]:
    """Net sales by hour, of the shop and of each channel, as far back as history is wanted."""
    rows = (
        SalesHourly.objects.filter(hour__gte=newest - timedelta(weeks=HISTORY_WEEKS) - HOUR)
        .annotate(net=F("gross") - F("refunds"))
        .values_list("hour", "channel", "net")
    )
    found: dict[str, dict[datetime, float]] = defaultdict(lambda: defaultdict(float))
    for hour, channel, net in rows.iterator():
        found[ALL][hour] += float(net)
        found[channel][hour] += float(net)
    return found


def _key(dimension: str) -> str:
    return f"{AlertKind.SALES_DROP}:{dimension}"


def _spec(dimension: str, look: HourLook, hours: tuple[datetime, datetime]) -> AlertSpec:
    where = "Sales" if dimension == ALL else f"Sales of channel {dimension}"
    currency = settings.SHOP_CURRENCY
    return AlertSpec(
        kind=AlertKind.SALES_DROP,
        severity=Severity.HIGH,
        dedupe_key=_key(dimension),
        subject_kind="channel",
        subject_id=None,
        title=f"{where} dropped",
        message=(
            f"{formats.money(look.net, currency)} in the last whole hour, the second in a row "
            f"below {formats.money(look.low, currency)}, which this weekday and hour reached in "
            "99 of 100 weeks."
        ),
        path=address(
            SALES_PATH,
            {
                "from": format_bound(hours[0]),
                "to": format_bound(hours[1] + HOUR),
                "basis": "booked",
                **({} if dimension == ALL else {"channel": dimension}),
            },
        ),
        facts={"Usual low": formats.money(look.low, currency)},
    )
