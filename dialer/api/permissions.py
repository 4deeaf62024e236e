"""Who may do what: Django's model permissions, the one for viewing included."""

from __future__ import annotations

from rest_framework.permissions import BasePermission, DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.views import APIView


class ModelPermissions(DjangoModelPermissions):
    """Reading needs the model's view permission; writing its add, change or delete permission."""

    perms_map = {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "OPTIONS": [],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
        "POST": ["%(app_label)s.add_%(model_name)s"],
        "PUT": ["%(app_label)s.change_%(model_name)s"],
        "PATCH": ["%(app_label)s.change_%(model_name)s"],
        "DELETE": ["%(app_label)s.delete_%(model_name)s"],
    }


class Needs(BasePermission):
    """The user needs every permission of ``reads`` for reading, of ``writes`` for everything else."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user is known and has them."""
        needed = self.reads if request.method in ("GET", "HEAD", "OPTIONS") else self.writes
        return bool(request.user and request.user.is_authenticated and request.user.has_perms(needed))


def needs(*, reads: tuple[str, ...] = (), writes: tuple[str, ...] = ()) -> type[Needs]:
    """Return a permission class that asks for these permissions."""
    return type("NeedsThese", (Needs,), {"reads": reads, "writes": writes})
