"""Endpoints of the dashboard."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.serializers import (
    REPORT_PARAMETERS,
    DashboardSerializer,
    LastDaySerializer,
    RefreshSerializer,
)
from analytics.dashboard.page import dashboard
from analytics.filter_bar import read_filters
from analytics.refresh import request_refresh
from analytics.reports import materialized
from techmart.core.api.throttling import TriggerRateThrottle
from techmart.core.api.views import caller


class MayViewSales(BasePermission):
    """The dashboard sums up sales: whoever may see them may see it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask for the permission to view sales."""
        return request.user.has_perm("transactions.view_transaction")


class DashboardView(APIView):
    """The key figures, compared with the time before, and net sales by day."""

    permission_classes = [IsAuthenticated, MayViewSales]

    @extend_schema(parameters=REPORT_PARAMETERS, responses={200: DashboardSerializer})
    def get(self, request: Request) -> Response:
        """Return one view of the dashboard; the page shows the same."""
        view = dashboard(read_filters(request.query_params.dict()), now=timezone.now())
        return Response(DashboardSerializer(view).data)


class OverviewView(APIView):
    """The last 24 hours of the whole shop."""

    permission_classes = [IsAuthenticated, MayViewSales]

    @extend_schema(responses={200: LastDaySerializer})
    def get(self, _request: Request) -> Response:
        """Return the last 24 hours and the 24 before, as of the view's refresh."""
        return Response(LastDaySerializer(materialized.last_day()).data)


class RefreshView(APIView):
    """Fold and refresh now."""

    permission_classes = [IsAuthenticated, MayViewSales]
    throttle_classes = [TriggerRateThrottle]

    @extend_schema(request=None, responses={202: RefreshSerializer})
    def post(self, request: Request) -> Response:
        """Refresh what the dashboard needs at once and queue the rest; 429 when asked too soon."""
        done = request_refresh(person=caller(request), now=timezone.now())
        answer = {
            "refreshed": [run.view for run in done.runs],
            "queued": [view.value for view in done.queued],
        }
        return Response(RefreshSerializer(answer).data, status=202)
