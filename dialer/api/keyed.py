"""The header Idempotency-Key of every POST, PATCH and DELETE: with the key of before, the answer of before.

A view whose own table holds the key (an upload, a call, leads, a note) says ``keeps_keys`` and does as it documents.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.api.errors import Conflict
from dialer.once import KEY_LENGTH, Asked, BrokeOff, OtherRequest, UnderWay, once

HEADER = "Idempotency-Key"
#: On an answer that was given before.
REPLAYED = "Idempotent-Replayed"
#: Answers of a view that say that nothing was done, or what a provider said of it.
SAYS_NOTHING_DONE = (APIException, Http404, PermissionDenied, ModelValidationError)

Handler = Callable[..., Response]


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key, or None. Raises ValidationError for one that is too long."""
    key = request.headers.get(HEADER, "").strip()
    if len(key) > KEY_LENGTH:
        raise ValidationError({HEADER: f"At most {KEY_LENGTH} characters."})
    return key or None


def answered_once(handler: Handler, *, in_one_transaction: bool) -> Handler:
    """Return a handler that answers a request with a key as it was answered before, and any other as ``handler``."""

    def answer(request: Request, *args: Any, **kwargs: Any) -> Response:
        key = idempotency_key(request)
        if key is None:
            return handler(request, *args, **kwargs)
        user_id = request.user.pk
        if user_id is None:
            return handler(request, *args, **kwargs)
        asked = Asked(user_id=user_id, face="REST", key=key, request_hash=_hash_of(request), now=timezone.now())
        try:
            return once(
                asked,
                act=lambda: handler(request, *args, **kwargs),
                to_keep=_to_keep,
                again=_again,
                in_one_transaction=in_one_transaction,
                undone_by=SAYS_NOTHING_DONE,
            )
        except OtherRequest as error:
            problem = "This idempotency key was used for another request: send a new key."
            raise Conflict(code="idempotency_key_reused", problems=[problem]) from error
        except UnderWay as error:
            raise Conflict(code="under_way", problems=[str(error)]) from error
        except BrokeOff as error:
            raise Conflict(code="uncertain", problems=[str(error)]) from error

    return answer


def _hash_of(request: Request) -> str:
    """Return a hash of what is asked for, and by which API key: method, address, and the body as it is understood.

    Keys of one user may do different things: none gets the answer that another was given.
    """
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}".encode("utf-8", "surrogatepass"))
    digest.update(f" {getattr(request.auth, 'pk', None)} ".encode())
    digest.update(json.dumps(_plain(request.data), sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _plain(data: Any) -> Any:
    """Return a body as JSON; a form's values as lists, a file as the hash of what is in it."""
    if not hasattr(data, "lists"):
        return data
    return {
        name: [_hashed(one) if isinstance(one, UploadedFile) else one for one in many] for name, many in data.lists()
    }


def _hashed(file: Any) -> str:
    if not isinstance(file, UploadedFile):
        return str(file)
    digest = hashlib.sha256(str(file.name).encode("utf-8", "surrogatepass"))
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _to_keep(answer: Response) -> dict[str, Any] | None:
    if answer.status_code >= 400:
        return None
    body = None if answer.data is None else json.loads(JSONRenderer().render(answer.data))
    headers = {name: answer[name] for name in ("Location",) if name in answer}
    return {"status": answer.status_code, "body": body, "headers": headers}


def _again(kept: dict[str, Any]) -> Response:
    return Response(kept["body"], status=kept["status"], headers={**kept["headers"], REPLAYED: "true"})
