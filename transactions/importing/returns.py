"""Which sales a return takes back: pure matching, newest sale first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transactions.importing.refusals import Reason


@dataclass(slots=True)
class OpenSale:
    """What can still come back of one sale.

    customer_id: 0 when anonymous. at: its moment, in any unit that orders. touched: some of it
    came back before.
    """

    reference: str
    customer_id: int
    product_id: int
    order_ref: str
    at: int
    units_left: int
    cents_left: int
    touched: bool


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one product that came back, and the money given for them.

    customer_id: 0 when anonymous. return_of: the order they belong to, "" when unknown.
    """

    reference: str
    customer_id: int
    product_id: int
    return_of: str
    at: int
    units: int
    cents: int


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a return that goes against one sale; number counts from 1 within the return.

    of: the sale's reference. first: nothing had come back of it before. last: its whole money is
    given back by this piece.
    """

    reference: str
    number: int
    of: str
    product_id: int
    at: int
    units: int
    cents: int
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """Pieces of the returns that found all of their units, and why the others did not."""

    pieces: list[Piece]
    refused: dict[str, Reason]


def match_returns(
    returns: Sequence[ReturnLine], sales: Iterable[OpenSale], *, match_anonymous: bool
) -> Matching:
    """Match each return to sales of the same customer and product that were made before it.

    Earlier returns choose first, each the newest sale with something left, within the units and
    the money that are left of it; a return is matched whole or not at all. One that names its
    order matches that order's lines only, whoever the customer is. Anonymous ones that do not
    are matched to anonymous sales if so asked.
    """
    by_customer: dict[tuple[int, int], list[OpenSale]] = defaultdict(list)
    by_order: dict[tuple[str, int], list[OpenSale]] = defaultdict(list)
    for sale in sorted(sales, key=lambda sale: (sale.at, sale.reference)):
        by_customer[sale.customer_id, sale.product_id].append(sale)
        by_order[sale.order_ref, sale.product_id].append(sale)
    matching = Matching([], {})
    for line in sorted(returns, key=lambda line: (line.at, line.reference)):
        if not line.return_of and not line.customer_id and not match_anonymous:
            matching.refused[line.reference] = Reason.ANONYMOUS_RETURN
            continue
        candidates = (
            by_order.get((line.return_of, line.product_id), [])
            if line.return_of
            else by_customer.get((line.customer_id, line.product_id), [])
        )
        shares = _shares(line, candidates)
        if sum(units for _, units, _ in shares) < line.units:
            matching.refused[line.reference] = (
                Reason.MORE_THAN_SOLD if shares else Reason.NO_MATCHING_SALE
            )
            continue
        for number, (sale, units, cents) in enumerate(shares, start=1):
            matching.pieces.append(_take(line, number, sale, units, cents))
    return matching


def _shares(line: ReturnLine, candidates: Sequence[OpenSale]) -> list[tuple[OpenSale, int, int]]:
    """Spread a return over sales, newest first, as far as it goes: units and cents of each."""
    shares: list[tuple[OpenSale, int, int]] = []
    done = 0
    for sale in reversed(candidates):
        if done == line.units:
            break
        if sale.at > line.at:
            continue
        units = _units_that_fit(line, done, sale)
        if units:
            shares.append((sale, units, _share(line, done + units) - _share(line, done)))
            done += units
    return shares


def _take(line: ReturnLine, number: int, sale: OpenSale, units: int, cents: int) -> Piece:
    """Take units and money from what is left of a sale."""
    sale.units_left -= units
    sale.cents_left -= cents
    # A sale at no price is through when all its units are back.
    last = not sale.cents_left and (cents > 0 or not sale.units_left)
    piece = Piece(
        reference=line.reference,
        number=number,
        of=sale.reference,
        product_id=sale.product_id,
        at=line.at,
        units=units,
        cents=cents,
        first=not sale.touched,
        last=last,
    )
    sale.touched = True
    if last:
        sale.units_left = 0
    return piece


def _share(line: ReturnLine, units: int) -> int:
    """Money of the first units of a return, so that all of them make exactly its sum."""
    return line.cents * units // line.units


def _units_that_fit(line: ReturnLine, done: int, sale: OpenSale) -> int:
    """Most units, after those done, that the sale has left in units and in money."""
    units = min(line.units - done, sale.units_left)
    if units and _share(line, done + units) - _share(line, done) > sale.cents_left:
        units = min(units, (sale.cents_left + 1) * line.units // line.cents)
        while units and _share(line, done + units) - _share(line, done) > sale.cents_left:
            units -= 1
    return units
