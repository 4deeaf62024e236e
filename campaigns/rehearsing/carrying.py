"""What the sandbox carrier is told of our accounts there: their secrets, where to push, and how calls go."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from dialer.accounts.key_maps import key_map
from dialer.models import ProviderAccount
from dialer.sandbox.client import SandboxClient
from dialer.sandbox.rehearsals import IS_CARRIER, OWN_PHONE, REHEARSALS

#: The carrier is told of a new account within a second; it may have to be started first.
KNOWN_WITHIN_SECONDS = 10.0


class NoCarrier(Exception):
    """The sandbox carrier does not run, or does not know the account; the text says what to do."""


def known_there(account: ProviderAccount) -> dict[str, Any]:
    """Return what the carrier must know so that it admits us and we believe it."""
    rehearsal = REHEARSALS[account.provider]
    known = {theirs: account.credentials[ours] for ours, theirs in rehearsal.secrets.items()}
    pasted = key_map(account) or {}
    return {**rehearsal.settings, **known, **{theirs: pasted[ours] for theirs, ours in rehearsal.pasted.items()}}


def carrier_accounts() -> dict[str, dict[str, Any]]:
    """Return the settings of every sandbox account by its key at the carrier.

    Last digits choose nothing there: in a list of real numbers they mean nothing.
    """
    found = ProviderAccount.objects.filter(is_sandbox=True, is_active=True, provider__in=REHEARSALS)
    return {
        f"{account.provider}/{account.public_id}": {
            "push_url": _inside(account.push_url),
            "push_headers": _as_from_outside(),
            "suffixes": False,
            "answering_numbers": [OWN_PHONE],
            **known_there(account),
        }
        for account in found.order_by("pk")
        if not account.unreadable
    }


def follow(carrier: SandboxClient, told: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Tell a running carrier of accounts that are new or changed since ``told``; return what it knows now."""
    wanted = carrier_accounts()
    for key, known in wanted.items():
        if told.get(key) != known:
            slug, _, name = key.partition("/")
            carrier.configure(slug, name, **known)
    return wanted


def wait_for_carrier(*, account: ProviderAccount, within_seconds: float = KNOWN_WITHIN_SECONDS) -> None:
    """Return once the carrier knows the account. Raises NoCarrier with a sentence when it does not in time.

    It answers by itself that it is the carrier: nothing else at that address is taken for it.
    """
    deadline = time.monotonic() + within_seconds
    while not _knows(account):
        if time.monotonic() > deadline:
            raise NoCarrier(
                f"The sandbox carrier does not answer at {settings.DIALER_SANDBOX_URL}. It comes with manage.py run "
                "and with docker compose; by itself it is manage.py sandbox_carrier."
            )
        time.sleep(0.05)


def _knows(account: ProviderAccount) -> bool:
    try:
        reply = httpx.get(account.api_url, timeout=2.0, trust_env=False)
        return bool(reply.status_code == 200 and reply.json() == IS_CARRIER)
    except (httpx.HTTPError, ValueError):
        return False


def _inside(push_url: str) -> str:
    return str(settings.DIALER_SANDBOX_PUSHES_TO) + push_url.removeprefix(settings.PUBLIC_BASE_URL)


def _as_from_outside() -> dict[str, str]:
    """Return the headers by which a push that comes from inside is taken like one of a provider."""
    public, inside = (urlsplit(url).netloc for url in (settings.PUBLIC_BASE_URL, settings.DIALER_SANDBOX_PUSHES_TO))
    return {} if public == inside else {"Host": public}
