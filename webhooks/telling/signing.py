"""How what is told is signed: HMAC-SHA256 over the time, a dot and the body. Pure.

The time is part of what is signed, so that a recorded request is useless later; docs/webhooks.md shows how to verify.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

SIGNATURE_HEADER = "dialer-signature"


def signature(*, secret: str, body: bytes, at: datetime) -> str:
    """Return the header's value: ``t=<seconds since 1970>,v1=<hex>``."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
