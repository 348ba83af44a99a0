"""Base views of the API."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.request import Request

from techmart.core.api.permissions import ActPermissions
from techmart.core.models import User
from techmart.lib.keyset import Keyset

if TYPE_CHECKING:
    from techmart.core.api.permissions import Permission


class ReadOnlyViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]
):
    """List by key and one row. Subclasses name `keysets`, `acts`, a serializer and a queryset."""

    keysets: ClassVar[dict[str, Keyset]] = {"newest": Keyset("-pk")}
    # Names of actions that POST a change to a row that exists.
    acts: ClassVar[frozenset[str]] = frozenset()
    queryset: QuerySet[Model]

    def get_permissions(self) -> Sequence["Permission"]:
        """Acts need the change permission, creating the add permission."""
        if self.action in self.acts:
            return [ActPermissions()]
        return super().get_permissions()


def caller(request: Request) -> User:
    """Return the signed-in user; permissions have refused anybody else."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  narrows the type
    return user


def request_id_of(request: Request) -> str:
    """Return the id of the request for event rows."""
    return str(request.META.get("TECHMART_REQUEST_ID", ""))
