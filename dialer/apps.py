"""App configuration."""

from __future__ import annotations

from typing import Any

import structlog
from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate

from dialer.logs import sentry


class DialerConfig(AppConfig):
    """The telephone."""

    name = "dialer"
    verbose_name = "Telephone"

    def ready(self) -> None:
        """Make the Celery app the current one, so that bells rung from the web reach the broker; find the providers."""
        import dialer.acts.telephone
        import dialer.celery
        import dialer.checks  # noqa: F401
        from dialer import providers
        from dialer.retention.own_kinds import register_own

        if settings.SENTRY_DSN:
            sentry.start(settings.SENTRY_DSN)
        register_own()
        post_migrate.connect(_add_installation, sender=self, dispatch_uid="dialer.installation")
        post_migrate.connect(_keep_limits, sender=self, dispatch_uid="dialer.limits")
        # Workers run no system checks: who reads their logs shall know as well.
        for problem in providers.problems():
            structlog.get_logger(__name__).error("provider left out", problem=problem)


def _add_installation(*, using: str, plan: list[tuple[Any, bool]] | None = None, **_: Any) -> None:
    """Say that the database is new. Where a dump brought the row back, it stays as it is."""
    from dialer.models import Installation  # the models are not there yet when this module is read

    going_back = any(backwards for migration, backwards in plan or () if migration.app_label == "dialer")
    if using == "default" and not going_back:
        Installation.objects.get_or_create(pk=1)


def _keep_limits(*, using: str, **_: Any) -> None:
    """Give the role the limits of sessions that a pooler lends by transaction."""
    from dialer.database.lent import keep_defaults, sessions_are_lent

    if using == "default" and sessions_are_lent():
        keep_defaults()
