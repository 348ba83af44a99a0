"""Who may do what: Django's model permissions, reading included."""

from typing import TYPE_CHECKING

from rest_framework.permissions import DjangoModelPermissions

if TYPE_CHECKING:
    from rest_framework.permissions import _SupportsHasPermission as Permission

    __all__ = ["ActPermissions", "ModelPermissions", "Permission"]


class ModelPermissions(DjangoModelPermissions):
    """A GET needs the view permission too, which DRF's own class does not ask for."""

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }


class ActPermissions(ModelPermissions):
    """An act on a row that exists changes it: a POST needs the change permission."""

    perms_map = {**ModelPermissions.perms_map, "POST": ["%(app_label)s.change_%(model_name)s"]}
