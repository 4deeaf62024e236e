"""How what is told is signed, in two ways: as Standard Webhooks says, and in one header of ours. Pure.

Both sign the time with the body, so that a recorded request is useless later; docs/webhooks.md shows how to verify.
While a secret is being replaced, both the new one and the old one sign.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime

SIGNATURE_HEADER = "dialer-signature"
_PREFIX = "whsec_"


def signature(*, secrets: Sequence[str], body: bytes, at: datetime) -> str:
    """Return our header's value: ``t=<seconds since 1970>,v1=<hex>``, a v1 for each secret."""
    seconds = str(int(at.timestamp()))
    signed = seconds.encode() + b"." + body
    digests = (hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets)
    return ",".join((f"t={seconds}", *(f"v1={digest}" for digest in digests)))


def standard_headers(*, secrets: Sequence[str], event_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks 1.0."""
    seconds = str(int(at.timestamp()))
    signed = f"{event_id}.{seconds}.".encode() + body
    digests = (hmac.digest(key_of(secret), signed, "sha256") for secret in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: what follows ``whsec_`` is base64, in older ones of the URL's kind."""
    text = secret.removeprefix(_PREFIX).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except ValueError:  # none of ours: something was put there by hand
        return text.encode()
