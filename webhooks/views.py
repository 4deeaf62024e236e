"""Where providers push to: plain Django, as it is called once or more for each call."""

from __future__ import annotations

import uuid

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from dialer.accounts.result_counts import meter
from dialer.bodies import TooLargeError, chunks_taken, read_chunks
from dialer.models import ResultKind
from dialer.providers.base import Push
from webhooks.push_rates import TooMuch
from webhooks.receiving import Rejected, known_sender, receive

log = structlog.get_logger(__name__)

#: A redirect turns a POST into a GET without a body.
REDIRECTED = (
    "Nothing came. A redirect in front of this address turns a POST into this GET and loses the result: "
    "push to the address that the redirect leads to."
)


@chunks_taken
@csrf_exempt
def push(request: HttpRequest, public_id: uuid.UUID | str, token: str) -> HttpResponse:
    """Take in one push: 200 when it is stored and never otherwise.

    400 when it is empty, broken off or was a push before a redirect, 403 when it does not prove its sender, 405 when
    it is neither POST nor PUT, 413 when it is too large, 429 above the account's rate and 503 when we fail, so that
    the provider sends it again.
    """
    if request.method not in {"POST", "PUT"} and (request.method != "GET" or request.GET):
        return _refused(405, "Push results with POST.", Allow="POST, PUT")
    try:
        sender = known_sender(public_id=uuid.UUID(str(public_id)), token=token)
        if request.method == "GET":
            meter.note(account_id=sender.id, kind=ResultKind.EMPTY)
            return _refused(400, REDIRECTED)
        read_chunks(request, most_bytes=settings.DIALER_PUSH_MAX_BYTES)
        headers = {name.lower(): value for name, value in request.headers.items()}
        event = Push(headers=headers, body=request.body, query=request.GET.dict())
        if not event.body:
            meter.note(account_id=sender.id, kind=ResultKind.EMPTY)
            return _refused(400, "The body is empty; nothing is stored.")
        receive(sender=sender, push=event)
    except Rejected:
        return _refused(403, "Unknown address or wrong signature.")
    except TooLargeError:
        return _refused(413, f"At most {settings.DIALER_PUSH_MAX_BYTES} bytes.")
    except TooMuch as error:
        return _refused(429, "Too much at one time. Send it again.", **{"Retry-After": str(error.wait_seconds)})
    except UnreadablePostError:
        return _refused(400, "The body broke off; nothing is stored.")
    except Exception:  # whatever it is, the result must not be lost: an error page would stop some senders
        log.exception("push not stored")
        return _refused(503, "The push is not stored. Send it again.", **{"Retry-After": "5"})
    return JsonResponse({"status": "success"})


def _refused(status: int, message: str, **headers: str) -> HttpResponse:
    return JsonResponse({"status": "error", "message": message}, status=status, headers=headers)
