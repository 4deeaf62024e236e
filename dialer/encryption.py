"""A JSON field that is encrypted at rest.

Our own forty lines, because the kept library for it (django-fernet-encrypted-fields 0.4) hands out the cipher text
when a key is wrong and marks fields as "already decrypted" in a way that two threads can cross; see docs/decisions.md.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class UndecryptableError(RuntimeError):
    """A stored secret cannot be decrypted: DIALER_ENCRYPTION_KEYS lacks the key that it was written with."""


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Return the cipher of these keys; keys are long random strings, so one hash makes them Fernet keys."""
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys],
    )


def _current() -> MultiFernet:
    return _cipher(tuple(settings.DIALER_ENCRYPTION_KEYS))


class EncryptedJSONField(models.Field[dict[str, Any], dict[str, Any]]):
    """A JSON object stored as a Fernet token. Raises UndecryptableError on reading with the wrong keys."""

    def get_internal_type(self) -> str:
        """Store it as text."""
        return "TextField"

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """Return the decrypted value."""
        if value is None or value == "":
            return {}
        try:
            return orjson.loads(_current().decrypt(value.encode()))
        except InvalidToken as error:
            raise UndecryptableError(UndecryptableError.__doc__) from error

    def get_prep_value(self, value: Any) -> str:
        """Return the token to store."""
        return _current().encrypt(orjson.dumps(value or {})).decode()

    def to_python(self, value: Any) -> Any:
        """Return the value as it is: forms and fixtures carry plain JSON."""
        return orjson.loads(value or "{}") if isinstance(value, str) else value
