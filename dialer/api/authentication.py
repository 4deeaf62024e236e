"""Who asks: by an API key, as ``Authorization: Bearer dlr_…`` or ``Token dlr_…``."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from dialer.client_address import client_address
from dialer.keys.finding import KeyUser, find_key, note_use
from dialer.keys.making import PREFIX_LENGTH
from dialer.keys.wrong_keys import wrong_keys
from dialer.models import ApiKey

log = structlog.get_logger(__name__)

WORDS = ("bearer", "token")


class KeyAuthentication(BaseAuthentication):
    """By API key: the user, narrowed to what the key lets through; ``request.auth`` is the key."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """Return user and key, or None without such a header. Raises AuthenticationFailed, Throttled."""
        word, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        if word.lower() not in WORDS:
            return None
        now, key = timezone.now(), find_key(secret.strip())
        if key is None:
            raise _wrong(request, secret.strip())
        if problem := _refused(key, now):
            raise AuthenticationFailed(problem)
        note_use(key=key, now=now)
        return KeyUser(key), key

    def authenticate_header(self, request: Request) -> str:
        """Return what the client is told to send."""
        return "Bearer"


def _refused(key: ApiKey, now: datetime) -> str:
    return key.why_refused(now=now) or ("" if key.user.is_active else "The user of this key is switched off.")


def _wrong(request: Request, secret: str) -> AuthenticationFailed | Throttled:
    """Count a wrong key, log the first ones of a minute, and return what to answer."""
    address = client_address(request._request)
    count, left_seconds = wrong_keys.count(address, now_seconds=time.monotonic())
    most = int(settings.DIALER_WRONG_KEYS_PER_MINUTE)
    if not most or count <= most:
        begins = secret[:PREFIX_LENGTH] if secret.startswith("dlr_") else "not a key"
        log.warning("wrong api key", address=address, begins=begins, count=count)
        return AuthenticationFailed("This is no API key of this installation, or not the whole of it.")
    if count == most + 1:
        log.warning("too many wrong api keys: not logged one by one any more", address=address)
    return Throttled(wait=left_seconds, detail="Too many wrong keys from this address.")


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes it in the OpenAPI document."""

    target_class = "dialer.api.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key: `Authorization: Bearer dlr_…` (or `Token dlr_…`).",
        }
