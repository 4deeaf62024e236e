"""What every exchange over REST has beside its body: an id in and out, an ETag, and problem+json for who asks for it.

It is done around Django's other layers, so that their own refusals have it as well.
"""

from __future__ import annotations

import re
import uuid
from typing import cast

import orjson
import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware

from dialer.serving.problems import PROBLEM_JSON, problem_of
from dialer.serving.waiting import WAIT_HEADER

REQUEST_ID = "X-Request-ID"
#: What is taken of others; anything else would let them write into the log what they like.
_ID = re.compile(r"[A-Za-z0-9._:/=+-]{1,100}")
_API = re.compile(r"/+api/")


def request_id_of(request: HttpRequest) -> str:
    """Return the id that the request came with, or a new one where it has none that can be taken."""
    given = request.headers.get(REQUEST_ID, "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


class ApiWire(ConditionalGetMiddleware):
    """Middleware of the addresses of the API; any other request passes through."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the id in every line that is logged meanwhile."""
        if not _API.match(request.path):
            return self._next(request)
        request_id = request_id_of(request)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self._told(request, self._next(request))
        response[REQUEST_ID] = request_id
        return response

    def _next(self, request: HttpRequest) -> HttpResponseBase:
        return cast(HttpResponseBase, self.get_response(request))  # Django runs in threads

    def _told(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.setdefault("Cache-Control", "private, no-cache")
        if not isinstance(response, HttpResponse):  # streamed: its bytes are not known yet
            return response
        if response.status_code >= 400 and PROBLEM_JSON in request.headers.get("Accept", ""):
            return _as_problem(request, response)
        if WAIT_HEADER in response:  # it leaves nobody: who asks is answered later, and then by what is there
            return response
        return self.process_response(request, response)


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    try:
        error = orjson.loads(response.content)["error"]
    except (ValueError, TypeError, KeyError):
        return response
    response.content = orjson.dumps(problem_of(error, status=response.status_code, path=request.path))
    response["Content-Type"] = PROBLEM_JSON
    response["Content-Length"] = str(len(response.content))
    return response
