"""The OpenAPI document: the same for everybody and for as long as a process lives, so it is built once."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

_building = threading.Lock()


class Readers(BasePermission):
    """Everybody where DIALER_PUBLIC_API_DOCS says so, else those who are logged in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the document is shown."""
        return bool(settings.DIALER_PUBLIC_API_DOCS or request.user.is_authenticated)


class DocsView(SpectacularSwaggerSplitView):
    """GET /docs/: the page that shows the document. A browser that is not logged in is sent to the log-in."""

    permission_classes = (Readers,)

    def handle_exception(self, exc: Exception) -> Any:
        """Send strangers to the log-in of the admin."""
        if isinstance(exc, NotAuthenticated):
            there = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': self.request.path}, safe='/')}"
            return HttpResponseRedirect(there)
        return super().handle_exception(exc)


class OpenApiView(SpectacularJSONAPIView):
    """GET /openapi.json: requests wait while it is built, as two builds at once disturb each other."""

    permission_classes = (Readers,)

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the document."""
        with _building:
            body = _document()
        return HttpResponse(
            body,
            content_type=OpenApiJsonRenderer.media_type,
            headers={"Content-Disposition": 'inline; filename="openapi.json"'},
        )


@cache
def document_of() -> dict[str, Any]:
    """Return the document."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@cache
def _document() -> bytes:
    return bytes(OpenApiJsonRenderer().render(document_of()))
