"""Asks a place as somebody, on its real view, and says whether it let him."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Permission, User
from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django.urls import resolve
from rest_framework.test import force_authenticate

from dialer.api.views import NothingHere
from tests.acts.places import Place


class Unsaid(BaseStorage):
    """Messages that nobody reads."""

    def _get(self, *_: Any, **__: Any) -> Any:
        return [], True

    def _store(self, *_: Any, **__: Any) -> Any:
        return []


def user_with(rights: Collection[str]) -> User:
    """Return somebody of the staff with just these rights, who is in no database."""
    user = User(pk=999999999, username="somebody", is_staff=True)
    user._perm_cache = user._user_perm_cache = user._group_perm_cache = set(rights)  # type: ignore[attr-defined]
    return user


def every_right() -> set[str]:
    """Return all rights that there are."""
    found = Permission.objects.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def request_of(place: Place, user: User) -> HttpRequest:
    """Return the request, with an empty body."""
    method = "GET" if place.method == "ACTION" else place.method
    kind = "application/json" if place.face == "REST" else "application/octet-stream"
    made: Any = RequestFactory().generic(method, place.url if place.method != "ACTION" else "/", content_type=kind)
    made.user, made.session, made._messages = user, {}, Unsaid(made)
    made._dont_enforce_csrf_checks = True
    force_authenticate(made, user=user)
    return made  # type: ignore[no-any-return]


def is_let(place: Place, user: User) -> bool:
    """Return whether the place lets ``user`` do what it does: anything but a refusal."""
    request = request_of(place, user)
    if place.method == "ACTION":
        return place.name in place.model_admin.get_actions(request)
    view, args, kwargs = resolve(place.url)
    assert getattr(view, "cls", None) is not NothingHere, place
    try:
        response = view(request, *args, **kwargs)
    except PermissionDenied:
        return False
    except Http404:
        return True
    return response.status_code not in (401, 403)
