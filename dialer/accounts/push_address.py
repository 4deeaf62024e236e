"""The push address: registered at the provider where it takes one by its API, and replaced when it leaked."""

from __future__ import annotations

import secrets

import structlog
from django.db import transaction

from dialer.accounts.asking import put
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount, new_push_token

log = structlog.get_logger(__name__)


class UnableToRegister(Exception):
    """The provider does not have our address, or did not say so."""


def register_webhook(*, account: ProviderAccount) -> str:
    """Have the provider push to the account's address, signed with the account's secret; return what was done.

    Without a secret one is made and kept. It is kept before the provider is told, since its first signed push can be
    faster than its answer. Raises UnableToRegister.
    """
    part = account.api.push_registration
    if part is None:
        raise UnableToRegister(f"{account.api.name} takes no address by its API: enter the push address there by hand.")
    if account.unreadable:
        raise UnableToRegister(f"{account.name}: {account.unreadable}")
    url = account.push_url
    try:
        # No secret is made for an address that the provider cannot have.
        part.register(account=account.config, url=url, secret=account.credentials.get(part.secret_field) or "-")
    except ValueError as error:
        raise UnableToRegister(f"PUBLIC_BASE_URL does not do: {error}.") from error
    secret = _secret(account, part.secret_field)
    try:
        answer = put(account=account, question=part.register(account=account.config, url=url, secret=secret))
    except (NotSent, Unanswered) as failure:
        raise UnableToRegister(f"No answer ({failure.reason}): register again, it does no harm.") from failure
    if answer.problem is not None:
        raise UnableToRegister(f"{account.api.name} did not take the address: {answer.problem.detail}.")
    return f"{account.api.name} pushes to this installation from now on, signed."


def renew_push_address(*, account: ProviderAccount) -> None:
    """Give the account another push address. What is pushed to the old one is refused from then on, within seconds."""
    with transaction.atomic():
        locked = ProviderAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        locked.push_token = new_push_token()
        locked.save(update_fields=["push_token", "updated_at"])
    account.push_token, account.push_token_hash = locked.push_token, locked.push_token_hash
    log.info("push address renewed", account_id=account.pk)


def _secret(account: ProviderAccount, field: str) -> str:
    """Return the account's secret for pushes, made and stored if there was none."""
    with transaction.atomic():
        locked = ProviderAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        secret = locked.credentials.get(field)
        if not secret:
            secret = secrets.token_urlsafe(32)
            locked.credentials = {**locked.credentials, field: secret}
            locked.save(update_fields=["credentials", "updated_at"])
    account.credentials = locked.credentials
    return str(secret)
