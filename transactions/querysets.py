"""Reads of sales and customers."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from inventory.models import Product
from techmart.core.search.sources import has_a_name, named
from techmart.lib.keyset import Keyset
from transactions.choices import TransactionStatus

if TYPE_CHECKING:
    from transactions.models import ReviewDecision, Transaction

# Sorts of the list, by the name they have in its address. Each is served by an index.
SORTS = {
    "-timestamp": Keyset("-timestamp", "-pk"),
    "timestamp": Keyset("timestamp", "pk"),
    "-amount": Keyset("-total_amount", "-pk"),
    "amount": Keyset("total_amount", "pk"),
    "-score": Keyset("-fraud_score", "-pk"),
    "score": Keyset("fraud_score", "pk"),
}
DEFAULT_SORT = "-timestamp"
# Products and customers whose sales a search looks through; more words find fewer.
_MOST_MATCHES = 100
# Shorter words than the trigrams of the name index would read the whole table.
_LEAST_NAME_LETTERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFilter:
    """What a list of sales is narrowed to; None and empty leave it as it is.

    since ≤ timestamp < until. completed_since and completed_until bound completed_at likewise:
    the sales behind a revenue figure. score_min, score_max: 0 to 1. q: a reference or its
    beginning, an order, or part of a product's or customer's code or name. spelt: what is spelt
    like `q` in its place.
    """

    since: datetime | None = None
    until: datetime | None = None
    completed_since: datetime | None = None
    completed_until: datetime | None = None
    statuses: tuple[str, ...] = ()
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    score_min: float | None = None
    score_max: float | None = None
    suspicious: bool | None = None
    channel: str = ""
    payment_method: str = ""
    store: str = ""
    category: str = ""
    customer_id: int | None = None
    product_id: int | None = None
    order_ref: str = ""
    q: str = ""
    spelt: bool = False

    @property
    def empty(self) -> bool:
        """Return whether it narrows nothing."""
        return self == SalesFilter()

    def whenever(self) -> Self:
        """Return the filter without the times it is bounded by."""
        return replace(self, since=None, until=None, completed_since=None, completed_until=None)

    def conditions(self) -> dict[str, Any]:
        """Return the filter as lookups, without the search words."""
        return {
            lookup: value
            for lookup, value in (
                ("timestamp__gte", self.since),
                ("timestamp__lt", self.until),
                ("completed_at__gte", self.completed_since),
                ("completed_at__lt", self.completed_until),
                ("status__in", self.statuses or None),
                ("total_amount__gte", self.amount_min),
                ("total_amount__lte", self.amount_max),
                ("fraud_score__gte", self.score_min),
                ("fraud_score__lte", self.score_max),
                ("is_suspicious", self.suspicious),
                ("channel", self.channel or None),
                ("payment_method", self.payment_method or None),
                ("store", self.store or None),
                ("product__category", self.category or None),
                ("customer_id", self.customer_id),
                ("product_id", self.product_id),
                ("order_ref", self.order_ref or None),
            )
            if value is not None
        }


class TransactionQuerySet(models.QuerySet["Transaction"]):
    """Sales a page or the API lists."""

    def listed(self) -> Self:
        """With what a row of the list shows."""
        return self.select_related("product", "customer").defer("reasons")

    def narrowed(self, by: SalesFilter) -> Self:
        """Only what the filter asks for."""
        rows = self.filter(**by.conditions())
        if by.spelt:
            return rows.spelt_like(by.q)
        return rows.matching(by.q) if by.q.strip() else rows

    def matching(self, words: str) -> Self:
        """Whose reference, order, product or customer the words name.

        Names are looked up first, so that the sales are found through their keys' indexes.
        """
        words = words.strip()
        products, customers = _called(words)
        return self.filter(
            Q(reference__startswith=words)
            | Q(order_ref=words)
            | Q(product_id__in=_some_ids(products))
            | Q(customer_id__in=_some_ids(customers))
        )

    def spelt_like(self, words: str) -> Self:
        """Whose product or customer has a name spelt like the words, which `has_a_name`."""
        products, customers = _spelt_like(words)
        return self.filter(
            Q(product_id__in=_some_ids(products)) | Q(customer_id__in=_some_ids(customers))
        )

    def only_spelt(self, words: str) -> bool:
        """Return whether the words name no sale, product or customer, but are spelt like one.

        Answered by the indexes of `matching` and `spelt_like`.
        """
        words = words.strip()
        if not has_a_name(words):
            return False
        if any(rows.exists() for rows in _called(words)):
            return False
        if self.filter(Q(reference__startswith=words) | Q(order_ref=words)).exists():
            return False
        return any(rows.exists() for rows in _spelt_like(words))

    def awaiting_review(self) -> Self:
        """Held and undecided, riskiest first; served by idx_tx_review_open."""
        return (
            self.filter(status=TransactionStatus.IN_REVIEW)
            .select_related("product", "customer")
            .order_by("-fraud_score", "pk")
        )

    def undecided(self) -> Self:
        """Held, and nobody's decision waits to take effect; review_decisions_one_waiting."""
        decisions: ReviewDecisionQuerySet = ReviewDecisionQuerySet(
            apps.get_model("transactions", "ReviewDecision")
        )
        decided = decisions.waiting().filter(transaction=OuterRef("pk"))
        return self.filter(~Exists(decided), status=TransactionStatus.IN_REVIEW)

    def suspicious(self) -> Self:
        """Scored as suspicious, newest first; served by idx_transactions_suspicious."""
        return (
            self.filter(is_suspicious=True)
            .select_related("product", "customer")
            .order_by("-timestamp", "-pk")
        )

    def expired(self, *, now: datetime) -> Self:
        """Whose payment was not settled in time, longest first; idx_tx_pending_expiry."""
        return self.filter(status=TransactionStatus.PENDING, expires_at__lte=now).order_by(
            "expires_at", "pk"
        )


class ReviewDecisionQuerySet(models.QuerySet["ReviewDecision"]):
    """Decisions of analysts."""

    def waiting(self) -> Self:
        """Stored, and neither carried out nor taken back."""
        return self.filter(applied_at=None, withdrawn_at=None, failed_at=None)

    def due(self, *, now: datetime) -> Self:
        """Whose time has come, longest first; served by review_decisions_one_waiting."""
        return self.waiting().filter(takes_effect_at__lte=now).order_by("takes_effect_at", "pk")


def _called(words: str) -> tuple[models.QuerySet[Any], models.QuerySet[Any]]:
    """Return the products and the customers that words name, by code or part of the name."""
    products, customers = Q(sku__iexact=words), Q(code=words)
    if len(words) >= _LEAST_NAME_LETTERS:
        # ~* is what the trigram indexes answer; Django's icontains compares in upper case.
        part = re.escape(words)
        products |= Q(sku__iregex=part) | Q(name__iregex=part)
        customers |= Q(name__iregex=part)
    return Product.objects.filter(products), _customers().filter(customers)


def _spelt_like(words: str) -> tuple[models.QuerySet[Any], models.QuerySet[Any]]:
    """Return the products and the customers whose names are spelt like words."""
    return Product.objects.spelt_like(words), _customers().filter(named("name", words))


def _customers() -> models.QuerySet[Any]:
    return models.QuerySet(apps.get_model("transactions", "Customer"))


def _some_ids(rows: models.QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:_MOST_MATCHES])
