"""The one logging configuration: of Django, Celery, granian, and of every library that logs.

``settings.LOGGING_CONFIG`` names `configure`, so Django calls it in every process of its own; Celery is kept from a
configuration of its own by ``dialer.celery``; granian's first process, which knows no Django, reads ``granian.json``.
"""

from __future__ import annotations

import logging.config
import os
from typing import Any

from dialer.logs import hooks, sentry
from dialer.logs.lines import LineHandler, configure_structlog, formatter
from dialer.logs.redaction import know_secrets

_OURS = {"handlers": [], "propagate": True}  # takes away the handlers that a library has brought along


def log_settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return ``settings.LOGGING``: everything goes through one handler to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter, "as_json": as_json}},
        "handlers": {"stderr": {"()": LineHandler, "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {**_OURS, "level": "NOTSET"},
            "django.server": _OURS,
            "django.request": {"level": "ERROR"},
            # Statements with all their values, and whole responses of providers.
            "django.db.backends": {"level": "WARNING"},
            "django.template": {"level": "INFO"},
            # Every URL, at INFO: some providers want numbers and keys in the query.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            # Names and addresses in sentences; dialer/logins.py has lines of ours.
            "axes": {"level": "ERROR"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "_granian": {**_OURS, "level": "INFO"},
            "granian.access": {**_OURS, "level": "INFO"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Configure all logging of this process: what Django calls with ``settings.LOGGING``. Safe to repeat."""
    know_secrets()
    logging.config.dictConfig(config)
    configure_structlog()
    sentry.attach()
    hooks.install()
    # For loggers that hand nothing on and have no handler: Python would write their lines as they are.
    logging.lastResort = logging.getLogger().handlers[0]


def is_configured() -> bool:
    """Return whether the lines of this process are ours already; to configure them again takes memory."""
    return any(isinstance(handler, LineHandler) for handler in logging.getLogger().handlers)


def configure_without_django() -> None:
    """Configure a process that reads no settings, by LOG_LEVEL and LOG_JSON."""
    config = log_settings(level=os.environ.get("LOG_LEVEL", "INFO"), as_json=False)
    config["formatters"]["lines"] = {"()": "dialer.logs.lines.formatter_of_environment"}
    configure(config)
