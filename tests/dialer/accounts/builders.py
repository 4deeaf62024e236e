"""Accounts at the sandbox carrier, as Dialer has them."""

from __future__ import annotations

from typing import Any

from dialer.models import ProviderAccount
from dialer.sandbox.client import SandboxClient
from tests.sandbox.carrier import KEY

CREDENTIALS = {
    "voxcore": {"push_token": "push-token"},
    "altur": {"webhook_secret": "c2VjcmV0"},
    "astradial": {"webhook_secret": "secret"},
    "ivrsolutions": {"webhook_secret": "secret"},
}


def account_at(sandbox: SandboxClient, slug: str, *, carrier: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Return an account at ``slug`` whose carrier has the settings ``carrier``."""
    sandbox.configure(slug, "acme", api_key=KEY, **(carrier or {}))
    values = {
        "name": f"{slug} account",
        "provider": slug,
        "base_url": sandbox.base_url(slug, "acme"),
        "credentials": {"api_key": KEY, **CREDENTIALS.get(slug, {})},
        "time_zone": "Asia/Kolkata",
        "reply_timeout_seconds": 5,
        **fields,
    }
    return ProviderAccount.objects.create(**values)
