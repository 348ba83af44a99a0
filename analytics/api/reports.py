"""The analytics reports over the API: the panels of the pages, with their values as they are."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.serializers import REPORT_PARAMETERS, TileSerializer
from analytics.customer_page import customer_report
from analytics.filter_bar import read_filters
from analytics.reports.panels import Panel, Row, Table
from analytics.reports.tabs import TABS, report_of
from transactions.models import Customer


class MaySee(BasePermission):
    """Reports sum up sales; those that name customers ask for the permission to see them."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask for the permission that the page asks for."""
        personal = getattr(view, "personal", False)
        codename = "transactions.view_customer" if personal else "transactions.view_transaction"
        return request.user.has_perm(codename)


class FieldSerializer(serializers.Serializer[Any]):
    """A column of a panel."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field here
    kind = serializers.CharField(help_text="What its values are: money, count, rate (0 to 1) …")


class PanelSerializer(serializers.Serializer[Any]):
    """One panel: its rows, by the keys of its fields; money as text, so that no cent is lost."""

    key = serializers.CharField()
    title = serializers.CharField()
    definition = serializers.CharField()
    as_of = serializers.DateTimeField(source="as_of.at", allow_null=True)
    href = serializers.CharField(source="url", help_text="The rows behind its figures.")

    def to_representation(self, instance: Panel) -> dict[str, Any]:
        """Return the panel with each row as a mapping."""
        table = instance.table or Table((), ())
        return {
            "key": instance.key,
            "title": instance.title,
            "definition": instance.definition,
            "as_of": instance.as_of.at,
            "href": instance.url,
            "fields": FieldSerializer(table.fields, many=True).data,
            "rows": [_as_mapping(table, row) for row in table.rows],
            "total": _as_mapping(table, table.total) if table.total else None,
        }


class ReportSerializer(serializers.Serializer[Any]):
    """One report."""

    key = serializers.CharField()
    as_of = serializers.DateTimeField(source="as_of.at", allow_null=True)
    tiles = TileSerializer(many=True)
    panels = PanelSerializer(many=True)


class ReportView(APIView):
    """One report over a window, a store and a category."""

    permission_classes = [IsAuthenticated, MaySee]
    tab = ""
    personal = False

    @extend_schema(parameters=REPORT_PARAMETERS, responses={200: ReportSerializer})
    def get(self, request: Request) -> Response:
        """Return the figures of the page of the same name."""
        filters = read_filters(request.query_params.dict())
        report = report_of(TABS[self.tab], filters, now=timezone.now())
        return Response(ReportSerializer(report).data)


class CustomerView(APIView):
    """How one customer buys."""

    permission_classes = [IsAuthenticated, MaySee]
    personal = True

    @extend_schema(operation_id="v1_analytics_customer_retrieve", responses={200: ReportSerializer})
    def get(self, _request: Request, code: str) -> Response:
        """Return the figures of the customer's page; 404 for an unknown code."""
        customer = Customer.objects.get(code=code)
        return Response(ReportSerializer(customer_report(customer)).data)


def _as_mapping(table: Table, row: Row) -> dict[str, Any]:
    found = {
        field.key: _plain(value) for field, value in zip(table.fields, row.values, strict=True)
    }
    return found | ({"href": row.url} if row.url else {})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        # A change: the value now and before.
        return {"now": _plain(value[0]), "before": _plain(value[1])}
    return f"{value:f}" if isinstance(value, Decimal) else value
