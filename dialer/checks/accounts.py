"""Whether the installation is fit for accounts that ring real people; those at a sandbox carrier ask for nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from dialer.checks.addresses import host_of, is_public
from dialer.checks.running import of_database
from dialer.models import ProviderAccount

#: So many accounts are named in a warning.
NAMED = 3


def real_accounts() -> list[str]:
    """Return the names of the active accounts whose provider is somewhere in the world: not a sandbox carrier's."""
    found = ProviderAccount.objects.filter(is_active=True).order_by("id").values_list("name", "base_url")
    return [name for name, url in found if is_public(host_of(url))]


@of_database
def providers_can_push() -> list[CheckMessage]:
    """Results come by push: providers must reach us."""
    host = host_of(settings.PUBLIC_BASE_URL)
    if is_public(host) or not (accounts := real_accounts()):
        return []
    text = (
        f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}, which no provider reaches, but there are accounts with real "
        f"providers ({_named(accounts)}): their results do not come, and calls end as LOST."
    )
    hint = (
        "Set PUBLIC_BASE_URL to the https:// address by which providers reach this installation, restart, and enter "
        "the new push address at each provider (account page, Check)."
    )
    return [Warning(text, hint=hint, id="dialer.W002")]


@of_database
def pushes_are_encrypted() -> list[CheckMessage]:
    """The push address holds a token, and what is pushed holds numbers."""
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    if parts.scheme == "https" or not is_public(parts.hostname or "") or not (accounts := real_accounts()):
        return []
    text = (
        f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}: providers ({_named(accounts)}) send results, with numbers and "
        "the secret push address, unencrypted through the internet."
    )
    hint = "Let a proxy in front end TLS (BEHIND_TLS_PROXY=true), and give PUBLIC_BASE_URL with https://."
    return [Warning(text, hint=hint, id="dialer.W003")]


@of_database
def debug_is_off() -> list[CheckMessage]:
    """Debug pages show code and settings to anyone who causes an error."""
    if not settings.DEBUG or not (accounts := real_accounts()):
        return []
    text = f"DEBUG is on, and there are accounts with real providers ({_named(accounts)})."
    hint = "Set DEBUG=false: debug pages show strangers how this works inside, and every query is kept in memory."
    return [Warning(text, hint=hint, id="dialer.W004")]


def _named(accounts: list[str]) -> str:
    more = f" and {len(accounts) - NAMED} more" if len(accounts) > NAMED else ""
    return ", ".join(accounts[:NAMED]) + more
