"""The site's addresses, and the two limits that requests are measured beside."""

import itertools
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from techmart.urls import handler500, urlpatterns
from transactions.models import Transaction

__all__ = ["handler500", "urlpatterns"]

_numbers = itertools.count(1)
_INSERT = """
INSERT INTO transactions (reference, order_ref, product_id, quantity, unit_price, unit_cost,
    discount, total_amount, currency, status, channel, payment_method, device, ip_country,
    ship_country, store, timestamp, recorded_at, completed_at, refunded_amount, units_returned,
    request_hash, fraud_score, is_suspicious, decision, reasons, score_version)
VALUES (%s, '', 1, 1, 5, 3, 0, 5, 'USD', 'completed', 'web', 'card', '', '', '', '', now(), now(),
    now(), 0, 0, '', 0.1, false, 'allow', '[]', '')
"""


@login_required
def bare(_request: HttpRequest) -> HttpResponse:
    """Answer a person who is signed in, and nothing else."""
    return HttpResponse("ok")


class BareInsert(APIView):
    """One row into the table of sales in a transaction of its own, behind sign-in and throttle."""

    # Its permissions are those of sales.
    queryset = Transaction.objects.none()

    def post(self, request: Request, *_args: Any) -> Response:
        """Insert it."""
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [f"{request.data['reference']}/{next(_numbers)}"])
        return Response({"reference": request.data["reference"]}, status=201)


urlpatterns = [
    *urlpatterns,
    path("bench/bare/", bare),
    path("bench/insert/", BareInsert.as_view()),
]
