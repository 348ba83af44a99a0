"""Suggestions, and what people do with them, for the tests of both."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

from django.db import connections

from inventory.choices import RunKind
from inventory.models import (
    ForecastRun,
    Product,
    PurchaseOrder,
    ReorderSuggestion,
)
from inventory.planner import generate_reorder_suggestions
from inventory.services.suggestions import (
    accept_suggestions,
    reject_suggestion,
)
from tests.inventory.factories import NOW
from tests.inventory.planned import steady_product


def suggest(product: Product, quantity: int = 40, **fields: Any) -> ReorderSuggestion:
    """Write an open suggestion."""
    run = ForecastRun.objects.create(kind=RunKind.SUGGESTIONS, as_of=NOW)
    return ReorderSuggestion.objects.create(
        **{
            "product": product,
            "run": run,
            "quantity": quantity,
            "unit_cost": product.unit_cost,
            "expected_lost_margin": Decimal("10"),
            "lost_revenue_per_day": Decimal("5"),
            "p_stockout": 0.4,
            "confidence": 0.7,
            "created_at": NOW,
            "updated_at": NOW,
        }
        | fields
    )


def accept(*suggestions: ReorderSuggestion) -> list[PurchaseOrder]:
    accepted = accept_suggestions(
        suggestion_ids=[each.pk for each in suggestions], actor=None, now=NOW
    )
    return list(accepted.orders)


def state_of(suggestion: ReorderSuggestion) -> str:
    suggestion.refresh_from_db()
    return str(suggestion.state)


def low_product(**fields: Any) -> Product:
    """A product that sells 2 a day, with less than it needs."""
    return steady_product(2, stock=5, **fields)


def open_of(product: Product) -> ReorderSuggestion | None:
    return ReorderSuggestion.objects.open().filter(product=product).first()


def reject(product: Product) -> ReorderSuggestion:
    suggestion = open_of(product)
    assert suggestion is not None
    return reject_suggestion(
        suggestion_id=suggestion.pk, reason="new packaging comes", actor=None, now=NOW
    )


def plan(*, days_later: float = 0) -> None:
    generate_reorder_suggestions(now=NOW + timedelta(days=days_later, minutes=1))


def at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Run acts in threads of their own that start together; what each raised."""
    barrier = Barrier(len(acts))
    raised: list[BaseException | None] = [None] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except Exception as error:
            raised[index] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
