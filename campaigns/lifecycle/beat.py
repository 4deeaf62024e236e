"""Whether beat is at work: it rings the engines, and writes that down."""

from __future__ import annotations

from datetime import datetime, timedelta

from django_celery_beat.models import PeriodicTask

#: It writes that down about every ten seconds (CELERY_BEAT_SYNC_EVERY).
SILENT_AFTER = timedelta(minutes=1)
BELL = "ring-the-engines"


def beat_seen_at() -> datetime | None:
    """Return when beat last wrote down that it rang, or None if it never has."""
    bell = PeriodicTask.objects.filter(name=BELL).first()
    seen_at: datetime | None = bell.last_run_at if bell is not None else None
    return seen_at
