"""The text that a manager pastes at a provider so that its pushes carry our names, where a provider needs one."""

from __future__ import annotations

from typing import Any

from dialer.models import ProviderAccount


def key_map(account: ProviderAccount, *, masked: str | None = None) -> dict[str, Any] | None:
    """Return the account's key map, or None where the provider has none. ``masked`` stands for the secret if given."""
    part = account.api.key_map
    if part is None:
        return None
    secret = masked if masked is not None else account.stored_credentials.get(part.secret_field, "")
    return dict(part.mapping(push_url=account.push_url, secret=secret))
