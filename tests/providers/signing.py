"""How each provider proves a push, by its ``[authentication]``: an oracle that shares no code with the providers.

``scheme`` is ``none``; ``token``: the secret in a header, after ``prefix``; ``hmac``: a MAC of the body in a header, by
``digest`` and in ``encoding`` (hex, base64), after ``prefix``, keyed with the secret (``key`` base64: decoded).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Any

SCHEMES = frozenset({"none", "token", "hmac"})
#: Schemes whose proof depends on the body.
SIGNED = frozenset({"hmac"})


def proof(*, authentication: Mapping[str, Any], body: bytes, secret: str) -> dict[str, str]:
    """Return the header with which somebody who knows ``secret`` sends ``body``."""
    if authentication["scheme"] == "none":
        return {}
    header, prefix = authentication["header"], authentication.get("prefix", "")
    if authentication["scheme"] == "token":
        return {header: prefix + secret}
    key = base64.b64decode(secret) if authentication.get("key") == "base64" else secret.encode()
    mac = hmac.new(key, body, authentication.get("digest", "sha256")).digest()
    return {header: prefix + (base64.b64encode(mac).decode() if authentication["encoding"] == "base64" else mac.hex())}
