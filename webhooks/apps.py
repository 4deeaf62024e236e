"""App configuration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WebhooksConfig(AppConfig):
    """The webhooks app."""

    name = "webhooks"

    def ready(self) -> None:
        """Tell what the inbox knows of accounts."""
        import webhooks.acts  # noqa: F401
        from campaigns.erasure.person import register as register_eraser
        from dialer.accounts.use import register
        from dialer.metrics.house import register as register_figures
        from webhooks.account_use import InboxUse  # the models are not there yet when this module is read
        from webhooks.erasure import erase_events
        from webhooks.figures import figures
        from webhooks.promises import register_checks
        from webhooks.retention import register_kinds

        register(InboxUse())
        register_kinds()
        register_checks()
        register_figures(figures)
        register_eraser(erase_events)
        # The last app's: the rights of all are there by then.
        post_migrate.connect(_keep_roles, sender=self, dispatch_uid="webhooks.roles")


def _keep_roles(*, using: str, plan: list[tuple[Any, bool]] | None = None, **_: Any) -> None:
    from dialer.roles import keep_roles

    if using == "default" and not any(backwards for _, backwards in plan or ()):
        keep_roles()
