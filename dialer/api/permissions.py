"""REST asks the table of acts."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from dialer.acts import Act, asked, of

_VERBS = {
    "list": "view",
    "retrieve": "view",
    "create": "add",
    "update": "change",
    "partial_update": "change",
    "destroy": "delete",
}


class MayByTable(BasePermission):
    """The user may do the act that the address is."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user may. To ask what an address takes needs any of its acts."""
        if request.method not in view.allowed_methods:
            return bool(request.user.is_authenticated)  # it is answered with 405
        methods = view.allowed_methods if request.method == "OPTIONS" else [request.method or ""]
        acts = [act_of(view, method=method) for method in methods if method != "OPTIONS"]
        return any(act is not None and act.may(request.user) for act in acts)


def act_of(view: Any, *, method: str) -> Act | None:
    """Return the act that a view does by a method: the one it names, else the one on its table."""
    action = getattr(view, "action_map", None) or {}
    name = action.get("get" if method == "HEAD" else method.lower(), "")
    if view.act is not None:
        return asked(view.act, method=method, action=name)
    verb = _VERBS.get(name) or ("view" if name and method in ("GET", "HEAD") else "")
    return of(view.queryset.model, verb) if verb else None


def refuse_unless(act: Act, *, request: Request) -> None:
    """Raise PermissionDenied unless the user may do ``act``: for what only the body of a request tells."""
    if not act.may(request.user):
        raise PermissionDenied(f"This needs: {', '.join(act.rights)}.")
