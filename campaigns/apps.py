"""App configuration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CampaignsConfig(AppConfig):
    """The campaigns app."""

    name = "campaigns"

    def ready(self) -> None:
        """Have what comes with the project loaded when tables are made or changed; tell what accounts are used for."""
        import campaigns.acts
        import campaigns.checks  # noqa: F401
        from campaigns.calls.account_use import CampaignUse  # the models are not there yet when this module is read
        from campaigns.figures import figures
        from campaigns.key_scopes import register as register_scopes
        from campaigns.lifecycle.quiet import StopsWithAccount
        from campaigns.retention.kinds import register_kinds
        from dialer.accounts.use import register
        from dialer.metrics.house import register as register_figures

        post_migrate.connect(_load, sender=self, dispatch_uid="campaigns.load")
        register(CampaignUse())
        register(StopsWithAccount())
        register_scopes()
        register_kinds()
        register_figures(figures)


def _load(*, using: str, plan: list[tuple[Any, bool]] | None = None, **_: Any) -> None:
    from campaigns.jobs.nightly import add_nightly_entries
    from campaigns.profiles.loading import load_profiles

    going_back = any(backwards for migration, backwards in plan or () if migration.app_label == "campaigns")
    if using == "default" and not going_back:
        load_profiles()
        add_nightly_entries()
