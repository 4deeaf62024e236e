"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """The webhooks app."""

    name = "webhooks"

    def ready(self) -> None:
        """Tell what the inbox knows of accounts."""
        import webhooks.acts  # noqa: F401
        from dialer.accounts.use import register
        from webhooks.account_use import InboxUse  # the models are not there yet when this module is read

        register(InboxUse())
