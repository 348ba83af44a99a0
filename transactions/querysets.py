"""Reads of sales and customers."""

from typing import TYPE_CHECKING, Self

from django.db import models

from transactions.choices import TransactionStatus

if TYPE_CHECKING:
    from transactions.models import Transaction


class TransactionQuerySet(models.QuerySet["Transaction"]):
    """Sales a page or the API lists."""

    def awaiting_review(self) -> Self:
        """Held and undecided, riskiest first; served by idx_tx_review_open."""
        return (
            self.filter(status=TransactionStatus.IN_REVIEW)
            .select_related("product", "customer")
            .order_by("-fraud_score", "pk")
        )

    def suspicious(self) -> Self:
        """Scored as suspicious, newest first; served by idx_transactions_suspicious."""
        return (
            self.filter(is_suspicious=True)
            .select_related("product", "customer")
            .order_by("-timestamp", "-pk")
        )
