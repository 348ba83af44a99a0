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
MICROSECONDS = 1_000_000
DAY_US = 86_400 * MICROSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFrame:
    """Order lines to score, in time order; lines of one moment in the order of insertion.

    timestamp_us: microseconds since 1970 in UTC, when the sale happened. customer_id: 0 is
    anonymous. amount_cents: the line's total in hundredths of the currency. Countries are two
    letters or "". device: the terminal or device it came through, "" or None when unknown. Raises
    ValueError for columns of unequal length or times that go back.
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

    def __post_init__(self) -> None:
        require_equal_lengths(self)
        if np.any(np.diff(self.timestamp_us) < 0):
            raise ValueError("A sales frame is in time order.")

    def __len__(self) -> int:
        return len(self.timestamp_us)

    @property
    def devices(self) -> Texts:
        """Return the device of each line, "" when unknown."""
        return text_column([""] * len(self)) if self.device is None else self.device

    @property
    def country(self) -> Texts:
        """Where it goes, or else where it was ordered from; "" when neither is known."""
        return np.where(self.ship_country == "", self.ip_country, self.ship_country)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLines:
    """Lines recorded before, of the customers of a frame, by time and then id."""

    timestamp_us: Ints
    order_ref: Texts
    customer_id: Ints
    product_id: Ints
    amount_cents: Ints
    ship_country: Texts

    def __post_init__(self) -> None:
        require_equal_lengths(self)


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
