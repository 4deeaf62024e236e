"""Sessions in PostgreSQL of which a copy of the database lets nobody in: the key is kept as a hash, the data encrypted.

Django stores both in clear: anyone who reads its table can act as everybody who is logged in.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from dialer.encryption import UndecryptableError, decrypt, encrypt, hash_of

#: What the column holds; 160 bits of a hash are as hard to meet as a key.
KEPT_CHARACTERS = 40


def kept(session_key: str) -> str:
    """Return what is kept of a session's key."""
    return hash_of(session_key)[:KEPT_CHARACTERS]


class SessionStore(db.SessionStore):
    """Django's, which finds a session by the hash of its key. The cookie alone holds the key."""

    def _get_session_from_db(self) -> Session | None:
        """Return the session's row; without one, forget the key."""
        cookie = self.session_key
        self._session_key = kept(cookie) if cookie else None
        found: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self._session_key = cookie if found is not None else None
        return found

    def exists(self, session_key: str) -> bool:
        """Return whether there is a session of this key."""
        return bool(super().exists(kept(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to save."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        row.session_key = kept(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """End a session, this one if none is named."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(kept(key))

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return the data encrypted with the first key."""
        return encrypt(self.serializer().dumps(session_dict))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return the data; none where no key opens it: its owner logs in again."""
        try:
            found: dict[str, Any] = self.serializer().loads(decrypt(str(session_data)))
        except (UndecryptableError, ValueError):
            return {}
        return found
