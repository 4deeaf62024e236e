"""Registers our push address at the provider, where it takes one by its API. Doing it again changes nothing."""

from __future__ import annotations

import secrets

from django.db import transaction

from dialer.accounts.asking import ask
from dialer.http.client import NotSent, Unanswered
from dialer.ivrsolutions import webhooks
from dialer.models import ProviderAccount


class UnableToRegister(Exception):
    """The provider does not have our address, or did not say so."""


def register_webhook(*, account: ProviderAccount) -> str:
    """Have the provider push to the account's address, signed with its webhook secret; return what was done.

    Without a secret one is made and kept. It is kept before the provider is told, since its first signed push can be
    faster than its answer. Raises UnableToRegister.
    """
    if account.provider != "ivrsolutions":
        raise UnableToRegister(f"{account.api.name} takes no address by its API: enter the push address there by hand.")
    try:
        request = webhooks.add_webhook_url(
            account.config, url=account.push_url, secret_key=account.credentials.get("webhook_secret") or "-"
        )
    except ValueError as error:
        raise UnableToRegister(f"PUBLIC_BASE_URL does not do: {error}.") from error
    secret = _secret(account)
    request = webhooks.add_webhook_url(account.config, url=account.push_url, secret_key=secret)
    try:
        answer = webhooks.add_webhook_url.parse(reply=ask(account=account, request=request))
    except (NotSent, Unanswered) as failure:
        raise UnableToRegister(f"No answer ({failure.reason}): register again, it does no harm.") from failure
    if answer.problem is not None:
        raise UnableToRegister(f"{account.api.name} did not take the address: {answer.problem.detail}.")
    return f"{account.api.name} pushes to this installation from now on, signed."


def _secret(account: ProviderAccount) -> str:
    """Return the account's webhook secret, made and stored if there was none."""
    with transaction.atomic():
        locked = ProviderAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        secret = locked.credentials.get("webhook_secret")
        if not secret:
            secret = secrets.token_urlsafe(32)
            locked.credentials = {**locked.credentials, "webhook_secret": secret}
            locked.save(update_fields=["credentials", "updated_at"])
    account.credentials = locked.credentials
    return str(secret)
