"""How sales and customers are found by the search over everything."""

from urllib.parse import urlencode

from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from techmart.core.models import User
from techmart.core.search.sources import (
    EXACT,
    Rows,
    Source,
    found,
    has_a_name,
    likeness,
    named,
    register,
)
from transactions.models import Customer, Transaction
from transactions.paths import LIST_PATH, customer_path, transaction_path

# A beginning that very many references share names none of them: so many are looked at.
_MOST_LIKE_IT = 200


def sales(words: str, _user: User) -> Rows:
    """Sales by reference or its beginning, or by order; the newest of those first.

    Served by the unique key's index for beginnings, and by idx_tx_order_ref.
    """
    beginnings = Q(reference__startswith=words) | Q(reference__startswith=words.upper())
    some = Transaction.objects.filter(beginnings | Q(order_ref=words)).values("pk")[:_MOST_LIKE_IT]
    return found(
        Transaction.objects.filter(pk__in=some),
        key="pk",
        title="reference",
        detail=Concat(F("product__name"), Value(", order "), F("order_ref")),
        score=Value(EXACT),
    )


def customers(words: str, _user: User) -> Rows:
    """Customers by code or part of their name; idx_customers_name_trgm."""
    exact = Q(code=words)
    match = exact | named("name", words) if has_a_name(words) else exact
    return found(
        Customer.objects.filter(match),
        key="code",
        title="name",
        detail="code",
        score=likeness("name", words, exact=exact),
    )


def register_sources() -> None:
    """Let customers and sales be found."""
    register(
        Source(
            key="customers",
            label="Customers",
            icon="user",
            permission="transactions.view_customer",
            find=customers,
            path=customer_path,
        )
    )
    register(
        Source(
            key="sales",
            label="Transactions",
            icon="receipt-text",
            permission="transactions.view_transaction",
            find=sales,
            path=lambda pk: transaction_path(int(pk)),
            list_path=lambda words: f"{LIST_PATH}?{urlencode({'q': words})}",
        )
    )
