"""The text that a manager pastes at a provider so that its pushes carry our names, where a provider needs one."""

from __future__ import annotations

import importlib
from typing import Any

from dialer.models import ProviderAccount


def key_map(account: ProviderAccount, *, masked: str | None = None) -> dict[str, Any] | None:
    """Return the account's key map, or None where the provider has none. ``masked`` stands for the token if given."""
    module = importlib.import_module(f"dialer.providers.{account.provider}")
    build = getattr(module, "key_map", None)
    if build is None:
        return None
    token = masked if masked is not None else account.credentials.get("push_token", "")
    mapping: dict[str, Any] = build(push_url=account.push_url, push_token=token)
    return mapping
