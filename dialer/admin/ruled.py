"""The admin asks the table of acts: for its lists and forms, its actions, and the views of our own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dialer.acts import Act, Asked, asked, of

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class MayByTable(_Admin):
    """Mixin of every list and form, and of the rows inside a form."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may see these rows."""
        return self._may(request, "view")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Return whether the user may add rows."""
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change rows."""
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may delete rows."""
        return self._may(request, "delete")

    def _may(self, request: HttpRequest, verb: str) -> bool:
        act = of(self.model, verb)
        return act is not None and act.may(request.user)


class ActsByTable(_Admin):
    """Mixin of every list: its place in the index, and its actions."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may see or add such rows."""
        return self.has_view_permission(request) or self.has_add_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions that the user may do. Django itself judges its own, which deletes."""
        found: dict[str, Any] = super().get_actions(request)
        return {name: one for name, one in found.items() if name == "delete_selected" or one[0].act.may(request.user)}


def action(*, description: str, act: Act) -> Callable[[F], F]:
    """Make a method an action of its list, for those who may do ``act``."""

    def mark(method: F) -> F:
        method.act = act  # type: ignore[attr-defined]
        return admin.action(description=description)(method)

    return mark


def own_view(view: Callable[..., HttpResponseBase], *, act: Asked) -> Callable[..., Any]:
    """Return a view of the admin that refuses all who may not do ``act``, before it looks at anything."""

    @wraps(view)
    def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refuse_unless(asked(act, method=request.method or ""), request)
        return view(request, *args, **kwargs)

    judged.act = act  # type: ignore[attr-defined]
    return admin.site.admin_view(judged)


def refuse_unless(act: Act | None, request: HttpRequest) -> None:
    """Raise PermissionDenied unless the user may do ``act``."""
    if act is None or not act.may(request.user):
        raise PermissionDenied
