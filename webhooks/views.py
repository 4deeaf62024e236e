"""Where providers push to: plain Django, as it is called once or more for each call."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from dialer.providers.base import Push
from webhooks.receiving import MOST_BYTES, Rejected, receive


@csrf_exempt
def push(request: HttpRequest, public_id: uuid.UUID, token: str) -> HttpResponse:
    """Take in one push: 200 when it is stored, 403 when it does not prove its sender, 413 when it is too large."""
    if request.method not in {"POST", "PUT", "GET"}:
        return JsonResponse({"status": "error", "message": "Push results with POST."}, status=405)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return JsonResponse({"status": "error", "message": f"At most {MOST_BYTES} bytes."}, status=413)
    event = Push(
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        query=request.GET.dict(),
    )
    try:
        receive(public_id=public_id, token=token, push=event)
    except Rejected:
        return JsonResponse({"status": "error", "message": "Unknown address or wrong signature."}, status=403)
    return JsonResponse({"status": "success"})
