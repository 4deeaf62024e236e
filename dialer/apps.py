"""App configuration."""

from django.apps import AppConfig


class DialerConfig(AppConfig):
    """The telephone."""

    name = "dialer"
    verbose_name = "Telephone"

    def ready(self) -> None:
        """Make the Celery app the current one, so that bells rung from the web reach the broker."""
        import dialer.celery  # noqa: F401
