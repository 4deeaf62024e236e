"""Whether a body is worth waiting for: what the front of the web server asks before it reads a push."""

from __future__ import annotations

import re
import uuid

from django.db import close_old_connections

from webhooks.receiving import Rejected, known_sender

#: The addresses of `webhooks.urls`: of pushes, and of the question for a contact.
_ADDRESS = re.compile(
    r"/*push/+(?P<public_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/+(?P<token>[^/]+)(?:/+contact)?/*"
)


def is_address(path: str) -> bool:
    """Return whether a path is the push address of an account, with its token. Raises errors of the database."""
    found = _ADDRESS.fullmatch(path)
    if found is None:
        return False
    close_old_connections()
    try:
        known_sender(public_id=uuid.UUID(found["public_id"]), token=found["token"])
    except Rejected:
        return False
    finally:
        close_old_connections()
    return True
