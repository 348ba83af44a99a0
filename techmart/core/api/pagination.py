"""Lists by key: any page costs what the first one costs, and nothing is counted."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from techmart.lib.keyset import BadCursor, Keyset, KeysetPage

if TYPE_CHECKING:
    # rest_framework.views may import this module while it is being made.
    from rest_framework.views import APIView

PAGE_SIZE = 50
MAX_PAGE_SIZE = 500


class KeysetPagination(BasePagination):
    """`cursor`, `page_size` and `sort`; the view names its sorts in `keysets`.

    `keysets` maps the value of `sort` to a Keyset; the first one is the default.
    """

    cursor_param = "cursor"
    size_param = "page_size"
    sort_param = "sort"

    _page: KeysetPage[Any]
    _request: Request

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        """Return one page of rows. Raises ValidationError naming the bad parameter."""
        self._request = request
        keyset = self._keyset(request, view)
        try:
            self._page = keyset.page(
                queryset,
                size=self._size(request),
                cursor=request.query_params.get(self.cursor_param, ""),
            )
        except BadCursor as error:
            raise ValidationError({self.cursor_param: [str(error)]}) from error
        return self._page.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the rows with the addresses of the pages around them."""
        return Response(
            {
                "next": self._link(self._page.next_cursor),
                "previous": self._link(self._page.previous_cursor),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the answer in the OpenAPI document."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        """Describe the parameters in the OpenAPI document."""
        sorts = list(getattr(view, "keysets", {}))
        parameters = [
            (self.cursor_param, {"type": "string"}, "Where the page begins; take it from `next`."),
            (
                self.size_param,
                {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
                "Rows a page.",
            ),
        ]
        if len(sorts) > 1:
            sort = {"type": "string", "enum": sorts, "default": sorts[0]}
            parameters.append((self.sort_param, sort, "Order of the list."))
        return [
            {"name": name, "required": False, "in": "query", "schema": kind, "description": text}
            for name, kind, text in parameters
        ]

    def _keyset(self, request: Request, view: "APIView | None") -> Keyset:
        keysets: dict[str, Keyset] = getattr(view, "keysets", {"newest": Keyset("-pk")})
        wanted = request.query_params.get(self.sort_param, next(iter(keysets)))
        if wanted not in keysets:
            raise ValidationError({self.sort_param: [f"One of {', '.join(keysets)}."]})
        return keysets[wanted]

    def _size(self, request: Request) -> int:
        raw = request.query_params.get(self.size_param, str(PAGE_SIZE))
        if not raw.isdecimal() or not 1 <= int(raw) <= MAX_PAGE_SIZE:
            raise ValidationError({self.size_param: [f"A whole number from 1 to {MAX_PAGE_SIZE}."]})
        return int(raw)

    def _link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        url = remove_query_param(self._request.build_absolute_uri(), self.cursor_param)
        return str(replace_query_param(url, self.cursor_param, cursor))
