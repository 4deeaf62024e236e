"""The way to a subscriber: where it is told, how, and what proves us to it; read out of its row once a turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from dialer.encryption import UndecryptableError
from dialer.fetching import address_problem
from webhooks.models import Subscription

#: Said of a subscription whose secret no key opens.
UNREADABLE = (
    "Its secret cannot be read, as DIALER_ENCRYPTION_KEYS lacks the key of that time: put that key back, restart, or "
    "replace the secret"
)
#: The same of what it is sent besides.
UNREADABLE_CREDENTIALS = (
    "Its headers, token or client secret cannot be read, as DIALER_ENCRYPTION_KEYS lacks the key of that time: put "
    "that key back, restart, or enter them again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """What a token is fetched with (OAuth 2.0, RFC 6749 section 4.4)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a subscriber is told. ``secrets``: the newest first. ``problem``: why nothing can be sent, a sentence."""

    url: str
    method: str = "POST"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    client: ClientCredentials | None = None
    batch_size: int = 1
    problem: str = ""


def way_of(subscription: Subscription, *, now: datetime | None = None) -> Way:
    """Return the way to a subscriber as its row says."""
    problem = address_problem(subscription.url)
    secrets: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    client: ClientCredentials | None = None
    try:
        secrets = _secrets(subscription, now or datetime.now(UTC))
    except UndecryptableError:
        problem = problem or UNREADABLE
    try:
        headers, client = _headers(subscription), _client(subscription)
    except UndecryptableError:
        problem = problem or UNREADABLE_CREDENTIALS
    if client is not None and not problem and (unfit := address_problem(client.token_url)):
        problem = f"The OAuth token URL: {unfit}"
    return Way(
        url=subscription.url,
        method=subscription.method,
        secrets=secrets,
        headers=headers,
        client=client,
        batch_size=subscription.batch_size,
        problem=problem,
    )


def _secrets(subscription: Subscription, now: datetime) -> tuple[str, ...]:
    kept = subscription.secret
    secrets: tuple[str, ...] = (str(kept.get("secret", "")),)
    until = kept.get("previous_until")
    if kept.get("previous") and until and datetime.fromisoformat(until) > now:
        secrets = (*secrets, str(kept["previous"]))
    return secrets


def _headers(subscription: Subscription) -> tuple[tuple[str, str], ...]:
    headers = {name.lower(): value for name, value in subscription.headers.items()}
    if subscription.token:
        headers["authorization"] = f"Bearer {subscription.token}"
    return tuple(sorted(headers.items()))


def _client(subscription: Subscription) -> ClientCredentials | None:
    if not subscription.oauth_token_url:
        return None
    return ClientCredentials(
        token_url=subscription.oauth_token_url,
        client_id=subscription.oauth_client_id,
        client_secret=subscription.oauth_client_secret,
        scope=subscription.oauth_scope,
    )
