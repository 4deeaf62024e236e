"""App configuration."""

from django.apps import AppConfig


class DialerConfig(AppConfig):
    """The telephone."""

    name = "dialer"
    verbose_name = "Telephone"
