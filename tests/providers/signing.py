"""How each provider proves a push, written once more from the documents: an oracle that shares no code with ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping


def none(body: bytes, secret: str) -> dict[str, str]:
    """Return no header: the provider's pushes are unsigned."""
    return {}


def bearer_token(body: bytes, secret: str) -> dict[str, str]:
    """Return the Authorization that the push settings name."""
    return {"authorization": f"Bearer {secret}"}


def altur_base64(body: bytes, secret: str) -> dict[str, str]:
    """docs.altur.io, webhooks overview: key = base64-decoded secret, result in base64, over compact JSON."""
    digest = hmac.new(base64.b64decode(secret), body, hashlib.sha256).digest()
    return {"x-altur-signature": base64.b64encode(digest).decode()}


def astradial_hex(body: bytes, secret: str) -> dict[str, str]:
    """docs.astradial.com, webhooks: ``sha256=`` and the hex HMAC-SHA256 of the JSON body."""
    return {"x-pbx-signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def ivrsolutions_hex(body: bytes, secret: str) -> dict[str, str]:
    """The document says "signed with your key", no recipe: ours is hex HMAC-SHA256 in the header of the settings."""
    return {"x-ivr-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


SCHEMES: Mapping[str, Callable[[bytes, str], dict[str, str]]] = {
    scheme.__name__: scheme for scheme in (none, bearer_token, altur_base64, astradial_hex, ivrsolutions_hex)
}
#: Schemes whose proof depends on the body.
SIGNED = frozenset({"altur_base64", "astradial_hex", "ivrsolutions_hex"})
