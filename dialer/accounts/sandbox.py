"""The sandbox account of a provider: its calls go to the carrier of this installation, and nobody is rung.

One for each provider, made with all that it needs. Its address is no field of it (``ProviderAccount.api_url``), its
secrets are made up, and the database lets it never become an account that calls people.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from dialer import providers
from dialer.acts.telephone import OPEN_SANDBOX
from dialer.audit import record
from dialer.models import DID, Agent, ProviderAccount
from dialer.providers.base import AgentKind, Field, Provider

#: What calls are placed from; a rehearsal takes the numbers of its campaign.
NUMBERS = ("+918069000001", "+918069000002")
LINES_EACH = 5
AGENTS = 5
#: Its calls take a few seconds, so that nothing of it is waited for as long as for real ones. Seconds.
PATIENCE = {"max_call_seconds": 120, "poll_after_seconds": 5, "reply_timeout_seconds": 5}


class NoSandbox(ValueError):
    """The carrier does not speak the API of this provider; the text is a sentence."""


def open_sandbox(*, provider: str) -> ProviderAccount:
    """Return the sandbox account of a provider, made if there is none, switched on if it was off. Raises NoSandbox."""
    if provider not in providers.bundled_slugs():
        raise NoSandbox(f"The sandbox carrier does not speak the API of {provider}.")
    found = ProviderAccount.objects.filter(provider=provider, is_sandbox=True).first()
    if found is None:
        try:
            with transaction.atomic():
                return _made(providers.get(provider))
        except IntegrityError:  # somebody else has just made it
            found = ProviderAccount.objects.get(provider=provider, is_sandbox=True)
    if not found.is_active:
        found.is_active = True
        found.save(update_fields=["is_active", "updated_at"])
    return found


def _made(api: Provider) -> ProviderAccount:
    account = ProviderAccount.objects.create(
        name=_free_name(f"Sandbox {api.name}"),
        provider=api.slug,
        is_sandbox=True,
        credentials=_values(api.credential_fields),
        settings=_values(field for field in api.setting_fields if field.required),
        **PATIENCE,
    )
    record(act=OPEN_SANDBOX.name, what="Opened the sandbox account", subject=account, now=datetime.now(UTC))
    for number in NUMBERS:
        DID.objects.create(account=account, number=number, label="Sandbox", max_live_calls=LINES_EACH)
    for kind in sorted(api.capabilities.agent_kinds - {AgentKind.NUMBER})[:1]:
        for n in range(1, AGENTS + 1):
            Agent.objects.create(account=account, name=f"Sandbox agent {n}", kind=kind, address=f"{1000 + n}")
    return account


def _free_name(name: str) -> str:
    count, wanted = 1, name
    while ProviderAccount.objects.filter(name=wanted).exists():
        count += 1
        wanted = f"{name} {count}"
    return wanted


def _values(fields: Iterable[Field]) -> dict[str, Any]:
    """Return a made-up value of each secret, and what else has to be there.

    Hexadecimal digits are text and, in fours, Base64: as the providers want them.
    """
    found = {field.name: secrets.token_hex(24) if field.secret else field.default or "sandbox" for field in fields}
    return {name: value for name, value in found.items() if value}
