"""The push address by the operation of the document."""

from __future__ import annotations

from dialer.ivrsolutions import webhooks
from dialer.providers.base import AccountConfig, Question


class WebhookUrl:
    """The part ``push_registration``."""

    secret_field = "webhook_secret"  # noqa: S105 - the name of a field

    def register(self, *, account: AccountConfig, url: str, secret: str) -> Question[object]:
        """Return "add_webhook_url". Raises ValueError for an address that is not https."""
        return webhooks.add_webhook_url.ask(account, url=url, secret_key=secret)
