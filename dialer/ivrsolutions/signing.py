"""Whether a push of IVR Solutions proves its sender: "signed with your key", but neither header nor recipe is named.

So both are settings of an account. The recipe is HMAC-SHA256 of the body unless the account says otherwise, in hex or
base64, with or without ``sha256=`` before it; of the body as it came, then as a serialiser may have written it. Without
the header's name every header is looked at: only somebody who knows the secret can put a right signature into any.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from dialer.providers.base import same_secret
from dialer.providers.serialised import writings

#: Recipes by the name that the account's setting has. ``plain`` is the secret itself; ``none`` trusts the URL alone.
DIGESTS: Mapping[str, str] = {"hmac-sha256": "sha256", "hmac-sha512": "sha512", "hmac-sha1": "sha1"}
RECIPES = (*DIGESTS, "plain", "none")
#: Headers longer than this hold no signature: SHA-512 in hex has 128 characters.
_LONGEST = 256


def is_authentic(*, headers: Mapping[str, str], body: bytes, secret: str, header: str, recipe: str) -> bool:
    """Return whether a header proves that the sender knows ``secret``. Constant time for each header.

    With neither a secret nor a header's name nothing is configured: the secret in the push URL is the only proof.
    """
    if recipe == "none" or not (secret or header):
        return True
    if not secret or recipe not in RECIPES:
        return False
    given = [headers.get(header.lower(), "")] if header else [value for value in headers.values() if value]
    candidates = [value.strip() for value in given if 0 < len(value) <= _LONGEST]
    if not candidates:
        return False
    if recipe == "plain":
        return any(same_secret(value, secret) for value in candidates)
    made = (proof for written in writings(body) for proof in _spellings(written, secret, DIGESTS[recipe]))
    return any(same_secret(value, proof) for proof in made for value in candidates)


def _spellings(body: bytes, secret: str, digest: str) -> Iterable[str]:
    mac = hmac.new(secret.encode("utf-8", "surrogatepass"), body, getattr(hashlib, digest)).digest()
    for text in (mac.hex(), base64.b64encode(mac).decode()):
        yield text
        yield f"{digest}={text}"
