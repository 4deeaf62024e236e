"""Numbers of people are whole for those alone who may see them; here is the one place that masks them for all others.

Every page, reply and file goes through it, so that no list, page or export can be forgotten. Our own DIDs stay whole,
and the numbers that the request itself names: who searches for one knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from dialer.acts.telephone import SEE_NUMBERS
from dialer.models import DID
from dialer.serving.shown_numbers import masked_json, masked_text, numbers_in

#: Files of these kinds are text, and go through line by line; in others nothing can be masked.
TEXTS = ("text/", "application/json", "application/x-ndjson", "application/problem+json")
SOUND = "audio/"
NOT_WHOLE = (
    "This file can only hold whole numbers, and you may not see those: take it as CSV or JSON, or ask an administrator "
    "for the right."
)


class MasksNumbers:
    """Middleware: masks the numbers in what leaves for somebody who may not see them whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, masked where it has to be."""
        response: Any = self._get_response(request)
        if request.path.lstrip("/").startswith("push/"):  # the provider's, who has no user
            return response
        user = getattr(request, "user", None)
        # What goes to somebody who is not known tells of nobody: he sees what he sent himself.
        if user is None or not user.is_authenticated or SEE_NUMBERS.may(user):
            return response
        kind = str(response.get("Content-Type", ""))
        if response.streaming:
            return _streamed(request, response, kind)
        if response.content and kind.startswith(TEXTS):
            response.content = _masked(request, response.content, kind)
        return response


def _masked(request: HttpRequest, content: bytes, kind: str) -> bytes:
    if kind.startswith(("application/json", "application/problem+json")):
        value = orjson.loads(content)
        exempt = _exempt(request, numbers_in(content.decode()))
        return orjson.dumps(masked_json(value, exempt=exempt))
    text, is_html = content.decode(), kind.startswith("text/html")
    return masked_text(text, exempt=_exempt(request, numbers_in(text, is_html=is_html)), is_html=is_html).encode()


def _exempt(request: HttpRequest, found: set[str]) -> set[str]:
    """Return those of ``found`` that are ours, or that the request named."""
    if not found:
        return set()
    ours = DID.objects.filter(number__in=[f"+{digits}" for digits in found]).values_list("number", flat=True)
    return {number.lstrip("+") for number in ours} | _named(request)


def _named(request: HttpRequest) -> set[str]:
    given = (value for name in request.GET for value in request.GET.getlist(name))
    return {digits for value in given if (digits := "".join(one for one in value if one.isdecimal()))}


def _streamed(request: HttpRequest, response: StreamingHttpResponse, kind: str) -> HttpResponse | StreamingHttpResponse:
    if kind.startswith(SOUND):
        return response
    if not kind.startswith(TEXTS):
        response.close()
        return HttpResponse(NOT_WHOLE, status=403, content_type="text/plain; charset=utf-8")
    lines: Any = response.streaming_content
    response.streaming_content = _masked_lines(request, lines)
    if response.has_header("Content-Length"):
        del response["Content-Length"]
    return response


def _masked_lines(request: HttpRequest, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give what is streamed line by line: a number never stands in two of them, and may stand in two pieces."""
    held = b""
    # Each row has another number: looking them up one by one would be a query a row.
    exempt = {number.lstrip("+") for number in DID.objects.values_list("number", flat=True)} | _named(request)
    for piece in pieces:
        whole, newline, held = (held + piece).rpartition(b"\n")
        if newline:
            yield masked_text((whole + newline).decode(), exempt=exempt).encode()
    if held:
        yield masked_text(held.decode(), exempt=exempt).encode()
