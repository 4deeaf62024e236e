"""The beat entries that come with the project and belong to the manager: made where they are missing, never changed.

To have none, it is switched off in the admin (Scheduled jobs): one that is deleted comes back with the next migration.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, at an hour and minute UTC of every night."""

    name: str
    task: str
    hour: int
    minute: int
    does: str


SYNC = Entry(
    name="nightly-sync",
    task="campaigns.sync_accounts",
    hour=2,
    minute=30,
    does="Reads what every account has at its provider.",
)
RETAIN = Entry(
    name="nightly-retain",
    task="campaigns.retain",
    hour=3,
    minute=30,
    does="Archives and removes what is older than it is kept.",
)
AUDIT = Entry(
    name="nightly-audit",
    task="campaigns.audit",
    hour=4,
    minute=30,
    does="Holds the promises against what happened since the last night.",
)


def add_nightly_entries() -> list[str]:
    """Make the entries that are missing. Return the names of those that were made."""
    if PeriodicTask._meta.db_table not in connection.introspection.table_names():
        return []  # django_celery_beat is not migrated yet; this is called again after it
    return [entry.name for entry in (SYNC, RETAIN, AUDIT) if _add(entry)]


@transaction.atomic
def _add(entry: Entry) -> bool:
    if PeriodicTask.objects.filter(name=entry.name).exists():
        return False
    at_night, _ = CrontabSchedule.objects.get_or_create(
        minute=str(entry.minute),
        hour=str(entry.hour),
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone="UTC",
    )
    description = f"{entry.does} Change its hour, or switch it off, as you like."
    PeriodicTask.objects.create(name=entry.name, task=entry.task, crontab=at_night, description=description)
    return True
