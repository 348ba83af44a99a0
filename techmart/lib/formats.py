"""How numbers, money, times and ages read on every page, in every export and in mail.

Pure functions over plain values. Unknown (None) is an en dash, zero is `0`, negative numbers
carry U+2212 and not a hyphen. Times are shown in the shop's time zone, which the caller passes.
"""

import math
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

Number = int | float | Decimal

UNKNOWN = "–"
MINUS = "−"

# Signs that stand before the amount; any other currency is written as its code and a space.
_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "CAD": "CA$", "AUD": "A$"}
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "VND"})
# From this amount on a headline number is abbreviated; below, whole units still fit a tile.
_COMPACT_FROM = 10_000
_COMPACT_UNITS = ((10**9, "B"), (10**6, "M"), (10**3, "k"))

# Ages turn to the next larger unit here, so that each stays two digits long.
_SECONDS_UNTIL = 90
_MINUTES_UNTIL = 90 * 60
_HOURS_UNTIL = 36 * 3600


def count(value: Number | None) -> str:
    """Return a whole number with thousands separated, such as `9,214`."""
    return decimal(value, places=0)


def decimal(value: Number | None, *, places: int = 1) -> str:
    """Return a number with fixed decimals, rounded half away from zero: `18.4`, `−0.5`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    rounded = _rounded(value, places)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):,.{places}f}"


def rate(value: Number | None, *, places: int = 1) -> str:
    """Return a share (0 to 1) in percent: 0.031 is `3.1%`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{decimal(_hundredfold(value), places=places)}%"


def signed(value: Number | None, *, places: int = 0) -> str:
    """Return a number that always carries its sign, zero excepted: `+24`, `−3`, `0`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = decimal(value, places=places)
    return text if text.startswith(MINUS) or _rounded(value, places) == 0 else f"+{text}"


def signed_rate(value: Number | None, *, places: int = 1) -> str:
    """Return a relative change (0.094) in percent with its sign: `+9.4%`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{signed(_hundredfold(value), places=places)}%"


def points(value: Number | None, *, places: int = 1) -> str:
    """Return the difference of two shares (0 to 1) in percentage points: `+1.1 pt`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{signed(_hundredfold(value), places=places)} pt"


def money(amount: Number | None, currency: str, *, places: int | None = None) -> str:
    """Return an amount in full, such as `$1,249.00` or `−CHF 12.50`.

    currency: ISO 4217 code. places: decimals, by default those of the currency.
    """
    if amount is None or not math.isfinite(amount):
        return UNKNOWN
    if places is None:
        places = 0 if currency in _WITHOUT_CENTS else 2
    return _priced(decimal(amount, places=places), currency)


def money_compact(amount: Number | None, currency: str) -> str:
    """Return a headline amount with three digits, such as `$1.38M`; whole below 10,000.

    The page shows the full amount in `title` beside it.
    """
    if amount is None or not math.isfinite(amount):
        return UNKNOWN
    size = _size(amount)
    if size < _COMPACT_FROM:
        return money(amount, currency, places=0)
    text = _three_digits(size)
    return _priced(f"{MINUS}{text}" if amount < 0 else text, currency)


def axis_number(value: Number, *, currency: str = "") -> str:
    """Return a tick label as short as its value allows: `$80k`, `2.5`, `0`."""
    size = _size(value)
    for unit, letter in _COMPACT_UNITS:
        if size >= unit:
            text = f"{_plain(size / unit)}{letter}"
            break
    else:
        text = _plain(size)
    return _priced(f"{MINUS}{text}" if value < 0 else text, currency)


def day(value: date | None, *, year: bool = True) -> str:
    """Return `24 Nov 2026`, or `24 Nov` without the year."""
    if value is None:
        return UNKNOWN
    return f"{value.day} {value:%b %Y}" if year else f"{value.day} {value:%b}"


def clock(at: datetime | None, zone: tzinfo, *, seconds: bool = True) -> str:
    """Return the time of day in the zone, 24 hours: `14:32:10`."""
    if at is None:
        return UNKNOWN
    return at.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(at: datetime | None, zone: tzinfo, *, seconds: bool = True) -> str:
    """Return date and time in the zone: `24 Nov 2026 14:32:10`."""
    if at is None:
        return UNKNOWN
    local = at.astimezone(zone)
    return f"{day(local.date())} {clock(at, zone, seconds=seconds)}"


def listed(at: datetime | None, zone: tzinfo, *, now: datetime) -> str:
    """Return a moment as lists show it: `Today 14:31:22`, `Yesterday 09:05:00`, `21 Oct 10:15`.

    Older moments have no seconds; those of another year name it.
    """
    if at is None:
        return UNKNOWN
    then, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if then == today:
        return f"Today {clock(at, zone)}"
    if then == today - timedelta(days=1):
        return f"Yesterday {clock(at, zone)}"
    return f"{day(then, year=then.year != today.year)} {clock(at, zone, seconds=False)}"


def window(start: date | datetime, end: date | datetime, zone: tzinfo) -> str:
    """Return a half-open window [start, end) in words, both ends as a reader counts them.

    Whole days name the last day inside: [27 Oct 00:00, 24 Nov 00:00) is `27 Oct to 23 Nov`.
    Others name both moments: `23 Nov 14:32 to 24 Nov 14:32`, `24 Nov 00:00 to 14:32`.
    Years are named when the two differ.
    """
    first, last, clocks = _window_ends(start, end, zone)
    years = first.year != last.year
    opening = f"{day(first, year=years)} {clocks[0]}".strip()
    closing = day(last, year=years)
    if first == last:
        return f"{opening} to {clocks[1]}" if clocks[1] else opening
    return f"{opening} to {closing} {clocks[1]}".strip()


def age(seconds: float | None) -> str:
    """Return how long ago, in one unit: `41 s ago`, `12 min ago`, `5 h ago`, `3 d ago`.

    `static/js/app.js` counts on with the same limits.
    """
    text = duration(seconds)
    return text if text == UNKNOWN else f"{text} ago"


def duration(seconds: float | None) -> str:
    """Return a length of time in one unit: `41 s`, `12 min`, `5 h`, `3 d`."""
    if seconds is None:
        return UNKNOWN
    seconds = max(0.0, seconds)
    if seconds < _SECONDS_UNTIL:
        return f"{int(seconds)} s"
    if seconds < _MINUTES_UNTIL:
        return f"{round(seconds / 60)} min"
    if seconds < _HOURS_UNTIL:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86400)} d"


def _rounded(value: Number, places: int) -> Decimal:
    # str() of a float is its shortest exact reading, so 2.675 rounds as a person would.
    quantum = Decimal(1).scaleb(-places)
    return Decimal(str(value)).quantize(quantum, rounding=ROUND_HALF_UP)


def _size(value: Number) -> Decimal:
    return abs(Decimal(str(value)))


def _hundredfold(value: Number) -> Decimal:
    return Decimal(str(value)) * 100


def _priced(text: str, currency: str) -> str:
    """Put the currency between the minus sign and the digits."""
    symbol = _SYMBOLS.get(currency, f"{currency} " if currency else "")
    if text.startswith(MINUS):
        return f"{MINUS}{symbol}{text.removeprefix(MINUS)}"
    return f"{symbol}{text}"


def _three_digits(size: Decimal) -> str:
    """Return 12_345 as `12.3k`; what would round to 1000 of a unit takes the next one up."""
    for index, (unit, letter) in enumerate(_COMPACT_UNITS):
        if size < unit:
            continue
        scaled = size / unit
        places = 2 if scaled < Decimal("9.995") else 1 if scaled < Decimal("99.95") else 0
        if _rounded(scaled, places) >= 1000 and index:
            return f"1.00{_COMPACT_UNITS[index - 1][1]}"
        return f"{_rounded(scaled, places):,f}{letter}"
    raise ValueError(f"{size} is below the smallest unit")


def _plain(value: Number) -> str:
    """Return up to three decimals, without trailing zeros."""
    text = f"{_rounded(value, 3):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _window_ends(
    start: date | datetime, end: date | datetime, zone: tzinfo
) -> tuple[date, date, tuple[str, str]]:
    """Return the first and last day a reader would name, and times unless days are whole."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, end - timedelta(days=1), ("", "")
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.time() == last.time() == time(0):
        return first.date(), last.date() - timedelta(days=1), ("", "")
    clocks = (clock(start, zone, seconds=False), clock(end, zone, seconds=False))
    return first.date(), last.date(), clocks
