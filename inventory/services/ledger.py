"""The one way stock changes: an entry in the ledger, and the product's stock moved with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, connection, transaction

from alerts.choices import Topic
from alerts.services import publish
from inventory.choices import MovementKind
from inventory.models import Product, StockMovement
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib.cache import Tag, bump_on_commit
from techmart.lib.inserting import insert_rows
from techmart.lib.prepared import prepared_cursor

SOURCE_MOVEMENT = "movement"
# Their stock follows the sale's own life: it is corrected by cancelling or refunding the sale.
KINDS_OF_SALES = (MovementKind.SALE, MovementKind.SALE_CANCELLED, MovementKind.RETURN)


@dataclass(frozen=True, slots=True)
class MovementEntry:
    """One change to write. quantity is signed units; a source posts once a kind and product."""

    product_id: int
    kind: MovementKind
    quantity: int
    source_type: str
    source_id: int
    occurred_at: datetime
    reason: str = ""
    unit_cost: Decimal | None = None
    reversal_of_id: int | None = None
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class StockChange:
    """One product's stock before and after a call, in units, with what alerts go by."""

    product_id: int
    sku: str
    name: str
    before: int
    after: int
    on_order_before: int
    on_order: int
    reorder_threshold: int
    order_up_to: int
    abc_class: str
    demand_class: str
    watch_below_20: bool
    active: bool

    @property
    def position_before(self) -> int:
        """Stock and everything inbound before the change, in units."""
        return self.before + self.on_order_before

    @property
    def position(self) -> int:
        """Stock and everything inbound after the change, in units."""
        return self.after + self.on_order


@dataclass(frozen=True, slots=True)
class Shortage:
    """A product of which more was asked for than there is."""

    product_id: int
    sku: str
    requested: int
    available: int


class InsufficientStock(Refusal):
    """Stock would fall below zero; nothing was changed. Carries every shortage of the call."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__(
            "; ".join(f"{s.sku}: {s.requested} asked, {s.available} left" for s in shortages),
            code="insufficient_stock",
            status=409,
        )


class UnknownProducts(Refusal):
    """There are no products with these keys; nothing was changed."""

    def __init__(self, product_ids: Sequence[int]) -> None:
        self.product_ids = tuple(product_ids)
        super().__init__(
            f"no such product: {', '.join(map(str, product_ids))}", code="unknown_product"
        )


class MovementAlreadyPosted(Refusal):
    """The source has posted this kind for this product already; nothing was changed."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="already_posted", status=409)


class CannotReverse(Refusal):
    """The movement cannot be taken back this way."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="cannot_reverse", status=409)


def post_movements(
    entries: Sequence[MovementEntry],
    *,
    now: datetime,
    actor: User | None = None,
    savepoint: bool = True,
) -> list[StockChange]:
    """Write ledger entries and move the stock of their products; one change a product, by id.

    All or nothing. Within one product increases are written first, so that a call whose sum is
    fine never passes below zero. Locks products in id order and holds them until commit.
    savepoint: False for a caller whose own transaction a refusal undoes as a whole.

    Raises InsufficientStock with every shortage, UnknownProducts, MovementAlreadyPosted.
    """
    if not entries:
        return []
    sums: dict[int, int] = {}
    for entry in entries:
        sums[entry.product_id] = sums.get(entry.product_id, 0) + entry.quantity
    with transaction.atomic(savepoint=savepoint):
        changes = _move_stock(sums)
        _write_entries(entries, changes, now=now, actor=actor)
        _announce(changes, now=now)
    return changes


@transaction.atomic
def move_on_order(units: Mapping[int, int], *, now: datetime) -> list[StockChange]:
    """Add to what is on its way, by product; negative when it arrived or will not come.

    For the services of purchase orders, whose open lines on_order_quantity sums up. Locks as
    post_movements does. Raises UnknownProducts.
    """
    if not units:
        return []
    product_ids = sorted(units)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [product_ids])
        cursor.execute(_MOVE_ON_ORDER, [product_ids, [units[key] for key in product_ids]])
        changes = [StockChange(*row) for row in cursor.fetchall()]
    if len(changes) < len(product_ids):
        found = {change.product_id for change in changes}
        raise UnknownProducts([key for key in product_ids if key not in found])
    _announce(changes, now=now)
    return sorted(changes, key=lambda change: change.product_id)


@transaction.atomic
def reverse_movement(
    *, movement_id: int, reason: str, actor: User | None, now: datetime
) -> StockChange:
    """Take a movement back by its opposite, once.

    A reversed receipt stays in its order's history; goods still expected are ordered anew.
    Raises CannotReverse for what follows a sale's life, for reversals and without a reason;
    MovementAlreadyPosted when it is reversed already; InsufficientStock.
    """
    target = StockMovement.objects.get(pk=movement_id)
    if target.kind in KINDS_OF_SALES:
        raise CannotReverse("Cancel or refund the sale instead: its stock follows.")
    if target.kind == MovementKind.REVERSAL:
        raise CannotReverse("A reversal is not reversed; post the movement again.")
    if not reason.strip():
        raise CannotReverse("Say why.")
    if StockMovement.objects.filter(reversal_of=target).exists():
        raise MovementAlreadyPosted("This movement is reversed already.")
    [change] = post_movements(
        [
            MovementEntry(
                product_id=target.product_id,
                kind=MovementKind.REVERSAL,
                quantity=-target.quantity,
                source_type=SOURCE_MOVEMENT,
                source_id=target.pk,
                occurred_at=now,
                reason=reason.strip(),
                unit_cost=target.unit_cost,
                reversal_of_id=target.pk,
            )
        ],
        now=now,
        actor=actor,
    )
    return change


# NO KEY UPDATE: a sale that only refers to the product is not kept waiting.
_LOCK = "SELECT id FROM products WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_MOVE = """
UPDATE products AS p
SET stock_quantity = p.stock_quantity + need.quantity
FROM unnest(%s::bigint[], %s::int[]) AS need (product_id, quantity)
WHERE p.id = need.product_id AND p.stock_quantity + need.quantity >= 0
RETURNING p.id, p.sku, p.name, p.stock_quantity - need.quantity, p.stock_quantity,
    p.on_order_quantity, p.on_order_quantity, p.reorder_threshold, p.order_up_to, p.abc_class,
    p.demand_class, p.watch_below_20, p.active
"""
_MOVE_ON_ORDER = """
UPDATE products AS p
SET on_order_quantity = p.on_order_quantity + need.quantity
FROM unnest(%s::bigint[], %s::int[]) AS need (product_id, quantity)
WHERE p.id = need.product_id
RETURNING p.id, p.sku, p.name, p.stock_quantity, p.stock_quantity,
    p.on_order_quantity - need.quantity, p.on_order_quantity, p.reorder_threshold, p.order_up_to,
    p.abc_class, p.demand_class, p.watch_below_20, p.active
"""
# Pages that name single products refetch; beyond this many they refetch as a whole.
_NAMED_PRODUCTS = 50


def _announce(changes: Sequence[StockChange], *, now: datetime) -> None:
    """Tell pages and cache that stock moved, once this has committed."""
    publish(
        topic=Topic.STOCK,
        kind="moved",
        payload={"product_ids": [change.product_id for change in changes[:_NAMED_PRODUCTS]]},
        subject_kind="product" if len(changes) == 1 else "",
        subject_id=changes[0].product_id if len(changes) == 1 else None,
        now=now,
    )
    bump_on_commit(Tag.STOCK)


def _move_stock(sums: dict[int, int]) -> list[StockChange]:
    """Add each sum to its product's stock unless it would fall below zero."""
    product_ids = sorted(sums)
    with prepared_cursor() if len(product_ids) == 1 else connection.cursor() as cursor:
        if len(product_ids) > 1:
            cursor.execute(_LOCK, [product_ids])
        cursor.execute(_MOVE, [product_ids, [sums[key] for key in product_ids]])
        changes = [StockChange(*row) for row in cursor.fetchall()]
    if len(changes) < len(product_ids):
        moved = {change.product_id for change in changes}
        _refuse({key: sums[key] for key in product_ids if key not in moved})
    return sorted(changes, key=lambda change: change.product_id)


def _refuse(unmoved: dict[int, int]) -> None:
    """Raise what kept these products' stock from moving."""
    found = {
        product.pk: product
        for product in Product.objects.filter(pk__in=unmoved).only("sku", "stock_quantity")
    }
    unknown = [key for key in unmoved if key not in found]
    if unknown:
        raise UnknownProducts(unknown)
    raise InsufficientStock(
        [
            Shortage(key, found[key].sku, -quantity, found[key].stock_quantity)
            for key, quantity in unmoved.items()
        ]
    )


def _write_entries(
    entries: Sequence[MovementEntry],
    changes: Sequence[StockChange],
    *,
    now: datetime,
    actor: User | None,
) -> None:
    """Insert the movements, each with its product's stock after it."""
    balance = {change.product_id: change.before for change in changes}
    rows = []
    for entry in sorted(entries, key=lambda entry: (entry.product_id, entry.quantity < 0)):
        balance[entry.product_id] += entry.quantity
        rows.append(
            StockMovement(
                product_id=entry.product_id,
                kind=entry.kind,
                quantity=entry.quantity,
                unit_cost=entry.unit_cost,
                occurred_at=entry.occurred_at,
                recorded_at=now,
                source_type=entry.source_type,
                source_id=entry.source_id,
                reversal_of_id=entry.reversal_of_id,
                actor=actor,
                reason=entry.reason,
                balance_after=balance[entry.product_id],
                inferred=entry.inferred,
            )
        )
    try:
        insert_rows(StockMovement, rows)
    except IntegrityError as error:
        if "movements_source_once" in str(error) or "reversal_of_id" in str(error):
            raise MovementAlreadyPosted(str(error)) from error
        raise
