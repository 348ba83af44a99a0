"""Which sales fall due when, and the year beginning again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from techmart.demo.replay import Clock, Year, sale_body
from techmart.demo.shift import Shift

ZONE = ZoneInfo("America/New_York")
# The year ends on Sunday 31 December at 23:00; its first Monday is 2 January.
WALLS = [
    datetime(2017, 1, 1, 12, 0),
    datetime(2017, 1, 2, 8, 0),
    datetime(2017, 12, 31, 20, 0),
    datetime(2017, 12, 31, 23, 0),
]


def line(number: int, wall: datetime) -> dict[str, Any]:
    return {
        "order_ref": f"B{number}",
        "household_id": 7,
        "store_id": 12,
        "product_id": 100 + number,
        "quantity": 2,
        "total": 350,
        "discount": 50,
        "unit_price": 20_000,
        "wall": wall,
        "channel": "store",
        "payment_method": "cash",
        "device": "",
        "ip_country": "",
        "ship_country": "",
        "payment_status": "paid",
        "card_token": "",
        "ship_address": "",
        "bill_address": "",
        "email": "",
    }


@pytest.fixture
def year() -> Year:
    lines = pl.DataFrame([line(number, wall) for number, wall in enumerate(WALLS)])
    return Year(
        lines=lines,
        shift=Shift(weeks=465, zone=ZONE),
        first_monday=datetime(2017, 1, 2),
        last=WALLS[-1],
    )


def references(rows: Any) -> list[tuple[str, int]]:
    return [(row["order_ref"], row["cycle"]) for row in rows]


def test_lines_are_due_in_a_half_open_interval(year: Year) -> None:
    start = year.shift.to_shop(WALLS[2])
    end = year.shift.to_shop(WALLS[3])

    assert references(year.due(start, end)) == [("B2", 0)]


def test_after_the_end_the_same_calendar_week_follows(year: Year) -> None:
    end = year.shift.to_shop(WALLS[3])

    # The Sunday that begins the data set is left out, Monday 2 January follows the next morning.
    rows = list(year.due(end, end + timedelta(hours=12)))

    assert references(rows) == [("B3", 0), ("B1", 1)]
    assert rows[1]["at"] - rows[0]["at"] == timedelta(hours=9)


def test_the_next_line_is_found_over_the_end_of_the_year(year: Year) -> None:
    after_end = year.shift.to_shop(WALLS[3]) + timedelta(seconds=1)

    assert year.next_after(after_end) == year.shift.to_shop(WALLS[3]) + timedelta(hours=9)


def test_second_year_gets_references_of_its_own(year: Year) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    start = year.shift.to_shop(WALLS[2])
    first = {sale_body(row, currency="USD", now=now)["reference"] for row in year.due(start, now)}

    count = sum(1 for _ in year.due(start, now))

    assert len(first) == count > 6


def test_a_sale_ahead_of_its_time_happens_now(year: Year) -> None:
    row = next(iter(year.due(year.shift.to_shop(WALLS[2]), year.shift.to_shop(WALLS[3]))))
    now = row["at"] - timedelta(days=1)

    body = sale_body(row, currency="USD", now=now)

    assert body["timestamp"] == now.isoformat()
    # 2 x 2.00 - 0.50
    assert (body["unit_price"], body["discount"], body["total_amount"]) == ("2", "0.5", "3.5")
    assert body["store"] == "S12"


def test_a_hurried_clock() -> None:
    start = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    clock = Clock(started_at=start, position=start, speed=60)

    assert clock.read(start + timedelta(minutes=1)) == start + timedelta(hours=1)
    assert clock.until(start + timedelta(hours=2), start) == timedelta(minutes=2)
    assert clock.until(start - timedelta(hours=2), start) == timedelta(0)
