"""Takes in what providers push: checks who sent it, stores it, and rings the inbox. Nothing is thought of it here."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass

import orjson
import structlog
from django.db import OperationalError, connection

from campaigns.doorbells import publisher
from dialer.accounts.result_counts import meter
from dialer.encryption import UndecryptableError, hash_of
from dialer.models import ProviderAccount, ResultKind
from dialer.numbering.plan import country_code
from dialer.providers.base import AccountConfig, Provider, Push, same_secret
from dialer.sql import hot_cursor
from webhooks.push_rates import push_rates

log = structlog.get_logger(__name__)

#: How long an account's push token and signing secret are believed before they are read again.
BELIEVED_SECONDS = 5.0
#: Headers that are of use later, with those that the provider names; others may hold secrets of the sender or a proxy.
KEPT_HEADERS = ("content-type", "user-agent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """An account as receiving needs it."""

    id: int
    push_token_hash: str
    provider: Provider
    known_config: AccountConfig | None
    # Country codes of its DIDs: providers write numbers of these without them.
    countries: tuple[str, ...] = ()

    def knows(self, token: str) -> bool:
        """Return whether ``token`` is that of the account's push address. Constant time."""
        return same_secret(hash_of(token), self.push_token_hash)

    @property
    def config(self) -> AccountConfig:
        """The account as its provider is told it. Raises UndecryptableError where no key opens its credentials."""
        if self.known_config is None:
            raise UndecryptableError(f"Account #{self.id}: {UndecryptableError.__doc__}")
        return self.known_config


class Senders:
    """Accounts by the public id in their push URL, believed for a few seconds."""

    def __init__(self) -> None:
        self._known: dict[uuid.UUID, tuple[float, Sender | None]] = {}
        self._lock = threading.Lock()

    def known(self, public_id: uuid.UUID) -> Sender | None:
        """Return the account with this public id if it was read just now, without reading it."""
        read_at_seconds, sender = self._known.get(public_id, (float("-inf"), None))
        return sender if time.monotonic() - read_at_seconds < BELIEVED_SECONDS else None

    def get(self, public_id: uuid.UUID) -> Sender | None:
        """Return the account with this public id, or None."""
        now_seconds = time.monotonic()
        read_at_seconds, sender = self._known.get(public_id, (float("-inf"), None))
        if now_seconds - read_at_seconds < BELIEVED_SECONDS:
            return sender
        account = ProviderAccount.objects.filter(public_id=public_id).first()
        sender = _sender(account) if account is not None else None
        with self._lock:
            if len(self._known) > 10_000:  # somebody is guessing ids
                self._known.clear()
            self._known[public_id] = (now_seconds, sender)
        return sender


senders = Senders()


class SendersById:
    """Accounts by id, believed for a few seconds: the inbox reads many events of few accounts."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Sender]] = {}

    def get(self, account_id: int) -> Sender:
        """Return the account. Raises ProviderAccount.DoesNotExist."""
        read_at_seconds, sender = self._known.get(account_id, (float("-inf"), None))
        if sender is None or time.monotonic() - read_at_seconds > BELIEVED_SECONDS:
            sender = _sender(ProviderAccount.objects.get(pk=account_id))
            self._known[account_id] = (time.monotonic(), sender)
        return sender


def _sender(account: ProviderAccount) -> Sender:
    return Sender(
        id=account.pk,
        push_token_hash=account.push_token_hash,
        provider=account.api,
        known_config=None if account.unreadable_credentials else account.config,
        countries=tuple(sorted({country_code(number) for number in account.dids.values_list("number", flat=True)})),
    )


class Rejected(Exception):
    """The push does not prove its sender; it is not stored."""


def known_sender(*, public_id: uuid.UUID, token: str) -> Sender:
    """Return the account of a push address, before a body is read. Raises Rejected."""
    sender = senders.get(public_id)
    if sender is None:
        raise Rejected
    if not sender.knows(token):
        meter.note(account_id=sender.id, kind=ResultKind.WRONG_TOKEN)
        raise Rejected
    return sender


def receive(*, sender: Sender, push: Push) -> None:
    """Store a push. When this returns it is committed. Raises Rejected, and TooMuch above the account's rate."""
    if not sender.provider.authenticate_push(account=sender.config, push=push):
        log.warning("push not authenticated", account_id=sender.id)
        meter.note(account_id=sender.id, kind=ResultKind.WRONG_SIGNATURE)
        raise Rejected
    push_rates.take(account_id=sender.id, size=len(push.body))
    keep = sender.provider.push_headers
    try:
        store(account_id=sender.id, source="PUSH", push=push, keep=keep)
    except OperationalError:
        # The server was restarted since this thread's last push. Not every provider pushes again, so we store again:
        # should the first have arrived after all, an event that is there twice changes nothing.
        connection.close()
        store(account_id=sender.id, source="PUSH", push=push, keep=keep)
    publisher.ring("webhooks.apply_inbox")


def store(*, account_id: int, source: str, push: Push, keep: tuple[str, ...] = ()) -> int:
    """Store an event as NEW and return its id; of its headers, those of KEPT_HEADERS and ``keep``."""
    headers = _kept(push, keep)
    with hot_cursor() as cursor:
        cursor.execute(
            """INSERT INTO webhooks_providerevent (account_id, source, headers, body) VALUES (%s, %s, %s, %s)
               RETURNING id""",
            [account_id, source, orjson.dumps(headers).decode(), push.body],
        )
        (event_id,) = cursor.fetchone() or (0,)
    return int(event_id)


def kept_headers(push: Push, provider: Provider) -> dict[str, str]:
    """Return the headers of a push that are stored with it."""
    return _kept(push, provider.push_headers)


def _kept(push: Push, keep: tuple[str, ...]) -> dict[str, str]:
    return {name: push.headers[name] for name in (*KEPT_HEADERS, *keep) if name in push.headers}
