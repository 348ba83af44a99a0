"""Quantities that a supplier delivers: whole packs, no fewer than its least."""

from techmart.core.problems import FieldError, Refusal


class QuantityRefused(Refusal):
    """The supplier does not deliver that many, or the shelf does not hold them."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(
            message, code="quantity_refused", errors=[FieldError("quantity", code, message)]
        )


def check_quantity(quantity: int, *, pack: int, least: int, room: int | None = None) -> None:
    """Refuse what is not whole packs, fewer than the least order or more than there is room for.

    quantity, least, room: units, room None without a stock cap; pack: units of one, 1 or more.
    Raises QuantityRefused, naming the nearest quantities that will do.
    """
    lowest = -(-max(least, 1) // pack) * pack
    if quantity < lowest:
        packs = f", whole packs of {pack}" if pack > 1 else ""
        raise QuantityRefused(f"Order {lowest} or more{packs}.", code="too_few")
    if quantity % pack:
        below = max(lowest, quantity // pack * pack)
        raise QuantityRefused(
            f"Order whole packs of {pack}: {below} or {(quantity // pack + 1) * pack}.",
            code="broken_pack",
        )
    if room is not None and quantity > room:
        most = room // pack * pack
        fits = f"order {most} or fewer" if most >= lowest else "none fits, raise the cap first"
        raise QuantityRefused(f"The stock cap leaves room for {max(0, room)}: {fits}.", code="cap")
