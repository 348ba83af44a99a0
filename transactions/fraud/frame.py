"""Sales as columns: what a score is worked out from."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = NDArray[np.object_]

ANONYMOUS = 0
# The code of a text that is not known.
UNKNOWN = -1
MICROSECONDS = 1_000_000
DAY_US = 86_400 * MICROSECONDS
HOUR_US = 3_600 * MICROSECONDS
# A moment that never comes.
NEVER_US = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFrame:
    """Order lines to score, in time order; lines of one moment in the order of insertion.

    timestamp_us: microseconds since 1970 in UTC, when the sale happened. customer_id: 0 is
    anonymous. amount_cents: the line's total in hundredths of the currency. Countries are two
    letters or "". Columns that may be None are unknown throughout; "" in them is unknown, too.
    device: the terminal or device it came through; card, ship_address, bill_address: keyed hashes;
    email: the address's stem; category: the product's; list_price_e4: 1/10,000 of the currency a
    unit, 0 when unknown; declined_us, refunded_us: when the payment was declined and money given
    back was first known of, NEVER_US when not. Raises ValueError for columns of unequal length or
    times that go back.
    """

    timestamp_us: Ints
    order_ref: Texts
    customer_id: Ints
    product_id: Ints
    quantity: Ints
    amount_cents: Ints
    channel: Texts
    ip_country: Texts
    ship_country: Texts
    device: Texts | None = None
    card: Texts | None = None
    ship_address: Texts | None = None
    bill_address: Texts | None = None
    email: Texts | None = None
    category: Texts | None = None
    store: Texts | None = None
    list_price_e4: Ints | None = None
    declined_us: Ints | None = None
    refunded_us: Ints | None = None

    def __post_init__(self) -> None:
        require_equal_lengths(self)
        if np.any(np.diff(self.timestamp_us) < 0):
            raise ValueError("A sales frame is in time order.")

    def __len__(self) -> int:
        return len(self.timestamp_us)

    @property
    def devices(self) -> Texts:
        """Return the device of each line, "" when unknown."""
        return self.texts("device")

    def texts(self, name: str) -> Texts:
        """Return a column of texts, all "" when it is None."""
        return texts_or_blank(getattr(self, name), len(self))

    @property
    def country(self) -> Texts:
        """Where it goes, or else where it was ordered from; "" when neither is known."""
        return np.where(self.ship_country == "", self.ip_country, self.ship_country)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLines:
    """Lines recorded before, of the customers of a frame, by time and then id.

    category, declined_us, refunded_us: as in SalesFrame.
    """

    timestamp_us: Ints
    order_ref: Texts
    customer_id: Ints
    product_id: Ints
    amount_cents: Ints
    ship_country: Texts
    category: Texts | None = None
    declined_us: Ints | None = None
    refunded_us: Ints | None = None

    def __post_init__(self) -> None:
        require_equal_lengths(self)


def texts_or_blank(column: Texts | None, n: int) -> Texts:
    """Return a column of texts, n times "" for None."""
    return text_column([""] * n) if column is None else column


def times_or_never(column: Ints | None, n: int) -> Ints:
    """Return a column of moments, n times NEVER_US for None."""
    return np.full(n, NEVER_US) if column is None else column


def require_equal_lengths(frame: Any) -> None:
    """Raise ValueError unless all columns of a dataclass of arrays are equally long."""
    columns = {name: getattr(frame, name) for name in frame.__dataclass_fields__}
    lengths = {name: len(column) for name, column in columns.items() if column is not None}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Columns of unequal length: {lengths}")


def text_column(values: Iterable[str]) -> Texts:
    """Return strings as an array of objects, which NumPy would otherwise pad to one width."""
    items = list(values)
    column = np.empty(len(items), dtype=np.object_)
    column[:] = items
    return column


def codes_of(values: Iterable[Hashable], known: dict[Any, int]) -> Ints:
    """Return a small integer for each value, the same for equal ones; adds to `known`."""
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)


def text_codes(values: Texts, known: dict[str, int]) -> Ints:
    """Return a small integer for each text, UNKNOWN for ""; adds to `known`."""
    return np.array(
        [known.setdefault(value, len(known)) if value else UNKNOWN for value in values.tolist()],
        np.int64,
    )
