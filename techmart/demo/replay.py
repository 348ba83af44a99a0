"""The held-back part of the year as live sales: which lines fall due when, and in what body."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from techmart.demo.shift import YEAR_WEEKS, Shift
from techmart.demo.weeks import store_code


@dataclass(frozen=True)
class Clock:
    """Time of the replay: real time from `started_at`, `speed` times as fast."""

    started_at: datetime
    position: datetime
    speed: float

    def read(self, now: datetime) -> datetime:
        """Return the shop time up to which sales are due."""
        return self.position + (now - self.started_at) * self.speed

    def until(self, moment: datetime, now: datetime) -> timedelta:
        """Return the real time left until a shop time is reached; zero when it is past."""
        return max(timedelta(0), (moment - self.read(now)) / self.speed)


@dataclass(frozen=True)
class Year:
    """The data set's lines over and over: cycle 0 as loaded, then again 52 weeks on, and so on.

    lines: as in `weeks.Plan`, in order of `wall`. The data set begins on a Sunday; from the
    second cycle on that day is left out, so that weeks follow one another.
    """

    lines: pl.DataFrame
    shift: Shift
    first_monday: datetime
    last: datetime

    def due(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """Yield the lines with start <= shop time < end in order of time, with `at` and `cycle`."""
        cycle = self._cycle_of(start)
        while True:
            shift = self._shift(cycle)
            yield from self._slice(self._begin(start, cycle), shift.to_data(end), shift, cycle)
            if shift.to_data(end) <= self.last:
                return
            cycle += 1

    def next_after(self, moment: datetime) -> datetime:
        """Return the shop time of the next line at or after `moment`."""
        cycle = self._cycle_of(moment)
        following = self.lines.filter(pl.col("wall") >= self._begin(moment, cycle))["wall"]
        if not following.len():
            cycle += 1
            following = self.lines.filter(pl.col("wall") >= self.first_monday)["wall"]
        return self._shift(cycle).to_shop(following[0])

    def _begin(self, moment: datetime, cycle: int) -> datetime:
        """Local time of the data set at which a cycle's lines from `moment` on begin."""
        wall = self._shift(cycle).to_data(moment)
        return max(wall, self.first_monday) if cycle else wall

    def _cycle_of(self, moment: datetime) -> int:
        past_end = self.shift.to_data(moment) - self.last
        return max(0, -(-past_end // timedelta(weeks=YEAR_WEEKS)))

    def _shift(self, cycle: int) -> Shift:
        shift = self.shift
        for _ in range(cycle):
            shift = shift.next_year()
        return shift

    def _slice(
        self, begin: datetime, end: datetime, shift: Shift, cycle: int
    ) -> Iterator[dict[str, Any]]:
        chosen = self.lines.filter((pl.col("wall") >= begin) & (pl.col("wall") < end))
        for row in chosen.with_columns(store=store_code()).iter_rows(named=True):
            yield row | {"at": shift.to_shop(row["wall"]), "cycle": cycle}


def sale_body(row: dict[str, Any], *, currency: str, now: datetime) -> dict[str, Any]:
    """Return one sale for the API. A sale replayed ahead of its time happens now."""
    order_ref = row["order_ref"] if row["cycle"] == 0 else f"{row['order_ref']}.{row['cycle']}"
    return {
        "reference": f"{order_ref}-{row['product_id']}",
        "order_ref": order_ref,
        "customer_code": f"H{row['household_id']}",
        "sku": f"P{row['product_id']}",
        "quantity": row["quantity"],
        "unit_price": str(Decimal(row["unit_price"]) / 10_000),
        "discount": str(Decimal(row["discount"]) / 100),
        "total_amount": str(Decimal(row["total"]) / 100),
        "currency": currency,
        "channel": row["channel"],
        "payment_method": row["payment_method"],
        "device": row["device"],
        "ip_country": row["ip_country"],
        "ship_country": row["ship_country"],
        "store": row["store"],
        "payment_status": row["payment_status"],
        "card_token": row["card_token"],
        "ship_address": row["ship_address"],
        "bill_address": row["bill_address"],
        "email": row["email"],
        "timestamp": min(row["at"], now).isoformat(),
    }
