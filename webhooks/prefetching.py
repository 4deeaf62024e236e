"""A platform asks, as a call begins, for the variables of the person who is called: by our reference or by number.

VoxCore documents that it asks ("CRM pre-fetch") and not how, so the question may come as GET or POST, as a query, a
form or JSON, under any of the names below. Only calls that are under way are told of, and only to their own account.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from campaigns.placing.variables import call_variables
from dialer.providers.base import load_object, same_secret
from dialer.providers.voxcore import REFERENCE
from dialer.sql import hot_cursor
from webhooks.receiving import senders

REFERENCE_NAMES = (REFERENCE, "reference", "dialer_reference_call")
NUMBER_NAMES = (
    "phone", "phone_number", "to_number", "number", "caller_id", "callerId", "customer_number", "mobile", "to",
)  # fmt: skip
#: A question is a number or a reference; what is larger is none.
MOST_BYTES = 64 * 1024

#: One look-up in a unique index: of references, or of the numbers of live calls.
_LIVE = """
SELECT a.reference, a.number, c.name, c.external_reference, c.variables, l.variables, t.variables
  FROM campaigns_attempt a
  JOIN campaigns_lead l ON l.id = a.lead_id
  JOIN campaigns_contact c ON c.id = l.contact_id
  JOIN campaigns_campaign k ON k.id = a.campaign_id
  JOIN campaigns_calltemplate t ON t.id = k.template_id
 WHERE a.account_id = %s AND a.ended_at IS NULL AND """
_BY_REFERENCE = _LIVE + "a.reference = %s"
_BY_NUMBER = _LIVE + "a.number = ANY(%s) LIMIT 1"


@csrf_exempt
def prefetch(request: HttpRequest, public_id: uuid.UUID, token: str) -> HttpResponse:
    """Answer with the call's variables; an empty object for a call that is none of ours; 403 without the secret."""
    sender = senders.get(public_id)
    if sender is None or not same_secret(token, sender.push_token):
        return JsonResponse({"status": "error", "message": "Unknown address."}, status=403)
    if request.method not in {"GET", "POST"}:
        return JsonResponse({"status": "error", "message": "Ask with GET or POST."}, status=405)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return JsonResponse({"status": "error", "message": f"At most {MOST_BYTES} bytes."}, status=413)
    response = JsonResponse(variables_of(account_id=sender.id, asked=_asked(request)))
    response["Cache-Control"] = "no-store"
    return response


def variables_of(*, account_id: int, asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that the live call was placed with, and its reference; empty when there is none."""
    reference, numbers = _reference(asked), _numbers(asked)
    if reference is None and not numbers:
        return {}
    with hot_cursor() as cursor:
        if reference is not None:
            cursor.execute(_BY_REFERENCE, [account_id, reference])
        else:
            cursor.execute(_BY_NUMBER, [account_id, numbers])
        row = cursor.fetchone()
    if row is None:
        return {}
    found, number, name, external_reference, *stored = row
    contact, lead, names = (_json(value) for value in stored)
    variables = call_variables(
        name=name, external_reference=external_reference, number=number, own={**contact, **lead}, names=names
    )
    return {**variables, REFERENCE: str(found)}


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what was sent, from query and body; nested objects one level deep are looked into."""
    given: dict[str, Any] = request.GET.dict()
    if request.method == "POST":
        body = load_object(request.body)
        given |= body if body is not None else request.POST.dict()
    for value in list(given.values()):
        if isinstance(value, dict):
            given = {**value, **given}
    return given


def _reference(asked: Mapping[str, Any]) -> uuid.UUID | None:
    for name in REFERENCE_NAMES:
        try:
            return uuid.UUID(str(asked.get(name, "")))
        except ValueError:
            continue
    return None


def _numbers(asked: Mapping[str, Any]) -> list[str]:
    """Return what the number can be in E.164; ten digits, with a 0 before or not, are taken for Indian ones, too."""
    text = next((str(asked[name]) for name in NUMBER_NAMES if asked.get(name)), "")
    digits = re.sub(r"[^0-9]", "", text).removeprefix("00")
    if not 7 <= len(digits) <= 15:
        return []
    national = re.fullmatch(r"0?([1-9][0-9]{9})", digits)
    return [f"+{digits}", *([f"+91{national[1]}"] if national and not text.strip().startswith("+") else [])]


def _json(value: Any) -> dict[str, Any]:
    found = orjson.loads(value) if isinstance(value, str | bytes) else value
    return found if isinstance(found, dict) else {}
