"""The admin asks the table of acts: for its lists and forms, its actions, and the views of our own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from dialer.acts import Act, Asked, Role, asked, of
from dialer.admin.sent_forms import was_done
from dialer.audit.unrecorded import begin, in_words, is_due, record_plainly

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
        @wraps(method)
        def recorded(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
            begin()
            ids = list(queryset.values_list("pk", flat=True)) if request.method == "POST" else []
            answer = method(model_admin, request, queryset)
            if is_due() and was_done(request, answer):
                record_plainly(act=act, what=description, model=queryset.model, ids=ids)
            return answer

        recorded.act = act  # type: ignore[attr-defined]
        return admin.action(description=description)(recorded)  # type: ignore[return-value]

    return mark


def own_view(view: Callable[..., HttpResponseBase], *, act: Asked) -> Callable[..., Any]:
    """Return a view of the admin that refuses all who may not do ``act``, before it looks at anything."""

    @wraps(view)
    def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wanted = asked(act, method=request.method or "")
        refuse_unless(wanted, request)
        begin()
        answer = view(request, *args, **kwargs)
        if request.method == "POST" and wanted is not None and is_due() and was_done(request, answer):
            _record(request, wanted, kwargs)
        return answer

    judged.act = act  # type: ignore[attr-defined]
    return admin.site.admin_view(judged)


def _record(request: HttpRequest, act: Act, kwargs: dict[str, Any]) -> None:
    """Record what a page of our own did, by its address: /admin/<app>/<model>/<id>/…"""
    app, model_name = request.path.removeprefix(reverse("admin:index")).split("/")[:2]
    model = apps.get_model(app, model_name)
    name = str(getattr(request.resolver_match, "url_name", "")).removeprefix(f"{app}_").removeprefix(f"{model_name}_")
    pk = kwargs.get("pk") or kwargs.get("object_id")
    ids = [int(str(pk))] if str(pk).isdecimal() else []
    reason = str(request.POST.get("reason", "")).strip()
    record_plainly(act=act, what=in_words(str(kwargs.get("verb") or name)), model=model, ids=ids, reason=reason)


def refuse_unless(act: Act | None, request: HttpRequest) -> None:
    """Raise PermissionDenied unless the user may do ``act``."""
    if act is None or not act.may(request.user):
        raise PermissionDenied(f"{act.words}: {_who_may(act)}." if act is not None else "")


def _who_may(act: Act) -> str:
    roles = list(Role)
    if act.role is None:
        return "superusers alone may"
    names = [f"{role.value}s" for role in roles[roles.index(act.role) :]]
    return f"{' and '.join(names)} may"
