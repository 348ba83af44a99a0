"""Why net sales changed between two windows: volume, price, mix, range and refunds, exactly.

Products sold in both windows, with q units at a mean gross price p, split their change of gross:

    volume  (Q1/Q0 − 1) · Σ q0·p0     more or fewer units, at the old mix and the old prices
    mix     Σ (q1 − q0·Q1/Q0) · p0    dearer or cheaper products among the units
    price   Σ q1 · (p1 − p0)          other prices for the same units

Products of one window alone are the range's part, and the change of refunds the rest. The parts sum
to the change to the cent: price is rounded product by product, and mix takes what rounding leaves.
Source: the price-volume-mix variance of management accounting, its mix taken by product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from analytics.reports.sums import Sums

_CENT = Decimal("0.01")


class Effect(StrEnum):
    """A part of the change, in the order shown."""

    VOLUME = "volume"
    PRICE = "price"
    MIX = "mix"
    NEW = "new"
    GONE = "gone"
    REFUNDS = "refunds"


@dataclass(frozen=True, slots=True)
class ProductChange:
    """A product's part. price, quantity: of the change of its gross; they and refunds sum to
    the change of its net.
    """

    product_id: int
    before: Decimal
    after: Decimal
    price: Decimal
    quantity: Decimal
    refunds: Decimal


@dataclass(frozen=True, slots=True)
class NetChange:
    """before, after: net sales of the windows. effects: sum to after − before."""

    before: Decimal
    after: Decimal
    effects: Mapping[Effect, Decimal]
    products: tuple[ProductChange, ...]

    @property
    def amount(self) -> Decimal:
        """The change."""
        return self.after - self.before


def decompose(before: Mapping[int, Sums], after: Mapping[int, Sums]) -> NetChange:
    """Return the parts of the change of net sales, from each product's sums of both windows."""
    kept = [
        key
        for key in before.keys() & after.keys()
        if before[key].units > 0 and after[key].units > 0
    ]
    units_before = sum(before[key].units for key in kept)
    units_after = sum(after[key].units for key in kept)
    growth = Fraction(units_after, units_before) if kept else Fraction(1)
    old = sum((Fraction(before[key].gross) for key in kept), Fraction(0))
    products = tuple(
        _product(key, before.get(key, Sums()), after.get(key, Sums()))
        for key in sorted(before.keys() | after.keys())
    )
    net_before, net_after = _net(before), _net(after)
    effects = {
        Effect.VOLUME: _cents((growth - 1) * old),
        Effect.PRICE: sum((row.price for row in products), Decimal(0)),
        Effect.NEW: _gross(after, kept),
        Effect.GONE: -_gross(before, kept),
        Effect.REFUNDS: sum((row.refunds for row in products), Decimal(0)),
    }
    # What is left of the change of gross is the mix, by the definitions above.
    effects[Effect.MIX] = net_after - net_before - sum(effects.values(), Decimal(0))
    ordered = {effect: effects[effect] for effect in Effect}
    return NetChange(net_before, net_after, ordered, products)


def _product(key: int, before: Sums, after: Sums) -> ProductChange:
    refunds = before.refunds - after.refunds
    gained = after.gross - before.gross
    price = Decimal(0)
    if before.units > 0 and after.units > 0:
        at_old_price = Fraction(before.gross) / before.units * after.units
        price = _cents(Fraction(after.gross) - at_old_price)
    return ProductChange(key, before.net, after.net, price, gained - price, refunds)


def _gross(sums: Mapping[int, Sums], kept: list[int]) -> Decimal:
    shared = set(kept)
    return sum((row.gross for key, row in sums.items() if key not in shared), Decimal(0))


def _net(sums: Mapping[int, Sums]) -> Decimal:
    return sum((row.net for row in sums.values()), Decimal(0))


def _cents(value: Fraction) -> Decimal:
    return Decimal(round(value * 100)).scaleb(-2).quantize(_CENT)
