"""App configuration."""

import structlog
from django.apps import AppConfig


class DialerConfig(AppConfig):
    """The telephone."""

    name = "dialer"
    verbose_name = "Telephone"

    def ready(self) -> None:
        """Make the Celery app the current one, so that bells rung from the web reach the broker; find the providers."""
        import dialer.celery
        import dialer.checks  # noqa: F401
        from dialer import providers

        # Workers run no system checks: who reads their logs shall know as well.
        for problem in providers.problems():
            structlog.get_logger(__name__).error("provider left out", problem=problem)
