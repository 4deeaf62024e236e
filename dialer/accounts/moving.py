"""An account moves to another host: its stored secrets do not go with it, they are entered again.

Who may edit an account may not thereby read its key, by sending it to a server of his own. One rule for every face.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from dialer.models import ProviderAccount


def secrets_to_enter(*, account: ProviderAccount, base_url: str, entered: Collection[str]) -> list[str]:
    """Return the names of stored secrets that must be entered with ``base_url``; ``account`` is as it is stored.

    None while scheme, host and port stay. ``entered`` are the names of the values that come with the new address.
    """
    if _host(base_url) == _host(account.base_url):
        return []
    if account.unreadable_credentials:
        # Credentials that no key opens may be opened again one day: they are replaced, or they stay at home.
        secret = {field.name for field in account.api.credential_fields if field.secret}
        return [] if secret & set(entered) else sorted(secret)
    kept = [(account.credentials, account.api.credential_fields), (account.settings, account.api.setting_fields)]
    stored = {
        field.name
        for values, fields in kept
        for field in fields
        if field.secret and values.get(field.name) not in (None, "")
    }
    return sorted(stored - set(entered))


def _host(base_url: str) -> tuple[str, str] | None:
    """Return scheme and host with port; None for what cannot be read, which is refused elsewhere."""
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return None
    return parts.scheme, parts.netloc


def moved_problem(names: list[str]) -> str:
    """Say what to enter again."""
    return f"The address is at another host: send {', '.join(names)} again with it."
