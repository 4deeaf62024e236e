"""A platform asks, as a call begins, for the variables of the person who is called: by our reference or by number.

The question may come as GET or POST, as a query, a form or JSON; how it names the call is the provider's. Only calls
that are under way are told of, and only to their own account.
"""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from campaigns.models.fallback import TEMPLATE_OF_CALL
from campaigns.placing.variables import call_variables
from dialer.bodies import TooLargeError, chunks_taken, read_chunks
from dialer.providers import damaged
from dialer.providers.base import load_object
from dialer.providers.cleaning import plain
from dialer.providers.parts.prefetch import CallAsked
from dialer.sql import hot_cursor
from webhooks.receiving import senders

#: A question is a number or a reference; what is larger is none.
MOST_BYTES = 64 * 1024

#: One look-up in a unique index: of references, or of the numbers of live calls.
_LIVE = f"""
SELECT a.reference, a.number, p.name, p.external_reference, p.variables, l.variables, t.variables
  FROM campaigns_attempt a
  JOIN campaigns_lead l ON l.id = a.lead_id
  JOIN campaigns_contact p ON p.id = l.contact_id
  JOIN campaigns_campaign c ON c.id = a.campaign_id
  {TEMPLATE_OF_CALL}
 WHERE a.account_id = %s AND a.ended_at IS NULL AND """  # noqa: S608
_BY_REFERENCE = _LIVE + "a.reference = %s"
_BY_NUMBER = _LIVE + "a.number = ANY(%s) LIMIT 1"


@chunks_taken
@csrf_exempt
def prefetch(request: HttpRequest, public_id: uuid.UUID | str, token: str) -> HttpResponse:
    """Answer with the call's variables; an empty object for a call that is not ours.

    403 without the secret, 400 when nothing came at all.
    """
    sender = senders.get(uuid.UUID(str(public_id)))
    part = sender.provider.prefetch if sender is not None else None
    if sender is None or part is None or not sender.knows(token):
        return JsonResponse({"status": "error", "message": "Unknown address."}, status=403)
    if request.method not in {"GET", "POST"}:
        return JsonResponse({"status": "error", "message": "Ask with GET or POST."}, status=405)
    try:
        read_chunks(request, most_bytes=MOST_BYTES)
    except TooLargeError:
        return JsonResponse({"status": "error", "message": f"At most {MOST_BYTES} bytes."}, status=413)
    if not request.GET and not request.body:
        message = "The question names no call. A redirect in front of this address loses the body of a POST."
        return JsonResponse({"status": "error", "message": message}, status=400)
    found = call_of(account_id=sender.id, asked=part.read(given=_given(request)))
    response = JsonResponse({} if found is None else dict(part.answer(reference=found[0], variables=found[1])))
    response["Cache-Control"] = "no-store"
    return response


def call_of(*, account_id: int, asked: CallAsked) -> tuple[str, dict[str, str]] | None:
    """Return the reference of the live call and the variables that it was placed with; None when there is none."""
    if asked.reference is None and not asked.numbers:
        return None
    with hot_cursor() as cursor:
        if asked.reference is not None:
            cursor.execute(_BY_REFERENCE, [account_id, asked.reference])
        else:
            cursor.execute(_BY_NUMBER, [account_id, list(asked.numbers)])
        row = cursor.fetchone()
    if row is None:
        return None
    found, number, name, external_reference, *stored = row
    contact, lead, names = (_json(value) for value in stored)
    variables = call_variables(
        name=name, external_reference=external_reference, number=number, own={**contact, **lead}, names=names
    )
    return str(found), plain(variables)


def _given(request: HttpRequest) -> dict[str, Any]:
    """Return what was sent, from query and body."""
    given: dict[str, Any] = request.GET.dict()
    if request.method == "POST":
        body = load_object(request.body)
        given |= body if body is not None else request.POST.dict() or _damaged(request.body)
    return given


def _damaged(body: bytes) -> dict[str, Any]:
    """Return the object in a body that is no clean JSON, an empty one where there is none."""
    reading = damaged.read(body)
    return reading.objects[0] if reading is not None else {}


def _json(value: Any) -> dict[str, Any]:
    found = orjson.loads(value) if isinstance(value, str | bytes) else value
    return found if isinstance(found, dict) else {}
