"""The beat entries that come with the project and belong to the manager: made where they are missing, never changed.

To have none, it is switched off in the admin (Scheduled jobs): one that is deleted comes back with the next migration.
"""

from __future__ import annotations

from django.db import connection, transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

SYNC = "nightly-sync"


@transaction.atomic
def add_nightly_sync() -> bool:
    """Make the entry that syncs every account at 02:30 UTC, unless it is there. Return whether it was made."""
    if PeriodicTask._meta.db_table not in connection.introspection.table_names():
        return False  # django_celery_beat is not migrated yet; this is called again after it
    if PeriodicTask.objects.filter(name=SYNC).exists():
        return False
    at_night, _ = CrontabSchedule.objects.get_or_create(
        minute="30", hour="2", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    description = "Reads what every account has at its provider. Change its hour, or switch it off, as you like."
    PeriodicTask.objects.create(name=SYNC, task="campaigns.sync_accounts", crontab=at_night, description=description)
    return True
