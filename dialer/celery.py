"""The Celery app. Tasks are doorbells: they carry ids, are idempotent, and may be lost, doubled or late."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dialer.settings")
# Celery runs Django's checks in each of its processes and tells nobody what they found: `migrate` and `run` do.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("dialer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Configure logging as everywhere: with a receiver of this signal, Celery configures none of its own."""
    from django.conf import settings

    from dialer.logs.configuration import configure, is_configured

    if not is_configured():
        configure(settings.LOGGING)
