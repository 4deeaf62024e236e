"""Open connections to providers, one client per account and process, renewed when the account is edited."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from dialer.http.client import ProviderClient
from dialer.models import ProviderAccount
from dialer.providers.base import AccountConfig, Provider

#: How long an account's address and credentials are believed before they are read again.
BELIEVED_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How to speak with a provider for one account."""

    provider: Provider
    config: AccountConfig
    client: ProviderClient
    reply_timeout_seconds: int


class Connections:
    """Channels by account id. Safe to use from several threads."""

    def __init__(self) -> None:
        self._channels: dict[int, tuple[float, Channel]] = {}
        self._lock = threading.Lock()

    def of(self, account_id: int) -> Channel:
        """Return the account's channel. Raises ProviderAccount.DoesNotExist."""
        with self._lock:
            read_at_seconds, channel = self._channels.get(account_id, (0.0, None))
            if channel is not None and time.monotonic() - read_at_seconds < BELIEVED_SECONDS:
                return channel
            channel = self._renewed(ProviderAccount.objects.get(pk=account_id), channel)
            self._channels[account_id] = (time.monotonic(), channel)
            return channel

    def _renewed(self, account: ProviderAccount, old: Channel | None) -> Channel:
        config = account.config
        same = (
            old is not None
            and old.config.base_url == config.base_url
            and old.reply_timeout_seconds == account.reply_timeout_seconds
        )
        # The old client is left to its requests in flight and to the collector.
        client = (
            old.client
            if old is not None and same
            else ProviderClient(base_url=config.base_url, read_timeout_seconds=float(account.reply_timeout_seconds))
        )
        return Channel(
            provider=account.api, config=config, client=client, reply_timeout_seconds=account.reply_timeout_seconds
        )
