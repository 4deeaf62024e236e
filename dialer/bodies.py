"""The bodies of requests: how large they may be, looked at before anybody reads them, and those sent in chunks.

Below us, Django takes a body without a Content-Length for an empty one. So a view says that it reads chunks itself
(`chunks_taken`) and calls `read_chunks`; every other view's request in chunks is refused with 411.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from rest_framework.views import APIView

from dialer.whole_bodies import demand_whole_body

V = TypeVar("V", bound=Callable[..., HttpResponse])

#: Of somebody who is not logged in, in bytes: the log-in form is far smaller.
MOST_OF_STRANGERS = 64 * 1024
PIECE_BYTES = 64 * 1024


BROKE_OFF = "The body broke off before its end; nothing of it is kept. Send it again."


class TooLargeError(Exception):
    """The body is larger than its reader takes."""


def chunks_taken(view: V) -> V:
    """Mark a view that limits its body itself and reads bodies sent in chunks by `read_chunks`."""
    view.limits_body = True  # type: ignore[attr-defined]
    return view


def in_chunks(request: HttpRequest) -> bool:
    """Return whether the body comes without its length."""
    return bool(request.META.get("HTTP_TRANSFER_ENCODING")) and not request.META.get("CONTENT_LENGTH")


def read_chunks(request: HttpRequest, *, most_bytes: int) -> None:
    """Give the request the body that it was sent in chunks, if it was. Raises TooLargeError above `most_bytes`.

    A body with a Content-Length is left unread, and only its length looked at.
    """
    if not in_chunks(request):
        if _length(request) > most_bytes:
            raise TooLargeError
        return
    body = bytearray()
    while piece := request.META["wsgi.input"].read(PIECE_BYTES):
        body += piece
        if len(body) > most_bytes:
            raise TooLargeError
    request._body = bytes(body)  # where Django itself keeps a body that was read
    request._read_started = True  # type: ignore[attr-defined]
    request.META["CONTENT_LENGTH"] = str(len(body))


class LimitBodies:
    """Middleware: 413 for a body that its sender may not send, 411 for one without a length, 408 for a broken one.

    It reads no body. It goes before CsrfViewMiddleware, which reads forms. The views of REST limit theirs after they
    know who asks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on; reading its body raises where it broke off."""
        demand_whole_body(request)
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return a refusal where a body that broke off has ended a view."""
        return _refusal(408, "broken_off", BROKE_OFF) if isinstance(error, UnreadablePostError) else None

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Return a refusal, or None."""
        if getattr(view, "limits_body", False):
            return None
        if in_chunks(request):
            return _refusal(411, "length_required", "Send the body with a Content-Length, not in chunks.")
        length = _length(request)
        if length <= MOST_OF_STRANGERS or _is_rest(view):
            return None
        limit = _limit_bytes(request)
        if length > limit:
            return _refusal(413, "too_large", f"The body is too large; at most {limit} bytes are taken.")
        return None


def _is_rest(view: Any) -> bool:
    kind = getattr(view, "cls", None)
    return isinstance(kind, type) and issubclass(kind, APIView)


def _limit_bytes(request: HttpRequest) -> int:
    user = request.user
    if not user.is_authenticated:
        return MOST_OF_STRANGERS
    uploads = (request.content_type or "") == "multipart/form-data"
    if uploads and any(user.has_perm(right) for right in settings.DIALER_UPLOAD_RIGHTS):
        # The form's other fields and the boundaries come on top of the file.
        return int(settings.DIALER_UPLOAD_MAX_BYTES) + MOST_OF_STRANGERS
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _refusal(status: int, code: str, message: str) -> HttpResponse:
    return JsonResponse({"error": {"code": code, "message": message, "fields": []}}, status=status)
